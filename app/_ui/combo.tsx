"use client";
// A searchable choice from a list that may be long.
import { ComboBox } from "@heroui/react/combo-box";
import { ListBox } from "@heroui/react/list-box";
import { Input } from "react-aria-components/Input";
import { ChevronsUpDown } from "lucide-react";
import { useId, type ReactNode, type Ref } from "react";
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
  inputRef?: Ref<HTMLInputElement> | undefined;
}

export function Combo({
  label,
  options,
  value,
  onChange,
  onBlur,
  placeholder,
  hint,
  error,
  warning,
  required,
  aside,
  empty = "Nothing matches.",
  inputRef,
}: Props) {
  const id = useId();
  return (
    <div className="min-w-0">
      <div className="mb-1.5 flex flex-wrap items-baseline justify-between gap-x-3">
        <label htmlFor={id} className="text-sm font-medium">
          {label}
          {required && <span className="font-normal text-muted"> (required)</span>}
        </label>
        {aside}
      </div>
      <ComboBox
        id={id}
        aria-label={label}
        selectedKey={value}
        onSelectionChange={(key) => onChange(key === null ? null : String(key))}
        onBlur={onBlur ?? (() => undefined)}
        menuTrigger="focus"
        isInvalid={Boolean(error)}
        validationBehavior="aria"
        disabledKeys={options.flatMap((option) => (option.whyNot ? [option.id] : []))}
        fullWidth
        allowsEmptyCollection
        aria-describedby={`${id}-hint ${id}-error ${id}-warning`}
      >
        <div className="relative">
          <Input
            ref={inputRef}
            placeholder={placeholder ?? "Search or choose"}
            className={cx(inputClass, "h-9 pr-9")}
          />
          <ComboBox.Trigger className="absolute top-1/2 right-1 grid size-7 -translate-y-1/2 place-items-center rounded-md text-muted hover:text-foreground">
            <ChevronsUpDown className="size-4" aria-hidden />
          </ComboBox.Trigger>
        </div>
        <ComboBox.Popover className="max-h-72 max-w-[calc(100vw-1.5rem)] p-0">
          <ListBox className="p-1" renderEmptyState={() => <p className="px-3 py-2 text-sm text-muted">{empty}</p>}>
            {options.map((option) => (
              <ListBox.Item
                key={option.id}
                id={option.id}
                textValue={option.name}
                className="px-2.5 py-1.5 data-[disabled]:opacity-100!"
              >
                <span className="min-w-0">
                  <span className={cx("block truncate text-sm", option.whyNot && "text-muted")}>{option.name}</span>
                  {(option.whyNot ?? option.note) && (
                    <span className="block text-xs break-words text-muted">{option.whyNot ?? option.note}</span>
                  )}
                </span>
              </ListBox.Item>
            ))}
          </ListBox>
        </ComboBox.Popover>
      </ComboBox>
      <FieldNotes id={id} hint={hint} error={error} warning={warning} />
    </div>
  );
}
