"use client";
import { X } from "lucide-react";
import { useId, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { Button } from "./button";
import { cx } from "./class-names";

interface Props {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
  /** While busy neither Escape nor a press outside closes it. */
  busy?: boolean | undefined;
  role?: "dialog" | "alertdialog" | undefined;
  wide?: boolean | undefined;
  closable?: boolean | undefined;
}

/** The browser's own modal dialog: focus stays inside and goes back to the opener; on a phone it comes from below. */
export function Dialog(props: Props) {
  return props.open ? <Opened {...props} /> : null;
}

function Opened({ onClose, title, children, footer, busy, role = "dialog", wide, closable = true }: Props) {
  const box = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const [shown, setShown] = useState(false);
  const free = !busy && closable;
  // The content comes after the dialog has opened: what is hidden cannot take the focus.
  useLayoutEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    setShown(true);
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={box}
      role={role}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        if (free) onClose();
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget && free && role === "dialog") onClose();
      }}
      className={cx(
        "fixed m-0 mt-auto w-full max-w-none overflow-visible border-0 bg-transparent p-0 text-foreground outline-none backdrop:bg-black/(--shade) open:animate-in open:fade-in-0 open:slide-in-from-bottom-4 sm:m-auto",
        wide ? "sm:max-w-2xl" : "sm:max-w-lg",
      )}
    >
      {shown && (
        <div className="flex max-h-[92dvh] w-full flex-col rounded-t-2xl border border-border bg-overlay shadow-overlay sm:max-h-[86dvh] sm:rounded-xl">
          <div className="flex items-start gap-3 border-b border-separator px-5 py-4">
            <h2 id={heading} className="min-w-0 flex-1 text-base font-semibold break-words">
              {title}
            </h2>
            {closable && (
              <Button
                variant="ghost"
                size="icon-sm"
                className="-my-1 -mr-2"
                aria-label="Close"
                disabled={busy}
                onClick={onClose}
              >
                <X />
              </Button>
            )}
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {footer && (
            <div className="flex flex-col-reverse gap-2 border-t border-separator px-5 py-4 sm:flex-row sm:justify-end">
              {footer}
            </div>
          )}
        </div>
      )}
    </dialog>
  );
}
