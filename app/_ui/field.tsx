"use client";
// Form controls. Each has a label, an optional hint and the error tied to it; native elements wherever they do the work.
import { CircleAlert, Minus, Plus, TriangleAlert } from "lucide-react";
import {
  useId,
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
} from "react";
import { cx } from "./class-names";

export const inputClass =
  "block w-full min-w-0 rounded-lg border border-field-border bg-field px-3 text-sm text-foreground shadow-field transition-colors placeholder:text-muted hover:border-border-strong focus-visible:border-focus focus-visible:outline-2 focus-visible:outline-offset-0 focus-visible:outline-focus disabled:cursor-not-allowed disabled:opacity-60 aria-invalid:border-bad max-sm:text-base";

interface FieldProps {
  label: ReactNode;
  /** Under the label: what it is for, or where the value comes from. */
  hint?: ReactNode;
  error?: string | undefined;
  warning?: ReactNode;
  required?: boolean | undefined;
  /** Beside the label: "From template", "Reset". */
  aside?: ReactNode;
  className?: string | undefined;
  hideLabel?: boolean | undefined;
}

export interface Wiring {
  id: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
  "aria-required"?: true;
}

export function Field({
  label,
  hint,
  error,
  warning,
  required,
  aside,
  className,
  hideLabel,
  children,
}: FieldProps & { children: (wiring: Wiring) => ReactNode }) {
  const id = useId();
  const described = [hint ? `${id}-hint` : null, error ? `${id}-error` : null, warning ? `${id}-warning` : null]
    .filter((part) => part !== null)
    .join(" ");
  const wiring: Wiring = { id };
  if (described) wiring["aria-describedby"] = described;
  if (error) wiring["aria-invalid"] = true;
  if (required) wiring["aria-required"] = true;
  return (
    <div className={cx("min-w-0", className)}>
      <div className={cx("mb-1.5 flex flex-wrap items-baseline justify-between gap-x-3", hideLabel && "sr-only")}>
        <label htmlFor={id} className="text-sm font-medium">
          {label}
          {required && <span className="font-normal text-muted"> (required)</span>}
        </label>
        {aside}
      </div>
      {children(wiring)}
      <FieldNotes id={id} hint={hint} error={error} warning={warning} />
    </div>
  );
}

export function FieldNotes({
  id,
  hint,
  error,
  warning,
}: {
  id: string;
  hint?: ReactNode;
  error?: string | undefined;
  warning?: ReactNode;
}) {
  return (
    <>
      {error && (
        <p id={`${id}-error`} className="mt-1.5 flex gap-1.5 text-[0.8125rem] text-bad">
          <CircleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden />
          {error}
        </p>
      )}
      {warning && (
        <p id={`${id}-warning`} className="mt-1.5 flex gap-1.5 text-[0.8125rem] text-warn">
          <TriangleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden />
          <span>{warning}</span>
        </p>
      )}
      {hint && (
        <div id={`${id}-hint`} className="mt-1.5 text-[0.8125rem] text-muted">
          {hint}
        </div>
      )}
    </>
  );
}

type Native<T> = Omit<T, keyof FieldProps>;

export function TextField({
  label,
  hint,
  error,
  warning,
  required,
  aside,
  className,
  hideLabel,
  ref,
  mono,
  ...input
}: FieldProps &
  Native<InputHTMLAttributes<HTMLInputElement>> & { ref?: Ref<HTMLInputElement> | undefined; mono?: boolean }) {
  return (
    <Field
      label={label}
      hint={hint}
      error={error}
      warning={warning}
      required={required}
      aside={aside}
      className={className}
      hideLabel={hideLabel}
    >
      {(wiring) => <input {...input} {...wiring} ref={ref} className={cx(inputClass, "h-9", mono && "font-mono")} />}
    </Field>
  );
}

