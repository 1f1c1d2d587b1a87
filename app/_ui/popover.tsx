"use client";
// A panel above the page beside its button, by the browser's own popover: it closes on Escape and on a press outside,
// gives the focus back, and lies above dialogs.
import { useEffect, useId, useRef, useState, type RefObject } from "react";

export type Placement = "bottom end" | "bottom start" | "top start";

interface Popover {
  open: boolean;
  close: () => void;
  trigger: { ref: RefObject<HTMLButtonElement | null>; popoverTarget: string; "aria-expanded": boolean };
  panel: {
    ref: RefObject<HTMLDivElement | null>;
    id: string;
    popover: "auto";
    onToggle: (event: { newState: string }) => void;
  };
}

const gap = 6;
const edge = 8;

function place(panel: HTMLElement, anchor: HTMLElement, placement: Placement): void {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const below = at.bottom + gap;
  const above = at.top - gap - height;
  const fitsBelow = below + height <= window.innerHeight - edge;
  const top = (placement.startsWith("top") ? above >= edge : !fitsBelow && above >= edge) ? above : below;
  const left = placement.endsWith("end") ? at.right - width : at.left;
  panel.style.top = `${Math.max(edge, Math.min(top, window.innerHeight - height - edge))}px`;
  panel.style.left = `${Math.max(edge, Math.min(left, document.documentElement.clientWidth - width - edge))}px`;
  panel.style.visibility = "visible";
}

export function usePopover(placement: Placement, onOpen?: (panel: HTMLElement) => void): Popover {
  const id = useId();
  const trigger = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (!open) return;
    const follow = () => {
      if (panel.current && trigger.current) place(panel.current, trigger.current, placement);
    };
    window.addEventListener("scroll", follow, true);
    window.addEventListener("resize", follow);
    return () => {
      window.removeEventListener("scroll", follow, true);
      window.removeEventListener("resize", follow);
    };
  }, [open, placement]);
  return {
    open,
    close: () => panel.current?.hidePopover(),
    trigger: { ref: trigger, popoverTarget: id, "aria-expanded": open },
    panel: {
      ref: panel,
      id,
      popover: "auto",
      onToggle: (event) => {
        const opened = event.newState === "open";
        setOpen(opened);
        if (!panel.current) return;
        if (!opened) panel.current.style.visibility = "";
        else if (trigger.current) {
          place(panel.current, trigger.current, placement);
          onOpen?.(panel.current);
        }
      },
    },
  };
}

/** Hidden until it is placed. */
export const panelClass =
  "invisible fixed inset-auto m-0 max-h-[min(32rem,calc(100dvh-1rem))] overflow-y-auto rounded-xl border border-border bg-overlay text-foreground shadow-overlay";
