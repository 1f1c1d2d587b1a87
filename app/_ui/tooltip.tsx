"use client";
import type { ReactElement } from "react";
import { Focusable, OverlayArrow, Tooltip as Bubble, TooltipTrigger } from "react-aria-components";

/** A short explanation on hover and focus. The child must be one focusable element. */
export function Tooltip({
  text,
  children,
}: {
  text: string | null | undefined;
  children: ReactElement<{ ref?: unknown }>;
}) {
  if (!text) return children;
  return (
    <TooltipTrigger delay={300} closeDelay={100}>
      <Focusable>{children as Parameters<typeof Focusable>[0]["children"]}</Focusable>
      <Bubble
        offset={8}
        className="z-50 max-w-72 rounded-md bg-[oklch(0.25_0.02_290)] px-2.5 py-1.5 text-xs leading-relaxed text-white shadow-overlay dark:bg-[oklch(0.93_0.01_290)] dark:text-[oklch(0.2_0.02_290)]"
      >
        <OverlayArrow>
          <svg
            width={8}
            height={4}
            viewBox="0 0 8 4"
            className="block fill-[oklch(0.25_0.02_290)] dark:fill-[oklch(0.93_0.01_290)]"
            aria-hidden
          >
            <path d="M0 0l4 4 4-4" />
          </svg>
        </OverlayArrow>
        {text}
      </Bubble>
    </TooltipTrigger>
  );
}