export function TextArea({
  label,
  hint,
  error,
  warning,
  required,
  aside,
  className,
  ref,
  mono,
  ...input
}: FieldProps &
  Native<TextareaHTMLAttributes<HTMLTextAreaElement>> & { ref?: Ref<HTMLTextAreaElement>; mono?: boolean }) {
  return (
    <Field
      label={label}
      hint={hint}
      error={error}
      warning={warning}
      required={required}
      aside={aside}
      className={className}
    >
      {(wiring) => (
        <textarea
          rows={4}
          {...input}
          {...wiring}
          ref={ref}
          className={cx(inputClass, "py-2", mono && "font-mono text-[0.8125rem]")}
        />
      )}
    </Field>
  );
}

export function SelectField({
  label,
  hint,
  error,
  warning,
  required,
  aside,
  className,
  children,
  ref,
  hideLabel,
  ...input
}: FieldProps & Native<SelectHTMLAttributes<HTMLSelectElement>> & { ref?: Ref<HTMLSelectElement> | undefined }) {
  return (
    <Field
      label={label}
      hint={hint}
      error={error}
      warning={warning}
      required={required}
      aside={aside}
      className={className}
      hideLabel={hideLabel}
    >
      {(wiring) => (
        <NativeSelect {...input} {...wiring} ref={ref}>
          {children}
        </NativeSelect>
      )}
    </Field>
  );
}

export function NativeSelect({
  className,
  children,
  ref,
  ...rest
}: SelectHTMLAttributes<HTMLSelectElement> & { ref?: Ref<HTMLSelectElement> | undefined }) {
  return (
    <span className={cx("relative block", className)}>
      <select {...rest} ref={ref} className={cx(inputClass, "h-9 appearance-none truncate pr-9")}>
        {children}
      </select>
      <svg
        viewBox="0 0 16 16"
        className="pointer-events-none absolute top-1/2 right-3 size-4 -translate-y-1/2 text-muted"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        aria-hidden
      >
        <path d="m4 6 4 4 4-4" strokeLinecap="round" strokeLinejoin="round" />
      </svg>
    </span>
  );
}

interface NumberProps extends FieldProps {
  value: number | undefined;
  /** undefined = nothing entered: the inherited value applies. NaN = something that is no number. */
  onChange: (value: number | undefined) => void;
  onBlur?: () => void;
  min?: number;
  max?: number | undefined;
  step?: number;
  unit?: string;
  placeholder?: string;
  disabled?: boolean;
  /** Where the buttons start from while nothing is entered. */
  base?: number;
  inputRef?: Ref<HTMLInputElement> | undefined;
}

