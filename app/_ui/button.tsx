"use client";
import Link from "next/link";
import type { ButtonHTMLAttributes, ComponentProps, ReactNode } from "react";
import { cx } from "./class-names";
import { Spinner } from "./spinner";
import { Tooltip } from "./tooltip";

export type ButtonVariant = "primary" | "secondary" | "ghost" | "danger" | "danger-quiet";
export type ButtonSize = "sm" | "md" | "icon" | "icon-sm";

const variants: Record<ButtonVariant, string> = {
  primary: "bg-accent text-accent-foreground shadow-surface hover:bg-accent-hover",
  secondary: "border border-border bg-surface text-foreground shadow-surface hover:bg-surface-secondary",
  ghost: "text-foreground hover:bg-surface-tertiary",
  danger: "bg-danger text-danger-foreground shadow-surface hover:bg-danger-hover",
  "danger-quiet": "border border-border bg-surface text-bad shadow-surface hover:bg-bad-tint",
};

const sizes: Record<ButtonSize, string> = {
  sm: "h-8 gap-1.5 px-3 text-[0.8125rem]",
  md: "h-9 gap-2 px-4",
  icon: "size-9",
  "icon-sm": "size-8",
};

export function buttonClass(variant: ButtonVariant = "secondary", size: ButtonSize = "md"): string {
  return cx(
    "inline-flex shrink-0 items-center justify-center rounded-lg font-medium whitespace-nowrap transition-colors select-none",
    "[&_svg]:size-4 [&_svg]:shrink-0",
    variants[variant],
    sizes[size],
  );
}

interface Look {
  variant?: ButtonVariant | undefined;
  size?: ButtonSize | undefined;
}

interface Props extends Look, Omit<ButtonHTMLAttributes<HTMLButtonElement>, "disabled"> {
  /** Why it cannot be used now: it stays reachable and says so. */
  whyNot?: string | null | undefined;
  busy?: boolean | undefined;
  disabled?: boolean | undefined;
  tip?: string | undefined;
  ref?: React.Ref<HTMLButtonElement> | undefined;
}

export function Button({
  variant,
  size,
  whyNot,
  busy,
  disabled,
  tip,
  className,
  children,
  onClick,
  type = "button",
  ...rest
}: Props) {
  const off = Boolean(whyNot) || Boolean(busy) || Boolean(disabled);
  return (
    <Tooltip text={whyNot ?? tip}>
      <button
        {...rest}
        type={off && type === "submit" ? "button" : type}
        aria-disabled={off || undefined}
        aria-busy={busy || undefined}
        {...((whyNot ?? tip) ? { "aria-description": whyNot ?? tip } : {})}
        onClick={off ? (event) => event.preventDefault() : onClick}
        className={cx(buttonClass(variant, size), off && "cursor-not-allowed! opacity-55", className)}
      >
        {busy && <Spinner />}
        {children}
      </button>
    </Tooltip>
  );
}

export function ButtonLink({ variant, size, className, ...rest }: Look & ComponentProps<typeof Link>) {
  return <Link {...rest} className={cx(buttonClass(variant, size), className)} />;
}

/** A link that may be refused: then it is a button that says why. */
export function ActionLink({
  whyNot,
  href,
  variant,
  size,
  children,
}: Look & { whyNot?: string | null | undefined; href: string; children: ReactNode }) {
  if (!whyNot)
    return (
      <ButtonLink href={href} variant={variant} size={size}>
        {children}
      </ButtonLink>
    );
  return (
    <Button variant={variant} size={size} whyNot={whyNot}>
      {children}
    </Button>
  );
}
