"use client";
import { Dropdown } from "@heroui/react/dropdown";
import type { ReactNode } from "react";
import { Button as Press } from "react-aria-components/Button";
import { buttonClass, type ButtonSize, type ButtonVariant } from "./button";
import { cx } from "./class-names";

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
  selected?: boolean;
}

interface Props {
  label: string;
  children: ReactNode;
  items: readonly (MenuAction | "separator")[];
  variant?: ButtonVariant;
  size?: ButtonSize;
  className?: string;
  placement?: "bottom end" | "bottom start" | "top start";
  header?: ReactNode;
}

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
  const groups: MenuAction[][] = [[]];
  for (const item of items) {
    if (item === "separator") groups.push([]);
    else groups.at(-1)?.push(item);
  }
  return (
    <Dropdown>
      <Press
        aria-label={label}
        className={cx(
          buttonClass(variant, size),
          "outline-none data-[focus-visible]:outline-2 data-[focus-visible]:outline-offset-2 data-[focus-visible]:outline-focus",
          className,
        )}
      >
        {children}
      </Press>
      <Dropdown.Popover placement={placement} className="max-w-[calc(100vw-2rem)] min-w-52">
        {header}
        <Dropdown.Menu
          aria-label={label}
          disabledKeys={items.flatMap((item) => (item !== "separator" && item.whyNot ? [item.id] : []))}
        >
          {groups.map((group, index) => (
            <Dropdown.Section
              key={index}
              aria-label={`${label} ${index + 1}`}
              className={cx(index > 0 && "mt-1.5 border-t border-separator pt-1.5")}
            >
              {group.map((item) => (
                <Dropdown.Item
                  key={item.id}
                  id={item.id}
                  textValue={item.label}
                  {...(item.href && !item.whyNot ? { href: item.href } : {})}
                  {...(item.onAction ? { onAction: item.onAction } : {})}
                  className="flex items-start gap-2.5 px-2.5 py-2 data-[disabled]:opacity-100!"
                >
                  {item.icon && (
                    <span
                      aria-hidden
                      className={cx(
                        "mt-0.5 [&_svg]:size-4",
                        item.danger ? "text-bad" : "text-muted",
                        item.whyNot && "opacity-60",
                      )}
                    >
                      {item.icon}
                    </span>
                  )}
                  <span className="min-w-0 flex-1">
                    <span
                      className={cx(
                        "block text-sm",
                        item.danger && !item.whyNot && "text-bad",
                        item.whyNot && "text-muted",
                      )}
                    >
                      {item.label}
                    </span>
                    {(item.whyNot ?? item.note) && (
                      <span className="block max-w-60 text-xs text-muted">{item.whyNot ?? item.note}</span>
                    )}
                  </span>
                  {item.selected && (
                    <span className="text-accent-text" aria-label="chosen">
                      ✓
                    </span>
                  )}
                </Dropdown.Item>
              ))}
            </Dropdown.Section>
          ))}
        </Dropdown.Menu>
      </Dropdown.Popover>
    </Dropdown>
  );
}
