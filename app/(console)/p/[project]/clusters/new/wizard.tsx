"use client";
import { keepPreviousData, skipToken, useMutation, useQuery } from "@tanstack/react-query";
import { ArrowLeft, ArrowRight, Check, CircleAlert } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect, useMemo, useRef, useState } from "react";
import { useForm, useWatch } from "react-hook-form";
import { explain, type ErrorText } from "@/app/_lib/errors";
import { plural } from "@/app/_lib/format";
import { paths } from "@/app/_lib/paths";
import { useTRPC } from "@/app/_lib/trpc-client";
import { useMarkUnsaved } from "@/app/_lib/unsaved";
import { useAddress } from "@/app/_lib/use-address";
import { ErrorNotice } from "@/app/_shared/error-panel";
import { Button } from "@/app/_ui/button";
import { Card } from "@/app/_ui/card";
import { cx } from "@/app/_ui/class-names";
import { useProject } from "../../_frame/project-context";
import { useClustersChanged } from "../use-actions";
import { dropDraft, saveDraft } from "./draft";
import {
  byField,
  fieldOfWire,
  fieldsOf,
  problemsOf,
  sentenceOf,
  stepOfField,
  steps,
  stepWords,
  toCreate,
  type FieldName,
  type Step,
  type WizardValues,
} from "./form";
import { InfoStep } from "./steps/info";
import { MiscStep } from "./steps/misc";
import { NetworkStep } from "./steps/network";
import { ReviewStep } from "./steps/review";
import { SizeStep } from "./steps/size";
import { Summary } from "./summary";
import { useDebounced } from "./use-debounced";
import { WizardProvider, type CloudOptions, type Template, type WizardState } from "./wizard-context";

interface Props {
  templates: readonly Template[];
  options: CloudOptions;
  start: { values: WizardValues; reached: Step; step: Step };
}

const parts: Record<Step, () => React.ReactNode> = {
  info: InfoStep,
  size: SizeStep,
  network: NetworkStep,
  misc: MiscStep,
  review: ReviewStep,
};
const leads: Record<Step, string> = {
  info: "What it is called and what it is made from.",
  size: "How many servers, and how large.",
  network: "Where it lives and who reaches it.",
  misc: "Behaviour, labels and protection.",
  review: "What will be made. Nothing happens before you press Create.",
};

