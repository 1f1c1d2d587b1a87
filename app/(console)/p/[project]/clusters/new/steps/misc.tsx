"use client";
import dynamic from "next/dynamic";
import { NumberField, RadioCards, SwitchField, TextField } from "@/app/_ui/field";
import { Notice } from "@/app/_ui/notice";
import { SkeletonLines } from "@/app/_ui/skeleton";
import { inherited } from "../form";
import { At, Group, More, Origin, useWizard } from "../wizard-context";

const LabelEditor = dynamic(() => import("@/app/_shared/label-editor"), {
  loading: () => <SkeletonLines lines={3} />,
  ssr: false,
});

export function MiscStep() {
  const { values, set, touch, error, warning, template, preview } = useWizard();
  if (!template) return <Notice tone="info">Choose a template first.</Notice>;
  const theirs = inherited(template);
  const minutes = values.createTimeoutMinutes ?? 60;
  const labelProblems = Object.fromEntries(
    (preview?.problems ?? []).flatMap(({ field, message }) =>
      field.startsWith("labels.") ? [[field.slice(7), message]] : [],
    ),
  );
  const lost = values.replaceLabels
    ? Object.keys(template.labels).filter((key) => !values.labels.some((row) => row.key === key))
    : [];
  return (
    <>
      <Group title="Behaviour">
        <At field="autoHealing">
          <SwitchField
            label="Repair unhealthy nodes"
            checked={values.autoHealing ?? theirs.autoHealing ?? false}
            onChange={(on) => set("autoHealing", on)}
            error={error("autoHealing")}
            hint="Replaces nodes that stay unhealthy."
            aside={
              <Origin
                field="autoHealing"
                theirs={theirs.autoHealing === undefined ? "not set" : theirs.autoHealing ? "on" : "off"}
              />
            }
          />
        </At>
        <At field="createTimeoutMinutes">
          <NumberField
            label="Give up after"
            unit="min"
            value={minutes}
            onChange={(value) => set("createTimeoutMinutes", value)}
            onBlur={() => touch("createTimeoutMinutes")}
            min={0}
            step={5}
            error={error("createTimeoutMinutes")}
            warning={
              minutes > 0 && minutes < 15 ? "Creation often takes longer than this." : warning("createTimeoutMinutes")
            }
            hint={minutes === 0 ? "No limit." : "Creation that takes longer counts as failed. 0 means no limit."}
          />
        </At>
        <At field="locked">
          <SwitchField
            label="Lock against deletion"
            checked={values.locked}
            onChange={(on) => set("locked", on)}
            hint="Nobody can delete it, here or by the API, until it is unlocked."
          />
        </At>
      </Group>
      <Group
        title="Labels"
        note={
          <>
            Settings of the driver and its add-ons. {template.name} gives {Object.keys(template.labels).length}.
          </>
        }
      >
        {values.labels.length > 0 && (
          <At field="replaceLabels">
            <RadioCards
              legend="Labels mode"
              hideLegend
              value={values.replaceLabels ? "replace" : "merge"}
              onChange={(value) => set("replaceLabels", value === "replace")}
              choices={[
                { value: "merge", label: "Add to the template's", hint: "Yours win where both have a key." },
                { value: "replace", label: "Replace them all", hint: "Only yours are used." },
              ]}
              warning={lost.length > 0 ? `These labels of the template are lost: ${lost.join(", ")}.` : undefined}
            />
          </At>
        )}
        <At field="labels">
          <LabelEditor
            rows={values.labels}
            onChange={(rows) => set("labels", rows)}
            inherited={values.replaceLabels ? {} : template.labels}
            inheritedName="the template"
            driver={template.driver}
            dropped={values.dropped}
            onDrop={(keys) => set("dropped", keys)}
            problems={labelProblems}
          />
          {error("labels") && <p className="mt-2 text-[0.8125rem] text-bad">{error("labels")}</p>}
        </At>
      </Group>
      <More title="Legacy" fields={["discoveryUrl"]}>
        <At field="discoveryUrl">
          <TextField
            label="Discovery URL"
            type="url"
            value={values.discoveryUrl ?? ""}
            onChange={(event) => set("discoveryUrl", event.target.value.trim() || undefined)}
            onBlur={() => touch("discoveryUrl")}
            error={error("discoveryUrl")}
            hint="Only drivers that build etcd by discovery use it. Empty lets the service choose."
          />
        </At>
      </More>
    </>
  );
}
