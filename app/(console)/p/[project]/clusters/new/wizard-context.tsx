"use client";
import { createContext, useContext, type ReactNode } from "react";
import { Summary } from "@/app/_ui/disclosure";
import type { Outputs } from "@/app/_lib/trpc-client";
import type { FieldName, WizardValues } from "./form";

export type Template = Outputs["template"]["list"]["rows"][number];
export type CloudOptions = Outputs["cloud"]["options"];
export type Preview = Outputs["cluster"]["preview"];

export interface WizardState {
  values: WizardValues;
  set: <Name extends FieldName>(name: Name, value: WizardValues[Name]) => void;
  touch: (name: FieldName) => void;
  /** Shown once the person has been at the field or has tried to leave its step. */
  error: (name: FieldName) => string | undefined;
  warning: (name: FieldName) => string | undefined;
  template: Template | null;
  templates: readonly Template[];
  options: CloudOptions;
  preview: Preview | undefined;
}

const WizardContext = createContext<WizardState | null>(null);

export const WizardProvider = ({ state, children }: { state: WizardState; children: ReactNode }) => (
  <WizardContext value={state}>{children}</WizardContext>
);

export function useWizard(): WizardState {
  const state = useContext(WizardContext);
  if (!state) throw new Error("useWizard outside of the wizard");
  return state;
}

/** Marks where a field stands, so that links to problems find it. */
export function At({ field, children, className }: { field: FieldName; children: ReactNode; className?: string }) {
  return (
    <div data-field={field} className={className}>
      {children}
    </div>
  );
}

/** Where a value comes from, and the way back to the template's. */
export function Origin({ field, theirs }: { field: FieldName; theirs?: string | undefined }) {
  const { values, set, template } = useWizard();
  const touched = values[field] !== undefined;
  if (!touched)
    return theirs === undefined ? null : (
      <span className="text-xs text-muted">
        {template ? "From template" : "Default"}
        {theirs === "" ? "" : `: ${theirs}`}
      </span>
    );
  return (
    <button
      type="button"
      className="min-h-6 text-xs text-accent-text underline-offset-2 hover:underline"
      onClick={() => set(field, undefined as never)}
    >
      Reset to template{theirs ? `: ${theirs}` : ""}
    </button>
  );
}

/** A heading inside of a step. */
export function Group({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  return (
    <section className="space-y-5 border-t border-separator pt-6 first:border-0 first:pt-0">
      <div>
        <h3 className="text-[0.9375rem] font-semibold">{title}</h3>
        {note && <p className="mt-0.5 text-[0.8125rem] text-muted">{note}</p>}
      </div>
      {children}
    </section>
  );
}

/** What few people need. Opens by itself when something inside is set or wrong. */
export function More({
  fields,
  children,
  title = "More",
}: {
  fields: readonly FieldName[];
  children: ReactNode;
  title?: string;
}) {
  const { values, error } = useWizard();
  const needed = fields.some(
    (field) => (values[field] !== undefined && values[field] !== false) || error(field) !== undefined,
  );
  return (
    <details className="group rounded-lg border border-border" open={needed || undefined}>
      <Summary className="px-4">{title}</Summary>
      <div className="space-y-5 border-t border-separator p-4">{children}</div>
    </details>
  );
}
