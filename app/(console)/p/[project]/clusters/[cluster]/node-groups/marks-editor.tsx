"use client";
// Labels and taints of a group's nodes in Kubernetes, as rows.
import { Plus, Trash2 } from "lucide-react";
import { taintEffects, type NodeTaint } from "@/server/domain/nodegroup";
import { Button } from "@/app/_ui/button";
import { cx } from "@/app/_ui/class-names";
import { inputClass, NativeSelect } from "@/app/_ui/field";

export interface NodeLabelRow {
  key: string;
  value: string;
}

export interface TaintRow {
  key: string;
  value: string;
  effect: NodeTaint["effect"];
}

export const labelRows = (labels: Readonly<Record<string, string>> | null): NodeLabelRow[] =>
  Object.entries(labels ?? {}).map(([key, value]) => ({ key, value }));

export const taintRows = (taints: readonly NodeTaint[] | null): TaintRow[] =>
  (taints ?? []).map(({ key, value, effect }) => ({ key, value: value ?? "", effect }));

/** Null = none: rows without a key are left out. */
export function labelsOf(rows: readonly NodeLabelRow[]): Record<string, string> | null {
  const filled = rows.filter((row) => row.key.trim() !== "");
  return filled.length === 0 ? null : Object.fromEntries(filled.map(({ key, value }) => [key.trim(), value.trim()]));
}

export function taintsOf(rows: readonly TaintRow[]): { key: string; value: string | null; effect: string }[] | null {
  const filled = rows.filter((row) => row.key.trim() !== "");
  return filled.length === 0
    ? null
    : filled.map(({ key, value, effect }) => ({ key: key.trim(), value: value.trim() || null, effect }));
}

function Cell({
  name,
  placeholder,
  value,
  onChange,
}: {
  name: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <input
      aria-label={name}
      placeholder={placeholder}
      className={cx(inputClass, "h-9 font-mono text-[0.8125rem]")}
      value={value}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

export function NodeLabelsEditor({
  rows,
  onChange,
  error,
}: {
  rows: readonly NodeLabelRow[];
  onChange: (rows: NodeLabelRow[]) => void;
  error: string | undefined;
}) {
  const change = (index: number, row: NodeLabelRow) => onChange(rows.map((old, at) => (at === index ? row : old)));
  return (
    <fieldset className="min-w-0">
      <legend className="text-sm font-medium">Kubernetes labels</legend>
      <p className="mb-2 text-[0.8125rem] text-muted">For placing work on these nodes, such as disk=fast.</p>
      <ul className="space-y-2">
        {rows.map((row, index) => (
          <li key={index} className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto] gap-2">
            <Cell
              name={`Key of label ${index + 1}`}
              placeholder="key"
              value={row.key}
              onChange={(key) => change(index, { ...row, key })}
            />
            <Cell
              name={`Value of label ${index + 1}`}
              placeholder="value"
              value={row.value}
              onChange={(value) => change(index, { ...row, value })}
            />
            <Button
              size="icon"
              variant="ghost"
              aria-label={`Remove label ${row.key || index + 1}`}
              onClick={() => onChange(rows.filter((_, at) => at !== index))}
            >
              <Trash2 />
            </Button>
          </li>
        ))}
      </ul>
      {error && <p className="mt-1.5 text-[0.8125rem] text-bad">{error}</p>}
      <Button size="sm" className="mt-2" onClick={() => onChange([...rows, { key: "", value: "" }])}>
        <Plus aria-hidden /> Add label
      </Button>
    </fieldset>
  );
}

const meaning: Record<NodeTaint["effect"], string> = {
  NoSchedule: "NoSchedule: new pods stay away",
  PreferNoSchedule: "PreferNoSchedule: new pods stay away if they can",
  NoExecute: "NoExecute: running pods leave as well",
};

export function TaintsEditor({
  rows,
  onChange,
  error,
}: {
  rows: readonly TaintRow[];
  onChange: (rows: TaintRow[]) => void;
  error: string | undefined;
}) {
  const change = (index: number, row: TaintRow) => onChange(rows.map((old, at) => (at === index ? row : old)));
  return (
    <fieldset className="min-w-0">
      <legend className="text-sm font-medium">Taints</legend>
      <p className="mb-2 text-[0.8125rem] text-muted">Keep pods away that do not tolerate them.</p>
      <ul className="space-y-2">
        {rows.map((row, index) => (
          <li
            key={index}
            className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto] gap-2 sm:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_minmax(0,1.2fr)_auto]"
          >
            <Cell
              name={`Key of taint ${index + 1}`}
              placeholder="key"
              value={row.key}
              onChange={(key) => change(index, { ...row, key })}
            />
            <Cell
              name={`Value of taint ${index + 1}`}
              placeholder="value (optional)"
              value={row.value}
              onChange={(value) => change(index, { ...row, value })}
            />
            <NativeSelect
              className="order-last col-span-2 sm:order-none sm:col-span-1"
              aria-label={`Effect of taint ${index + 1}`}
              value={row.effect}
              title={meaning[row.effect]}
              onChange={(event) => {
                const effect = taintEffects.find((each) => each === event.target.value);
                if (effect) change(index, { ...row, effect });
              }}
            >
              {taintEffects.map((effect) => (
                <option key={effect} value={effect}>
                  {effect}
                </option>
              ))}
            </NativeSelect>
            <Button
              size="icon"
              variant="ghost"
              aria-label={`Remove taint ${row.key || index + 1}`}
              onClick={() => onChange(rows.filter((_, at) => at !== index))}
            >
              <Trash2 />
            </Button>
          </li>
        ))}
      </ul>
      {error && <p className="mt-1.5 text-[0.8125rem] text-bad">{error}</p>}
      <Button
        size="sm"
        className="mt-2"
        onClick={() => onChange([...rows, { key: "", value: "", effect: "NoSchedule" }])}
      >
        <Plus aria-hidden /> Add taint
      </Button>
    </fieldset>
  );
}
