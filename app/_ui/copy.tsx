"use client";
import { Check, Copy as CopyIcon } from "lucide-react";
import { useRef, useState } from "react";
import { buttonClass } from "./button";
import { cx } from "./class-names";

export function CopyButton({
  text,
  label = "Copy",
  showLabel,
  className,
}: {
  text: string;
  label?: string;
  showLabel?: boolean;
  className?: string;
}) {
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    if (timer.current) clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(false), 2000);
  };
  return (
    <button
      type="button"
      onClick={(event) => {
        event.stopPropagation();
        void copy();
      }}
      aria-label={showLabel ? undefined : label}
      className={
        showLabel
          ? cx(buttonClass("secondary", "sm"), className)
          : cx(
              "inline-grid size-6 shrink-0 place-items-center rounded-md text-muted transition-colors hover:bg-surface-tertiary hover:text-foreground [&_svg]:size-3.5",
              className,
            )
      }
    >
      {copied ? <Check className="text-ok" /> : <CopyIcon />}
      {showLabel && (copied ? "Copied" : label)}
      <span role="status" className="sr-only">
        {copied ? "Copied" : ""}
      </span>
    </button>
  );
}

/** An id or address in small type with its copy button. */
export function CopyText({ text, shown, label }: { text: string; shown?: string; label: string }) {
  return (
    <span className="inline-flex max-w-full items-center gap-1">
      <code className="min-w-0 truncate font-mono text-[0.8125rem]" title={shown ? text : undefined}>
        {shown ?? text}
      </code>
      <CopyButton text={text} label={`Copy ${label}`} />
    </span>
  );
}

/** Lines to paste elsewhere. */
export function CodeBlock({
  text,
  label,
  wrap,
  maxHeight = "max-h-80",
}: {
  text: string;
  label: string;
  wrap?: boolean;
  maxHeight?: string;
}) {
  return (
    <div className="flex items-start rounded-lg border border-border bg-surface-secondary">
      <pre
        tabIndex={0}
        aria-label={label}
        className={cx(
          "min-w-0 flex-1 overflow-auto p-3 font-mono text-[0.8125rem] leading-relaxed",
          wrap && "break-all whitespace-pre-wrap",
          maxHeight,
        )}
      >
        {text}
      </pre>
      <CopyButton text={text} label={`Copy: ${label}`} className="mt-2 mr-2" />
    </div>
  );
}
