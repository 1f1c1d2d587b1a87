"use client";
import { Modal } from "@heroui/react/modal";
import { X } from "lucide-react";
import type { ReactNode } from "react";
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

/** Focus is kept inside and returns to the opener; on a phone it comes from below. */
export function Dialog({
  open,
  onClose,
  title,
  children,
  footer,
  busy,
  role = "dialog",
  wide,
  closable = true,
}: Props) {
  const free = !busy && closable;
  return (
    <Modal.Backdrop
      isOpen={open}
      onOpenChange={(next) => {
        if (!next && free) onClose();
      }}
      isDismissable={free && role === "dialog"}
      isKeyboardDismissDisabled={!free}
      className="bg-black/45 dark:bg-black/65"
    >
      <Modal.Container placement="auto" className={cx("p-0 sm:p-6", wide ? "sm:max-w-2xl" : "sm:max-w-lg")}>
        <Modal.Dialog
          role={role}
          className="flex max-h-[92dvh] w-full flex-col gap-0 rounded-t-2xl rounded-b-none border border-border bg-overlay p-0 shadow-overlay outline-none sm:rounded-xl"
        >
          <div className="flex items-start gap-3 border-b border-separator px-5 py-4">
            <Modal.Heading className="min-w-0 flex-1 text-base font-semibold break-words text-foreground">
              {title}
            </Modal.Heading>
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
        </Modal.Dialog>
      </Modal.Container>
    </Modal.Backdrop>
  );
}