export function Wizard({ templates, options, start }: Props) {
  const trpc = useTRPC();
  const router = useRouter();
  const project = useProject();
  const address = useAddress();
  const changed = useClustersChanged();
  const form = useForm<WizardValues>({ defaultValues: start.values });
  const values = useWatch({ control: form.control }) as WizardValues;
  const [reached, setReached] = useState(steps.indexOf(start.reached));
  const [tried, setTried] = useState<ReadonlySet<Step>>(
    new Set(start.reached === "info" ? [] : steps.slice(0, steps.indexOf(start.reached))),
  );
  const [refused, setRefused] = useState<{ text: ErrorText; fields: ReturnType<typeof byField> } | null>(null);
  const [key] = useState(makeKey);
  const heading = useRef<HTMLHeadingElement>(null);
  const problemBox = useRef<HTMLDivElement>(null);

  const asked = steps.find((candidate) => candidate === address.get("step")) ?? start.step;
  const step: Step = steps.indexOf(asked) <= reached ? asked : "info";
  const template = templates.find((candidate) => candidate.id === values.clusterTemplateId) ?? null;
  const problems = useMemo(() => problemsOf(values, template), [values, template]);

  const wanted = useMemo(() => {
    if (!template) return null;
    const sound = { ...values };
    if (problems.name) sound.name = "";
    if (problems.discoveryUrl) sound.discoveryUrl = undefined;
    return JSON.stringify(toCreate(sound, template));
  }, [values, template, problems]);
  const settled = useDebounced(wanted, 400);
  const preview = useQuery(
    trpc.cluster.preview.queryOptions(settled === null ? skipToken : { ...JSON.parse(settled), project: project.id }, {
      placeholderData: keepPreviousData,
      staleTime: 20_000,
      retry: false,
    }),
  );
  const found = template ? preview.data : undefined;
  const fromServer = useMemo(() => {
    return {
      errors: byField(found?.problems ?? [], template, values.labels),
      warnings: byField(found?.warnings ?? [], template, values.labels),
    };
  }, [found, template, values.labels]);

  const create = useMutation(
    trpc.cluster.create.mutationOptions({
      onSuccess: async ({ id }) => {
        form.reset(values);
        dropDraft(project.id);
        await changed();
        router.push(paths.cluster(project.id, id));
      },
      onError: (error) => {
        const text = explain(error, "The cluster was not created");
        setRefused({ text, fields: byField(text.fields, template, values.labels) });
        requestAnimationFrame(() => problemBox.current?.focus());
      },
    }),
  );

  const dirty = form.formState.isDirty && !create.isSuccess;
  useMarkUnsaved(dirty, true);
  useEffect(() => {
    if (!dirty) return;
    const save = () => saveDraft(project.id, values, steps[reached] ?? "info");
    const timer = setTimeout(save, 500);
    // A page that is left within that half second keeps its draft too.
    window.addEventListener("pagehide", save);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("pagehide", save);
    };
  }, [values, dirty, project.id, reached]);

  const problemsWith = (field: FieldName): string[] =>
    [problems[field] ?? refused?.fields[field] ?? fromServer.errors[field] ?? []].flat();
  const seen = (field: FieldName) => tried.has(stepOfField(field)) || form.formState.touchedFields[field] !== undefined;
  const state: WizardState = {
    values,
    set: (name, value) => {
      form.setValue(name as never, value as never, { shouldDirty: true, shouldTouch: true });
      if (refused?.fields[name]) setRefused({ ...refused, fields: { ...refused.fields, [name]: undefined } });
    },
    touch: (name) => form.setValue(name as never, values[name] as never, { shouldTouch: true }),
    error: (name) => (seen(name) ? problemsWith(name).join(" ") || undefined : undefined),
    warning: (name) => fromServer.warnings[name]?.join(" "),
    template,
    templates,
    options,
    preview: found,
  };

  const wrongIn = (which: Step): FieldName[] =>
    which === "review" ? [] : fieldsOf[which].filter((field) => problemsWith(field).length > 0);
  const go = (to: Step) => {
    if (step !== "review") setTried(new Set([...tried, step]));
    address.set({ step: to === "info" ? null : to });
    setReached(Math.max(reached, steps.indexOf(to)));
    window.scrollTo({ top: 0 });
    requestAnimationFrame(() => heading.current?.focus());
  };
  const focusField = (field: FieldName) => {
    const at = stepOfField(field);
    if (at !== step) go(at);
    setTimeout(() => {
      const place = document.querySelector(`[data-field="${field}"]`);
      place?.closest("details")?.setAttribute("open", "");
      place?.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea, button")?.focus();
    }, 60);
  };
  const next = () => {
    setTried(new Set([...tried, step]));
    // Only this step's own fields hold it back; what the server still checks waits on Review.
    const wrong = step === "review" ? undefined : fieldsOf[step].find((field) => problems[field] !== undefined);
    if (wrong) return focusField(wrong);
    const following = steps[steps.indexOf(step) + 1];
    if (following) go(following);
  };

  const all = steps.flatMap(wrongIn).flatMap((field) => problemsWith(field).map((text) => ({ field, text })));
  const whole = (found?.problems ?? [])
    .filter(({ field }) => fieldOfWire(field, template, values.labels) === undefined)
    .map(({ field, message }) => sentenceOf(field, message));
  const submit = () => {
    if (!template || all.length > 0 || create.isPending) return;
    setRefused(null);
    create.mutate({ ...toCreate(values, template), project: project.id, idempotencyKey: key });
  };
  const Part = parts[step];
  const at = steps.indexOf(step);

  return (
    <WizardProvider state={state}>
      <div className="grid items-start gap-6 lg:grid-cols-[9rem_minmax(0,1fr)] xl:grid-cols-[9rem_minmax(0,1fr)_18rem]">
        <StepList step={step} reached={reached} tried={tried} wrongIn={wrongIn} onGo={go} />
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (step === "review") submit();
          }}
          className="min-w-0"
        >
          <Card>
            <div className="border-b border-separator px-4 py-4 sm:px-6">
              <h2 ref={heading} tabIndex={-1} className="text-base font-semibold outline-none">
                {stepWords[step]}
              </h2>
              <p className="text-[0.8125rem] text-muted">{leads[step]}</p>
            </div>
            <div className="space-y-6 px-4 py-6 sm:px-6">
              {step === "review" && refused && <ErrorNotice ref={problemBox} text={refused.text} />}
              {step === "review" && all.length + whole.length > 0 && (
                <ProblemList said={all} whole={whole} onGo={focusField} />
              )}
              <Part />
            </div>
            <div className="flex flex-wrap items-center gap-2 border-t border-separator px-4 py-4 sm:px-6">
              {at > 0 && (
                <Button onClick={() => go(steps[at - 1] ?? "info")}>
                  <ArrowLeft aria-hidden /> Back
                </Button>
              )}
              <span className="flex-1" />
              {step !== "review" && reached >= steps.length - 1 && (
                <Button variant="ghost" onClick={() => go("review")}>
                  To Review
                </Button>
              )}
              {step === "review" ? (
                <Button
                  type="submit"
                  variant="primary"
                  busy={create.isPending || create.isSuccess}
                  whyNot={
                    all.length + whole.length > 0 && !create.isPending ? "Solve the problems listed above first." : null
                  }
                >
                  Create cluster
                </Button>
              ) : (
                <Button variant="primary" onClick={next}>
                  Next: {stepWords[steps[at + 1] ?? "review"]} <ArrowRight aria-hidden />
                </Button>
              )}
            </div>
          </Card>
        </form>
        <Summary problems={all.length + whole.length} asking={preview.isFetching} failed={preview.isError} />
      </div>
    </WizardProvider>
  );
}

