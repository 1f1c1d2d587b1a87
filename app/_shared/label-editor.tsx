"use client";
// Keys, values and effects of labels. Loaded only where labels are edited: the catalogue is large.
import { Plus, Trash2 } from "lucide-react";
import { useId, useState } from "react";
import {
  labelCatalog,
  labelDefault,
  labelFact,
  labelType,
  nearestLabel,
  secretLabels,
} from "@/server/domain/label-catalog";
import { labelProblem } from "@/server/domain/label-reader";
import { labelBoolean } from "@/server/domain/label-type";
import type { Labels } from "@/server/domain/labels";
import { plural } from "../_lib/format";
import { Button } from "../_ui/button";
import { cx } from "../_ui/class-names";
import { Summary } from "../_ui/disclosure";
import { inputClass, NativeSelect, TextArea } from "../_ui/field";
import { Notice } from "../_ui/notice";
import { labelsToText, textToLabels, type LabelRow } from "./label-text";
import { Tag } from "./status";

interface Props {
  rows: readonly LabelRow[];
  onChange: (rows: LabelRow[]) => void;
  /** What the parent (template, cluster) gives; empty for a template's own labels. */
  inherited: Labels;
  inheritedName: string;
  driver: string | undefined;
  /** Keys of the parent that shall not be taken; only where a complete list may be sent instead. */
  dropped?: readonly string[];
  onDrop?: (keys: string[]) => void;
  /** The server's words by key. */
  problems?: Readonly<Record<string, string>>;
}

export default function LabelEditor({
  rows,
  onChange,
  inherited,
  inheritedName,
  driver,
  dropped = [],
  onDrop,
  problems = {},
}: Props) {
  const [text, setText] = useState<string | null>(null);
  const listId = useId();
  const parsed = text === null ? null : textToLabels(text);
  const known = labelCatalog.filter((fact) => driver === undefined || fact.drivers.includes(driver));
  const taken = new Set(rows.map((row) => row.key));
  return (
    <div className="space-y-4">
      <datalist id={listId}>
        {known
          .filter((fact) => !taken.has(fact.key))
          .map((fact) => (
            <option key={fact.key} value={fact.key}>
              {fact.description}
            </option>
          ))}
      </datalist>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="text-[0.8125rem] text-muted">
          {rows.length === 0 ? "None of your own." : `${plural(rows.length, "label")} of your own.`}
        </p>
        <Button
          size="sm"
          variant="ghost"
          onClick={() => {
            if (text === null) setText(labelsToText(rows));
            else if (parsed && !parsed.problem) {
              onChange(parsed.rows);
              setText(null);
            }
          }}
          whyNot={parsed?.problem}
        >
          {text === null ? "Edit as text" : "Edit as rows"}
        </Button>
      </div>
      {text !== null ? (
        <TextArea
          label="Labels as text"
          mono
          rows={8}
          value={text}
          spellCheck={false}
          error={parsed?.problem ?? undefined}
          hint="One key=value a line, JSON, or what follows --labels on a command line."
          onChange={(event) => {
            setText(event.target.value);
            const next = textToLabels(event.target.value);
            if (!next.problem) onChange(next.rows);
          }}
        />
      ) : (
        <>
          <ul className="space-y-3">
            {rows.map((row, index) => (
              <Row
                key={index}
                row={row}
                listId={listId}
                inherited={inherited}
                inheritedName={inheritedName}
                driver={driver}
                error={
                  rows.some((other, at) => at < index && other.key === row.key && row.key !== "")
                    ? "This key is given twice."
                    : problems[row.key]
                }
                onChange={(next) => onChange(rows.map((old, at) => (at === index ? next : old)))}
                onRemove={() => onChange(rows.filter((_, at) => at !== index))}
              />
            ))}
          </ul>
          <Button size="sm" onClick={() => onChange([...rows, { key: "", value: "" }])}>
            <Plus aria-hidden /> Add label
          </Button>
        </>
      )}
      {Object.keys(inherited).length > 0 && (
        <Inherited
          inherited={inherited}
          name={inheritedName}
          rows={rows}
          onChange={onChange}
          dropped={dropped}
          {...(onDrop ? { onDrop } : {})}
        />
      )}
    </div>
  );
}

interface RowProps {
  row: LabelRow;
  listId: string;
  inherited: Labels;
  inheritedName: string;
  driver: string | undefined;
  error: string | undefined;
  onChange: (row: LabelRow) => void;
  onRemove: () => void;
}

