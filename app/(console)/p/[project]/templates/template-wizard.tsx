"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, CircleAlert } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { useProject } from "../_frame/project-context";
import { explain } from "@/app/_lib/errors";
import { plural } from "@/app/_lib/format";
import { paths } from "@/app/_lib/paths";
import { useTRPC, type Outputs } from "@/app/_lib/trpc-client";
import { DamageNotice } from "@/app/_shared/damage";
import { ErrorNotice } from "@/app/_shared/error-panel";
import { Button, ButtonLink } from "@/app/_ui/button";
import { Card } from "@/app/_ui/card";
import { cx } from "@/app/_ui/class-names";
import { Notice, type Tone } from "@/app/_ui/notice";
import {
  createRequest,
  fieldFor,
  isField,
  problemsOf,
  stepOf,
  steps,
  stepWords,
  updateRequest,
  type FieldName,
  type Step,
  type TemplateValues,
} from "./form";
import { InfoStep, LabelsStep, NetworkStep, NodesStep, ReviewStep, type StepProps } from "./steps";

type Template = Outputs["template"]["get"];

/** Info, Node Spec, Network, Labels, Review. What is typed stays when the server refuses it. */
export function TemplateWizard({
  mode,
  before,
  start,
}: {
  mode: "create" | "edit";
  before: Template | null;
  start: TemplateValues;
}) {
  const trpc = useTRPC();
  const router = useRouter();
  const client = useQueryClient();
  const project = useProject();
  const [values, setValues] = useState(start);
  const [step, setStep] = useState<Step>("info");
  const [reached, setReached] = useState(mode === "edit" ? steps.length - 1 : 0);
  const [touched, setTouched] = useState<ReadonlySet<FieldName>>(new Set());
  const [refused, setRefused] = useState<Partial<Record<FieldName, string>>>({});
  const heading = useRef<HTMLHeadingElement>(null);
  const options = useQuery(trpc.cloud.options.queryOptions({ project: project.id }, { staleTime: 60_000 }));
  const dirty = JSON.stringify(values) !== JSON.stringify(start);

  const saved = async (id: string) => {
    await client.invalidateQueries(trpc.template.pathFilter());
    router.push(paths.template(project.id, id));
  };
  const onError = (error: unknown) => {
    const found: Partial<Record<FieldName, string>> = {};
    for (const { field, message } of explain(error, "").fields) {
      const name = fieldFor(field);
      if (name) found[name] ??= field.includes(".") ? `${field.slice(field.indexOf(".") + 1)}: ${message}` : message;
    }
    setRefused(found);
    const first = Object.keys(found).find(isField);
    if (first) go(stepOf[first]);
  };
  const create = useMutation(trpc.template.create.mutationOptions({ onSuccess: ({ id }) => saved(id), onError }));
  const update = useMutation(trpc.template.update.mutationOptions({ onSuccess: ({ id }) => saved(id), onError }));
  const busy = create.isPending || update.isPending || create.isSuccess || update.isSuccess;
  const failure = create.error ?? update.error;

  // Input that is not sent yet is not lost by a slip.
  useEffect(() => {
    if (!dirty || busy) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty, busy]);

  const problems = { ...problemsOf(values), ...refused };
  const go = (next: Step) => {
    setStep(next);
    setReached((so) => Math.max(so, steps.indexOf(next)));
    requestAnimationFrame(() => heading.current?.focus());
  };
  const set: StepProps["set"] = (change) => {
    setValues((old) => ({ ...old, ...change }));
    setRefused((old) => Object.fromEntries(Object.entries(old).filter(([key]) => !(key in change))));
  };
  const touch = (field: FieldName) => setTouched((old) => new Set(old).add(field));
  const shown = (field: FieldName) =>
    touched.has(field) || refused[field] !== undefined || reached > steps.indexOf(stepOf[field])
      ? problems[field]
      : undefined;
  const inStep = (name: Step) =>
    Object.keys(problems)
      .filter(isField)
      .filter((field) => stepOf[field] === name);
  const next = () => {
    const wrong = inStep(step);
    if (wrong.length > 0) {
      setTouched((old) => new Set([...old, ...wrong]));
      return;
    }
    go(steps[steps.indexOf(step) + 1] ?? "review");
  };
  const change = before ? updateRequestOrNull(values, before) : null;
  const submit = () => {
    if (Object.keys(problems).length > 0) return;
    if (mode === "create") create.mutate({ project: project.id, ...createRequest(values) });
    else if (before && change) update.mutate({ project: project.id, id: before.id, change });
  };

  // Asked before anything is sent: what the template would not do is known to its maker first.
  const check = useQuery(
    trpc.template.check.queryOptions(
      { project: project.id, ...createRequest(values) },
      { enabled: step === "review" && Object.keys(problems).length === 0 },
    ),
  );
  const refusals = (step === "review" && check.data?.problems) || [];
  const warnings = (step === "review" && check.data?.warnings) || [];

  const props: StepProps = {
    values,
    set,
    touch,
    problem: shown,
    options: options.data,
    inUse: before !== null && before.clusters > 0 && !before.damage,
    editing: mode === "edit",
    image: before?.imageId ?? null,
  };
  return (
    <form
      noValidate
      className="grid grid-cols-[minmax(0,1fr)] items-start gap-6 lg:grid-cols-[12rem_minmax(0,1fr)]"
      onSubmit={(event) => {
        event.preventDefault();
        if (step === "review") submit();
        else next();
      }}
    >
      <nav aria-label="Steps">
        <ol className="flex gap-1 overflow-x-auto lg:flex-col">
          {steps.map((name, index) => {
            const open = index <= reached;
            const bad = open && index < reached && inStep(name).length > 0;
            return (
              <li key={name} className="shrink-0">
                <button
                  type="button"
                  disabled={!open}
                  aria-current={step === name ? "step" : undefined}
                  onClick={() => go(name)}
                  className={cx(
                    "flex h-9 w-full items-center gap-2.5 rounded-lg px-2.5 text-sm",
                    step === name
                      ? "bg-accent-tint font-medium text-accent-text"
                      : open
                        ? "hover:bg-surface-tertiary"
                        : "cursor-not-allowed text-muted",
                  )}
                >
                  <span
                    aria-hidden
                    className={cx(
                      "grid size-5 shrink-0 place-items-center rounded-full border text-xs tabular-nums [&_svg]:size-3",
                      bad
                        ? "border-bad text-bad"
                        : index < reached && step !== name
                          ? "border-ok text-ok"
                          : "border-current",
                    )}
                  >
                    {bad ? <CircleAlert /> : index < reached && step !== name ? <Check /> : index + 1}
                  </span>
                  {stepWords[name]}
                  {bad && <span className="sr-only">(has a problem)</span>}
                </button>
              </li>
            );
          })}
        </ol>
      </nav>
      <div className="min-w-0 space-y-4">
        {failure && (
          <ErrorNotice
            text={explain(failure, mode === "create" ? "The template was not created" : "The template was not changed")}
          />
        )}
        {before?.damage && (
          <DamageNotice
            of={before}
            remedy="What is saved sets these values to what this form shows, also where clusters use it."
          />
        )}
        {props.inUse && step !== "review" && (
          <Notice
            tone="info"
            title={`${before?.clusters === 1 ? "A cluster uses" : `${before?.clusters ?? 0} clusters use`} this template`}
            action={
              before && (
                <ButtonLink size="sm" href={paths.newTemplate(project.id, before.id)}>
                  Copy and edit
                </ButtonLink>
              )
            }
          >
            Only its name, its tags, hiding and publishing can change, one at a time.
          </Notice>
        )}
        <Card>
          <h2
            ref={heading}
            tabIndex={-1}
            className="border-b border-separator px-4 py-3 text-sm font-semibold outline-none sm:px-5"
          >
            {stepWords[step]}
          </h2>
          <div className="space-y-5 p-4 sm:p-5">
            {step === "info" && <InfoStep {...props} />}
            {step === "nodes" && <NodesStep {...props} />}
            {step === "network" && <NetworkStep {...props} />}
            {step === "labels" && <LabelsStep {...props} />}
            {refusals.length > 0 && (
              <Advice tone="bad" title={`${plural(refusals.length, "problem")} to solve first`} said={refusals} />
            )}
            {warnings.length > 0 && (
              <Advice tone="warning" title="Look at this before you save the template" said={warnings} />
            )}
            {step === "review" && <ReviewStep {...props} problems={problems} go={go} change={change} />}
          </div>
        </Card>
        <div className="flex flex-wrap justify-between gap-2">
          <Button disabled={step === "info"} onClick={() => go(steps[steps.indexOf(step) - 1] ?? "info")}>
            Back
          </Button>
          <div className="flex flex-wrap gap-2">
            <ButtonLink
              variant="ghost"
              href={before ? paths.template(project.id, before.id) : paths.templates(project.id)}
            >
              Cancel
            </ButtonLink>
            {step === "review" ? (
              <Button
                type="submit"
                variant="primary"
                busy={busy}
                whyNot={
                  Object.keys(problems).length > 0
                    ? "Correct what is marked first."
                    : mode === "create" && refusals.length > 0
                      ? "Solve the problems listed above first."
                      : mode === "edit" && change !== null && Object.keys(change).length === 0
                        ? "Nothing is changed."
                        : null
                }
              >
                {mode === "create" ? "Create template" : "Save changes"}
              </Button>
            ) : (
              <Button type="submit" variant="primary">
                Next
              </Button>
            )}
          </div>
        </div>
      </div>
    </form>
  );
}

function Advice({ tone, title, said }: { tone: Tone; title: string; said: readonly { message: string }[] }) {
  return (
    <Notice tone={tone} title={title}>
      <ul className="list-disc space-y-1 pl-4">
        {said.map(({ message }) => (
          <li key={message}>{message}</li>
        ))}
      </ul>
    </Notice>
  );
}

/** Null while the values are no valid template. */
function updateRequestOrNull(values: TemplateValues, before: Template) {
  return Object.keys(problemsOf(values)).length > 0 ? null : updateRequest(values, before);
}