export function NumberField({
  label,
  hint,
  error,
  warning,
  required,
  aside,
  className,
  hideLabel,
  value,
  onChange,
  onBlur,
  min = 0,
  max,
  step = 1,
  unit,
  placeholder,
  disabled,
  base,
  inputRef,
}: NumberProps) {
  const from = value === undefined || Number.isNaN(value) ? (base ?? min) : value;
  const name = typeof label === "string" ? label : "value";
  const button =
    "grid h-full w-9 shrink-0 place-items-center text-muted transition-colors hover:bg-surface-tertiary hover:text-foreground disabled:cursor-not-allowed disabled:opacity-40 [&_svg]:size-3.5";
  return (
    <Field
      label={label}
      hint={hint}
      error={error}
      warning={warning}
      required={required}
      aside={aside}
      className={className}
      hideLabel={hideLabel}
    >
      {(wiring) => (
        <div
          className={cx(
            "flex h-9 w-full max-w-44 items-stretch overflow-hidden rounded-lg border border-field-border bg-field shadow-field transition-colors focus-within:border-focus focus-within:outline-2 focus-within:outline-focus hover:border-border-strong",
            error && "border-bad",
          )}
        >
          <button
            type="button"
            tabIndex={-1}
            aria-label={`Less: ${name}`}
            className={cx(button, "border-r border-separator")}
            disabled={disabled || from - step < min}
            onClick={() => onChange(from - step)}
          >
            <Minus />
          </button>
          <input
            {...wiring}
            ref={inputRef}
            inputMode="numeric"
            autoComplete="off"
            disabled={disabled}
            placeholder={placeholder}
            value={value === undefined ? "" : Number.isNaN(value) ? "" : String(value)}
            onBlur={onBlur}
            onKeyDown={(event) => {
              if (event.key === "ArrowUp" && (max === undefined || from + step <= max)) {
                event.preventDefault();
                onChange(from + step);
              } else if (event.key === "ArrowDown" && from - step >= min) {
                event.preventDefault();
                onChange(from - step);
              }
            }}
            onChange={(event) => {
              const text = event.target.value.trim();
              if (text === "") onChange(undefined);
              else if (/^\d{1,9}$/.test(text)) onChange(Number(text));
            }}
            className="w-full min-w-0 bg-transparent px-2 text-center text-sm tabular-nums outline-none placeholder:text-muted max-sm:text-base"
          />
          {unit && <span className="self-center pr-2 text-xs text-muted">{unit}</span>}
          <button
            type="button"
            tabIndex={-1}
            aria-label={`More: ${name}`}
            className={cx(button, "border-l border-separator")}
            disabled={disabled || (max !== undefined && from + step > max)}
            onClick={() => onChange(from + step)}
          >
            <Plus />
          </button>
        </div>
      )}
    </Field>
  );
}

interface SwitchProps {
  label: ReactNode;
  hint?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  aside?: ReactNode;
  error?: string | undefined;
  warning?: ReactNode;
}

export function SwitchField({ label, hint, checked, onChange, disabled, aside, error, warning }: SwitchProps) {
  const id = useId();
  return (
    <div className="flex gap-3">
      <span className="relative mt-0.5 inline-flex h-5 w-9 shrink-0">
        <input
          id={id}
          type="checkbox"
          role="switch"
          checked={checked}
          disabled={disabled}
          aria-describedby={hint || error || warning ? `${id}-hint ${id}-error ${id}-warning` : undefined}
          onChange={(event) => onChange(event.target.checked)}
          className="peer size-full cursor-pointer appearance-none rounded-full bg-border-strong transition-colors checked:bg-accent disabled:cursor-not-allowed disabled:opacity-50"
        />
        <span
          aria-hidden
          className="pointer-events-none absolute top-0.5 left-0.5 size-4 rounded-full bg-white shadow-sm transition-transform peer-checked:translate-x-4"
        />
      </span>
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline justify-between gap-x-3">
          <label htmlFor={id} className="text-sm font-medium">
            {label}
          </label>
          {aside}
        </div>
        <div className="-mt-1">
          <FieldNotes id={id} hint={hint} error={error} warning={warning} />
        </div>
      </div>
    </div>
  );
}