function StepList({
  step,
  reached,
  tried,
  wrongIn,
  onGo,
}: {
  step: Step;
  reached: number;
  tried: ReadonlySet<Step>;
  wrongIn: (step: Step) => FieldName[];
  onGo: (step: Step) => void;
}) {
  return (
    <nav aria-label="Steps" className="lg:sticky lg:top-20">
      <ol className="flex gap-1 max-lg:grid max-lg:grid-cols-5 lg:flex-col">
        {steps.map((candidate, index) => {
          const here = candidate === step;
          const open = index <= reached;
          const wrong = tried.has(candidate) && wrongIn(candidate).length > 0;
          const done = !wrong && index < reached && !here;
          return (
            <li key={candidate}>
              <button
                type="button"
                disabled={!open}
                aria-current={here ? "step" : undefined}
                onClick={() => onGo(candidate)}
                className={cx(
                  "flex w-full items-center gap-2.5 rounded-lg px-2 py-1.5 text-left text-sm transition-colors max-lg:flex-col max-lg:gap-1 max-lg:px-0.5 max-lg:text-xs",
                  here
                    ? "font-medium text-foreground lg:bg-surface-tertiary"
                    : open
                      ? "text-muted hover:text-foreground lg:hover:bg-surface-tertiary"
                      : "cursor-default! text-muted",
                )}
              >
                <span
                  aria-hidden
                  className={cx(
                    "grid size-6 shrink-0 place-items-center rounded-full text-xs font-semibold tabular-nums",
                    wrong
                      ? "bg-bad-tint text-bad"
                      : here
                        ? "bg-accent text-accent-foreground"
                        : done
                          ? "bg-ok-tint text-ok"
                          : "border border-border text-muted",
                  )}
                >
                  {wrong ? <CircleAlert className="size-3.5" /> : done ? <Check className="size-3.5" /> : index + 1}
                </span>
                <span className="min-w-0 truncate">{stepWords[candidate]}</span>
                <span className="sr-only">
                  {wrong ? `, ${plural(wrongIn(candidate).length, "problem")}` : done ? ", done" : ""}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

function ProblemList({
  said,
  whole,
  onGo,
}: {
  said: { field: FieldName; text: string }[];
  whole: string[];
  onGo: (field: FieldName) => void;
}) {
  return (
    <div role="alert" className="rounded-lg border border-bad/25 bg-bad-tint px-4 py-3 text-sm">
      <p className="font-medium text-bad">{plural(said.length + whole.length, "problem")} to solve first</p>
      <ul className="mt-1.5 space-y-1">
        {said.map(({ field, text }) => (
          <li key={`${field} ${text}`}>
            <button type="button" className="text-left underline-offset-2 hover:underline" onClick={() => onGo(field)}>
              <span className="font-medium">{stepWords[stepOfField(field)]}</span>: {text}
            </button>
          </li>
        ))}
        {whole.map((message) => (
          <li key={message}>{message}</li>
        ))}
      </ul>
    </div>
  );
}

/** One key for one opened form: pressing twice makes one cluster. Works without https, where randomUUID does not. */
function makeKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
