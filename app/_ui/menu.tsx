"use client";
import { Check } from "lucide-react";
import Link from "next/link";
import { useId, useRef, type KeyboardEvent, type ReactNode } from "react";
import { buttonClass, type ButtonSize, type ButtonVariant } from "./button";
import { cx } from "./class-names";
import { panelClass, usePopover, type Placement } from "./popover";

export interface MenuAction {
  id: string;
  label: string;
  icon?: ReactNode;
  onAction?: () => void;
  href?: string;
  /** Shown under the label; the item stays in the list and cannot be chosen. */
  whyNot?: string | null | undefined;
  danger?: boolean;
  note?: string;
  /** One of several of which one is chosen. */
  selected?: boolean;
}

interface Props {
  label: string;
  children: ReactNode;
  items: readonly (MenuAction | "separator")[];
  variant?: ButtonVariant;
  size?: ButtonSize;
  className?: string;
  placement?: Placement;
  header?: ReactNode;
}

const itemsOf = (panel: HTMLElement) => [...panel.querySelectorAll<HTMLElement>("[data-item]")];

/** A menu after the ARIA pattern: arrows, Home, End and letters move, Enter chooses, Escape closes. */
export function Menu({
  label,
  children,
  items,
  variant = "ghost",
  size = "icon",
  className,
  placement = "bottom end",
  header,
}: Props) {
  const fromEnd = useRef(false);
  const popover = usePopover(placement, (panel) => {
    const all = itemsOf(panel);
    (fromEnd.current ? all.at(-1) : all[0])?.focus();
    fromEnd.current = false;
  });
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const all = itemsOf(event.currentTarget);
    const at = all.findIndex((item) => item === document.activeElement);
    const go = (index: number) => {
      event.preventDefault();
      all.at(index % all.length)?.focus();
    };
    if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(-1);
    else if (event.key === "Tab") popover.close();
    else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey) {
      const letter = event.key.toLowerCase();
      const after = [...all.slice(at + 1), ...all.slice(0, at + 1)];
      after.find((item) => item.textContent?.trim().toLowerCase().startsWith(letter))?.focus();
    }
  };
  return (
    <>
      <button
        {...popover.trigger}
        type="button"
        aria-haspopup="menu"
        aria-label={label}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          fromEnd.current = event.key === "ArrowUp";
          event.currentTarget.click();
        }}
        className={cx(buttonClass(variant, size), className)}
      >
        {children}
      </button>
      <div {...popover.panel} className={cx(panelClass, "min-w-52 max-w-[calc(100vw-1rem)]")}>
        {header}
        <div role="menu" aria-label={label} className="p-1.5" onKeyDown={onKeyDown}>
          {items.map((item, index) =>
            item === "separator" ? (
              <div key={`separator ${index}`} role="separator" className="-mx-1.5 my-1.5 border-t border-separator" />
            ) : (
              <Item key={item.id} item={item} close={popover.close} />
            ),
          )}
        </div>
      </div>
    </>
  );
}

function Item({ item, close }: { item: MenuAction; close: () => void }) {
  const id = useId();
  const note = item.whyNot ?? item.note;
  const off = Boolean(item.whyNot);
  const common = {
    "data-item": "",
    tabIndex: -1,
    "aria-labelledby": id,
    ...(note ? { "aria-describedby": `${id}-note` } : {}),
    className: cx(
      "flex w-full items-start gap-2.5 rounded-md px-2.5 py-2 text-left text-sm outline-none! focus-visible:bg-surface-tertiary",
      off ? "cursor-not-allowed!" : "hover:bg-surface-tertiary focus:bg-surface-tertiary",
    ),
  };
  const content = (
    <>
      {item.icon && (
        <span
          aria-hidden
          className={cx("mt-0.5 [&_svg]:size-4", item.danger && !off ? "text-bad" : "text-muted", off && "opacity-60")}
        >
          {item.icon}
        </span>
      )}
      <span className="min-w-0 flex-1">
        <span id={id} className={cx("block", off ? "text-muted" : item.danger && "text-bad")}>
          {item.label}
        </span>
        {note && (
          <span id={`${id}-note`} className="block max-w-60 text-xs text-muted">
            {note}
          </span>
        )}
      </span>
      {item.selected && <Check className="mt-0.5 size-4 text-accent-text" aria-hidden />}
    </>
  );
  if (item.href && !off)
    return (
      <Link {...common} role="menuitem" href={item.href} onClick={close}>
        {content}
      </Link>
    );
  return (
    <button
      {...common}
      type="button"
      role={item.selected === undefined ? "menuitem" : "menuitemradio"}
      {...(item.selected === undefined ? {} : { "aria-checked": item.selected })}
      aria-disabled={off || undefined}
      onClick={() => {
        if (off) return;
        // First the focus goes back to the button, so that a dialog which opens now knows where to return it.
        close();
        item.onAction?.();
      }}
    >
      {content}
    </button>
  );
}