function Row({ row, listId, inherited, inheritedName, driver, error, onChange, onRemove }: RowProps) {
  const id = useId();
  const fact = labelFact(row.key);
  const problem = error ?? (row.key === "" ? undefined : (labelProblem(row.key, row.value) ?? undefined));
  const theirs = Object.hasOwn(inherited, row.key) ? inherited[row.key] : undefined;
  const effect = row.key === "" ? null : theirs === undefined ? "added" : theirs === row.value ? "same" : "overrides";
  const near = fact ? null : nearestLabel(row.key);
  const preset = fact ? labelDefault(fact.key, driver) : null;
  return (
    <li className="rounded-lg border border-border p-3">
      <div className="grid gap-2 sm:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto]">
        <input
          aria-label="Label key"
          list={listId}
          value={row.key}
          onChange={(event) => onChange({ ...row, key: event.target.value.trim() })}
          placeholder="key"
          autoCapitalize="none"
          spellCheck={false}
          className={cx(inputClass, "h-9 font-mono text-[0.8125rem]")}
        />
        <ValueControl
          row={row}
          onChange={(value) => onChange({ ...row, value })}
          invalid={problem !== undefined}
          describedBy={`${id}-note`}
        />
        <Button size="icon" variant="ghost" aria-label={`Remove label ${row.key || "without key"}`} onClick={onRemove}>
          <Trash2 />
        </Button>
      </div>
      <div id={`${id}-note`} className="mt-2 space-y-1 text-[0.8125rem] text-muted">
        {problem && <p className="text-bad">{problem}</p>}
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          {effect === "added" && <Tag tone="accent">added</Tag>}
          {effect === "overrides" && (
            <>
              <Tag tone="warn">overrides</Tag>
              <span>
                {inheritedName}: <code className="font-mono">{theirs || "(empty)"}</code>
              </span>
            </>
          )}
          {effect === "same" && (
            <>
              <Tag>same as {inheritedName}</Tag>
              <span>It would stay when the template changes.</span>
            </>
          )}
          {fact && (
            <span>
              {fact.description}
              {preset ? ` Default ${preset}.` : ""}
              {fact.unit ? ` In ${fact.unit}.` : ""}
            </span>
          )}
        </div>
        {fact?.requires && <p>Needs {fact.requires.join(", ")}.</p>}
        {fact?.deprecated && <p className="text-warn">{fact.deprecated}</p>}
        {fact && driver !== undefined && !fact.drivers.includes(driver) && (
          <p className="text-warn">This template's driver does not read it.</p>
        )}
        {row.key !== "" && !fact && (
          <p className="text-warn">
            Not in the catalogue.{" "}
            {near && (
              <button
                type="button"
                className="underline underline-offset-2"
                onClick={() => onChange({ ...row, key: near })}
              >
                Did you mean {near}?
              </button>
            )}
          </p>
        )}
        {secretLabels.includes(row.key) && <p className="text-warn">Everybody in the project can read labels.</p>}
      </div>
    </li>
  );
}

function ValueControl({
  row,
  onChange,
  invalid,
  describedBy,
}: {
  row: LabelRow;
  onChange: (value: string) => void;
  invalid: boolean;
  describedBy: string;
}) {
  const type = labelType(row.key);
  const common = {
    "aria-label": `Value of ${row.key || "the label"}`,
    "aria-describedby": describedBy,
    ...(invalid ? { "aria-invalid": true as const } : {}),
  };
  if (type?.kind === "boolean" && (row.value === "" || labelBoolean(row.value) !== undefined)) {
    const shown = row.value === "" ? "" : String(labelBoolean(row.value));
    return (
      <NativeSelect {...common} value={shown} onChange={(event) => onChange(event.target.value)}>
        {shown === "" && <option value="">Choose</option>}
        <option value="true">true</option>
        <option value="false">false</option>
      </NativeSelect>
    );
  }
  if (type?.kind === "choice" && type.words && (row.value === "" || type.words.includes(row.value)))
    return (
      <NativeSelect {...common} value={row.value} onChange={(event) => onChange(event.target.value)}>
        {row.value === "" && <option value="">Choose</option>}
        {type.words.map((value) => (
          <option key={value} value={value}>
            {value}
          </option>
        ))}
      </NativeSelect>
    );
  return (
    <input
      {...common}
      value={row.value}
      onChange={(event) => onChange(event.target.value)}
      placeholder="value"
      inputMode={type?.kind === "integer" ? "numeric" : undefined}
      type={secretLabels.includes(row.key) ? "password" : "text"}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      className={cx(inputClass, "h-9 font-mono text-[0.8125rem]")}
    />
  );
}

function Inherited({
  inherited,
  name,
  rows,
  onChange,
  dropped,
  onDrop,
}: {
  inherited: Labels;
  name: string;
  rows: readonly LabelRow[];
  onChange: (rows: LabelRow[]) => void;
  dropped: readonly string[];
  onDrop?: (keys: string[]) => void;
}) {
  const own = new Set(rows.map((row) => row.key));
  return (
    <details className="group rounded-lg border border-border">
      <Summary className="px-3">
        {plural(Object.keys(inherited).length, "label")} from {name}
      </Summary>
      <ul className="divide-y divide-separator border-t border-separator">
        {Object.entries(inherited).map(([key, value]) => (
          <li key={key} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-[0.8125rem]">
            <code
              className={cx(
                "min-w-0 flex-1 font-mono break-all",
                (dropped.includes(key) || own.has(key)) && "text-muted line-through",
              )}
              title={labelFact(key)?.description}
            >
              {key}={value}
            </code>
            {dropped.includes(key) ? (
              <Button size="sm" variant="ghost" onClick={() => onDrop?.(dropped.filter((other) => other !== key))}>
                Take it again
              </Button>
            ) : own.has(key) ? (
              <Tag tone="warn">overridden</Tag>
            ) : (
              <span className="flex gap-1">
                <Button
                  size="sm"
                  variant="ghost"
                  aria-label={`Override ${key}`}
                  onClick={() => onChange([...rows, { key, value }])}
                >
                  Override
                </Button>
                {onDrop && (
                  <Button
                    size="sm"
                    variant="ghost"
                    aria-label={`Do not take ${key}`}
                    onClick={() => onDrop([...dropped, key])}
                  >
                    Drop
                  </Button>
                )}
              </span>
            )}
          </li>
        ))}
      </ul>
      {dropped.length > 0 && (
        <Notice tone="info" className="m-3">
          Merging cannot remove a label. The complete list without {dropped.join(", ")} will be sent instead, so labels
          that the template gets later do not reach this cluster.
        </Notice>
      )}
    </details>
  );
}
