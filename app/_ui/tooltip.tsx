"use client";
import { useEffect, useRef, type ReactNode } from "react";

/**
 * A short explanation on hover and focus. It repeats what the child says of itself by `aria-description`, so it is
 * hidden from readers. Always wraps (without a box:
 * space it by gaps, not by margins), so that a text that comes or goes does not make the child anew.
 */
export function Tooltip({ text, children }: { text: string | null | undefined; children: ReactNode }) {
  const around = useRef<HTMLSpanElement>(null);
  const bubble = useRef<HTMLDivElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const hide = () => {
    if (timer.current) clearTimeout(timer.current);
    timer.current = null;
    bubble.current?.hidePopover();
  };
  const show = (delay: number) => {
    hide();
    timer.current = setTimeout(() => {
      const target = around.current?.firstElementChild;
      const tip = bubble.current;
      if (!target || !tip) return;
      tip.showPopover();
      const at = target.getBoundingClientRect();
      const above = at.top - tip.offsetHeight - 8;
      tip.style.top = `${above >= 8 ? above : at.bottom + 8}px`;
      const left = at.left + at.width / 2 - tip.offsetWidth / 2;
      tip.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - tip.offsetWidth - 8))}px`;
    }, delay);
  };
  useEffect(
    () => () => {
      if (timer.current) clearTimeout(timer.current);
    },
    [],
  );
  return (
    <span
      ref={around}
      className="contents"
      onPointerEnter={(event) => text && event.pointerType === "mouse" && show(400)}
      onPointerLeave={hide}
      onPointerDown={hide}
      onFocus={(event) => text && event.target.matches(":focus-visible") && show(150)}
      onBlur={hide}
      onKeyDown={(event) => event.key === "Escape" && hide()}
    >
      {children}
      {text && (
        <div
          ref={bubble}
          popover="manual"
          aria-hidden
          className="pointer-events-none fixed inset-auto m-0 max-w-72 rounded-md bg-[oklch(0.25_0.02_290)] px-2.5 py-1.5 text-left text-xs leading-relaxed font-normal whitespace-normal text-white shadow-overlay dark:bg-[oklch(0.93_0.01_290)] dark:text-[oklch(0.2_0.02_290)]"
        >
          {text}
        </div>
      )}
    </span>
  );
}
