"use client";
import { useMemo, useState, type Ref } from "react";
import { explain, type ErrorText } from "../_lib/errors";
import { Button } from "../_ui/button";
import { CopyButton } from "../_ui/copy";
import { Notice } from "../_ui/notice";

/** What did not happen, why, what to do now; the server's own words folded below. */
export function ErrorNotice({
  text,
  onRetry,
  ref,
  tone = "bad",
}: {
  text: ErrorText;
  onRetry?: () => void;
  ref?: Ref<HTMLDivElement>;
  tone?: "bad" | "warning";
}) {
  const [open, setOpen] = useState(false);
  return (
    <Notice
      ref={ref ?? null}
      tabIndex={-1}
      role="alert"
      tone={tone}
      title={text.title}
      action={
        onRetry && (
          <Button size="sm" onClick={onRetry}>
            Try again
          </Button>
        )
      }
    >
      <p>
        {text.why} {text.now}
      </p>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="mt-1.5 min-h-6 text-[0.8125rem] text-muted underline underline-offset-2 hover:text-foreground"
      >
        {open ? "Hide details" : "Technical details"}
      </button>
      {open && (
        <div className="mt-2 rounded-md border border-border bg-surface p-3">
          <pre className="font-mono text-xs break-words whitespace-pre-wrap text-foreground">{text.details}</pre>
          <CopyButton text={text.details} label="Copy details" showLabel className="mt-3" />
        </div>
      )}
    </Notice>
  );
}

export function ErrorPanel({ error, what, onRetry }: { error: unknown; what: string; onRetry?: () => void }) {
  const text = useMemo(() => explain(error, what), [error, what]);
  return <ErrorNotice text={text} {...(onRetry ? { onRetry } : {})} />;
}
