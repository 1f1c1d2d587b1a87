"use client";
// A searchable choice from a list that may be long, after the ARIA combobox pattern.
import { Check, ChevronsUpDown } from "lucide-react";
import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { cx } from "./class-names";
import { FieldNotes, inputClass } from "./field";

export interface ComboOption {
  id: string;
  name: string;
  note?: string;
  whyNot?: string | null;
}

interface Props {
  label: string;
  options: readonly ComboOption[];
  value: string | null;
  onChange: (id: string | null) => void;
  onBlur?: () => void;
  placeholder?: string;
  hint?: ReactNode;
  error?: string | undefined;
  warning?: ReactNode;
  required?: boolean;
  aside?: ReactNode;
  empty?: string;
}

export function Combo({
  label,
  options,
  value,
  onChange,
  onBlur,
  placeholder = "Search or choose",
  hint,
  error,
  warning,
  required,
  aside,
  empty = "Nothing matches.",
}: Props) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const [open, setOpen] = useState(false);
  /** What is being typed; null = the chosen name is shown. */
  const [text, setText] = useState<string | null>(null);
  const [active, setActive] = useState<string | null>(null);
  const chosen = options.find((option) => option.id === value);
  const shown = options.filter(
    (option) =>
      text === null || `${option.name} ${option.note ?? ""} ${option.id}`.toLowerCase().includes(text.toLowerCase()),
  );
  const enabled = shown.filter((option) => !option.whyNot);
  // Ids of options may hold blanks, which a reference may not.
  const indexOf = (optionId: string) => shown.findIndex((option) => option.id === optionId);
  const described = [hint && "hint", error && "error", warning && "warning"].filter(Boolean);

  const show = () => {
    setOpen(true);
    setActive(chosen?.id ?? null);
  };
  const hide = () => {
    setOpen(false);
    setText(null);
    setActive(null);
  };
  const pick = (option: ComboOption | undefined) => {
    if (!option || option.whyNot) return;
    onChange(option.id);
    hide();
  };
  const move = (step: number) => {
    const at = enabled.findIndex((option) => option.id === active);
    const next = enabled.at(at === -1 && step < 0 ? -1 : (at + step) % enabled.length);
    setActive(next?.id ?? null);
    if (next) list.current?.querySelector(`[data-id="${CSS.escape(next.id)}"]`)?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) show();
      else move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      pick(enabled.find((option) => option.id === active) ?? (enabled.length === 1 ? enabled[0] : undefined));
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      hide();
    }
  };
  return (
    <div className="min-w-0">
      <div className="mb-1.5 flex flex-wrap items-baseline justify-between gap-x-3">
        <label htmlFor={id} className="text-sm font-medium">
          {label}
          {required && <span className="font-normal text-muted"> (required)</span>}
        </label>
        {aside}
      </div>
      <div
        className="relative"
        onBlur={(event) => {
          if (event.currentTarget.contains(event.relatedTarget)) return;
          hide();
          onBlur?.();
        }}
      >
        <input
          ref={input}
          id={id}
          role="combobox"
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={open && active !== null ? `${id}-${indexOf(active)}` : undefined}
          aria-describedby={described.length > 0 ? described.map((part) => `${id}-${part}`).join(" ") : undefined}
          aria-invalid={error ? true : undefined}
          aria-required={required || undefined}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder={placeholder}
          value={text ?? chosen?.name ?? ""}
          onClick={() => (open ? undefined : show())}
          onFocus={(event) => event.target.select()}
          onKeyDown={onKeyDown}
          onChange={(event) => {
            setText(event.target.value);
            setOpen(true);
            setActive(null);
          }}
          className={cx(inputClass, "h-9 pr-9")}
        />
        <button
          type="button"
          tabIndex={-1}
          aria-label={`Show options: ${label}`}
          onClick={() => {
            input.current?.focus();
            if (open) hide();
            else show();
          }}
          className="absolute top-1/2 right-1 grid size-7 -translate-y-1/2 place-items-center rounded-md text-muted hover:text-foreground"
        >
          <ChevronsUpDown className="size-4" aria-hidden />
        </button>
        <ul
          ref={list}
          id={`${id}-list`}
          role="listbox"
          aria-label={label}
          hidden={!open}
          // Keeps the focus in the box while an option is pressed.
          onMouseDown={(event) => event.preventDefault()}
          className="absolute inset-x-0 top-full z-20 mt-1.5 max-h-72 overflow-y-auto rounded-lg border border-border bg-overlay p-1 shadow-overlay"
        >
          {open &&
            shown.map((option, index) => (
              <li
                key={option.id}
                id={`${id}-${index}`}
                data-id={option.id}
                role="option"
                aria-selected={option.id === value}
                aria-disabled={option.whyNot ? true : undefined}
                onClick={() => pick(option)}
                onMouseEnter={() => !option.whyNot && setActive(option.id)}
                className={cx(
                  "flex items-start gap-2 rounded-md px-2.5 py-1.5",
                  option.whyNot ? "cursor-not-allowed" : "cursor-pointer",
                  option.id === active && "bg-surface-tertiary",
                )}
              >
                <span className="min-w-0 flex-1">
                  <span className={cx("block truncate text-sm", option.whyNot && "text-muted")}>{option.name}</span>
                  {(option.whyNot ?? option.note) && (
                    <span className="block text-xs break-words text-muted">{option.whyNot ?? option.note}</span>
                  )}
                </span>
                {option.id === value && <Check className="mt-0.5 size-4 shrink-0 text-accent-text" aria-hidden />}
              </li>
            ))}
          {open && shown.length === 0 && (
            <li role="option" aria-selected={false} aria-disabled className="px-2.5 py-2 text-sm text-muted">
              {empty}
            </li>
          )}
        </ul>
      </div>
      <FieldNotes id={id} hint={hint} error={error} warning={warning} />
    </div>
  );
}
