export function Spinner({ className = "size-4" }: { className?: string }) {
  return (
    <svg
      viewBox="0 0 16 16"
      fill="none"
      className={`${className} shrink-0 animate-spin motion-reduce:animate-none`}
      aria-hidden
    >
      <circle cx="8" cy="8" r="6.25" stroke="currentColor" strokeWidth="2" opacity=".25" />
      <path d="M14.250 8A6.250 6.250 0 0 0 8 1.750" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
