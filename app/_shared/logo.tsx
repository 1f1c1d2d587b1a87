/** The bottle that is larger than a magnum. */
export function Logo({ className = "size-7" }: { className?: string }) {
  return <img src="/jeroboam.svg" alt="" width={32} height={32} className={className} />;
}