export function CheckField({
  label,
  checked,
  onChange,
  hint,
}: {
  label: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  hint?: ReactNode;
}) {
  const id = useId();
  return (
    <div className="flex gap-2.5">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-0.5 size-4 shrink-0 accent-accent"
      />
      <div>
        <label htmlFor={id} className="text-sm">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-[0.8125rem] text-muted">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}

export interface Choice<T extends string> {
  value: T;
  label: ReactNode;
  hint?: ReactNode;
  whyNot?: string | undefined;
}

interface ChoiceProps<T extends string> {
  legend: ReactNode;
  value: T | undefined;
  onChange: (value: T) => void;
  choices: readonly Choice<T>[];
  hint?: ReactNode;
  error?: string | undefined;
  warning?: ReactNode;
  aside?: ReactNode;
  columns?: 1 | 2 | 3;
  hideLegend?: boolean;
  inputRef?: Ref<HTMLInputElement> | undefined;
}

/** Radio buttons as cards: each choice says what it means. */
export function RadioCards<T extends string>({
  legend,
  value,
  onChange,
  choices,
  hint,
  error,
  warning,
  aside,
  columns = 2,
  hideLegend,
  inputRef,
}: ChoiceProps<T>) {
  const id = useId();
  return (
    <fieldset
      className="min-w-0"
      aria-labelledby={`${id}-legend`}
      aria-describedby={`${id}-hint ${id}-error ${id}-warning`}
    >
      <div className="mb-1.5 flex flex-wrap items-baseline justify-between gap-x-3">
        <span id={`${id}-legend`} className={cx("text-sm font-medium", hideLegend && "sr-only")}>
          {legend}
        </span>
        {aside}
      </div>
      <div className={cx("grid gap-2", columns === 2 && "sm:grid-cols-2", columns === 3 && "sm:grid-cols-3")}>
        {choices.map((choice, index) => (
          <label
            key={choice.value}
            className={cx(
              "relative flex gap-2.5 rounded-lg border border-field-border bg-field px-3 py-2.5 transition-colors has-checked:border-accent has-checked:bg-accent-tint has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus",
              choice.whyNot ? "cursor-not-allowed" : "cursor-pointer hover:border-border-strong",
            )}
          >
            <input
              ref={index === 0 ? inputRef : undefined}
              type="radio"
              name={id}
              value={choice.value}
              checked={value === choice.value}
              disabled={choice.whyNot !== undefined}
              onChange={() => onChange(choice.value)}
              className="mt-0.5 size-4 shrink-0 accent-accent outline-none"
            />
            <span className="min-w-0">
              <span className={cx("block text-sm font-medium", choice.whyNot && "text-muted")}>{choice.label}</span>
              {(choice.whyNot ?? choice.hint) && (
                <span className="mt-0.5 block text-[0.8125rem] text-muted">{choice.whyNot ?? choice.hint}</span>
              )}
            </span>
          </label>
        ))}
      </div>
      <FieldNotes id={id} hint={hint} error={error} warning={warning} />
    </fieldset>
  );
}

/** A few short choices in one line. */
export function Segments<T extends string>({
  legend,
  value,
  onChange,
  choices,
  hint,
  error,
  warning,
  aside,
  hideLegend,
  inputRef,
}: ChoiceProps<T>) {
  const id = useId();
  return (
    <fieldset
      className="min-w-0"
      aria-labelledby={`${id}-legend`}
      aria-describedby={`${id}-hint ${id}-error ${id}-warning`}
    >
      <div className="mb-1.5 flex flex-wrap items-baseline justify-between gap-x-3">
        <span id={`${id}-legend`} className={cx("text-sm font-medium", hideLegend && "sr-only")}>
          {legend}
        </span>
        {aside}
      </div>
      <div className="inline-flex max-w-full flex-wrap gap-1 rounded-lg border border-field-border bg-surface-secondary p-1">
        {choices.map((choice, index) => (
          <label
            key={choice.value}
            className={cx(
              "relative grid min-h-7 min-w-10 place-items-center rounded-md px-3 text-sm transition-colors has-checked:bg-surface has-checked:font-medium has-checked:text-accent-text has-checked:shadow-surface has-focus-visible:outline-2 has-focus-visible:outline-focus dark:has-checked:bg-surface-tertiary",
              choice.whyNot ? "cursor-not-allowed text-muted opacity-60" : "cursor-pointer hover:text-foreground",
            )}
            title={choice.whyNot}
          >
            <input
              ref={index === 0 ? inputRef : undefined}
              type="radio"
              name={id}
              value={choice.value}
              checked={value === choice.value}
              disabled={choice.whyNot !== undefined}
              onChange={() => onChange(choice.value)}
              className="absolute inset-0 cursor-inherit appearance-none outline-none"
            />
            <span className="pointer-events-none relative">{choice.label}</span>
          </label>
        ))}
      </div>
      <FieldNotes id={id} hint={hint} error={error} warning={warning} />
    </fieldset>
  );
}
