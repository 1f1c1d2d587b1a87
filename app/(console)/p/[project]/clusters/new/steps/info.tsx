"use client";
import { Plus, ShieldAlert } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { dateOnly, plural } from "@/app/_lib/format";
import { paths } from "@/app/_lib/paths";
import { DamageMark } from "@/app/_shared/damage";
import { Tag } from "@/app/_shared/status";
import { Button } from "@/app/_ui/button";
import { Combo } from "@/app/_ui/combo";
import { cx } from "@/app/_ui/class-names";
import { FieldNotes, inputClass, SelectField, TextField } from "@/app/_ui/field";
import { Notice } from "@/app/_ui/notice";
import { useProject } from "../../../_frame/project-context";
import { KeypairDialog } from "../keypair-dialog";
import { At, Origin, useWizard, type Template } from "../wizard-context";

export function InfoStep() {
  const { values, set, touch, error, warning, template, options } = useWizard();
  const zones = options.zones.ok ? options.zones.items : [];
  const zoneOfTemplate = template?.labels["availability_zone"];
  return (
    <>
      <At field="name" className="max-w-md">
        <TextField
          label="Name"
          required
          value={values.name}
          onChange={(event) => set("name", event.target.value.trim())}
          onBlur={() => touch("name")}
          error={error("name")}
          warning={warning("name")}
          hint="Starts with a letter; letters, digits, underscores, dots and hyphens."
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={242}
        />
      </At>
      <At field="clusterTemplateId">
        <TemplateChoice />
      </At>
      {template && <TemplateFacts template={template} />}
      <At field="keypair" className="max-w-md">
        <KeypairChoice />
      </At>
      {zones.length > 1 && (
        <At field="zone" className="max-w-md">
          <SelectField
            label="Availability zone"
            value={values.zone ?? ""}
            onChange={(event) => set("zone", event.target.value || undefined)}
            error={error("zone")}
            hint={
              zoneOfTemplate
                ? `From template: ${zoneOfTemplate}`
                : "Where the servers stand. Without a preference the cloud decides."
            }
          >
            <option value="">{zoneOfTemplate ? `From template (${zoneOfTemplate})` : "No preference"}</option>
            {zones.map((zone) => (
              <option key={zone.name} value={zone.name} disabled={!zone.available}>
                {zone.name}
                {zone.available ? "" : " (not available)"}
              </option>
            ))}
          </SelectField>
        </At>
      )}
    </>
  );
}

function TemplateChoice() {
  const { values, set, templates, error, warning } = useWizard();
  const [filter, setFilter] = useState("");
  const wanted = filter.toLowerCase();
  const shown = templates.filter(
    (template) =>
      `${template.name} ${template.tags ?? ""} ${template.labels["kube_tag"] ?? ""}`.toLowerCase().includes(wanted) ||
      template.id === values.clusterTemplateId,
  );
  const suggested = templates.find((template) => template.public && !template.hidden)?.id;
  return (
    <fieldset className="min-w-0" aria-labelledby="template-legend" aria-describedby="template-error template-warning">
      <div className="mb-1.5 flex flex-wrap items-baseline justify-between gap-3">
        <span id="template-legend" className="text-sm font-medium">
          Template <span className="font-normal text-muted">(required)</span>
        </span>
      </div>
      {templates.length > 5 && (
        <input
          aria-label="Filter templates"
          placeholder="Filter by name, version or tag"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          className={cx(inputClass, "mb-2 h-9 max-w-72")}
        />
      )}
      <div className="grid max-h-112 gap-2 overflow-y-auto p-0.5 sm:grid-cols-2">
        {shown.map((template) => (
          <label
            key={template.id}
            className="relative flex cursor-pointer gap-3 rounded-lg border border-field-border bg-field px-3.5 py-3 transition-colors hover:border-border-strong has-checked:border-accent has-checked:bg-accent-tint has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-focus"
          >
            <input
              type="radio"
              name="template"
              value={template.id}
              checked={values.clusterTemplateId === template.id}
              onChange={() => set("clusterTemplateId", template.id)}
              className="mt-0.5 size-4 shrink-0 accent-accent outline-none"
            />
            <span className="min-w-0 flex-1">
              <span className="block font-medium break-words">{template.name}</span>
              <span className="mt-0.5 block text-[0.8125rem] text-muted">
                {template.labels["kube_tag"]
                  ? `${template.coe === "kubernetes" ? "Kubernetes" : template.coe} ${template.labels["kube_tag"]}`
                  : template.coe}
                , {template.networkDriver}
              </span>
              <span className="mt-2 flex flex-wrap gap-1">
                {template.id === suggested && <Tag tone="accent">Newest public</Tag>}
                {template.masterLbEnabled && <Tag>API load balancer</Tag>}
                {!template.public && <Tag>{template.mine ? "This project" : "Private"}</Tag>}
                {template.hidden && <Tag tone="warn">Hidden</Tag>}
                <DamageMark of={template} />
                {template.tlsDisabled && <Tag tone="bad">TLS off</Tag>}
                {template.tags?.split(",").map((tag) => (
                  <Tag key={tag}>{tag.trim()}</Tag>
                ))}
              </span>
            </span>
          </label>
        ))}
      </div>
      {shown.length === 0 && <p className="py-4 text-sm text-muted">No template matches.</p>}
      <FieldNotes id="template" error={error("clusterTemplateId")} warning={warning("clusterTemplateId")} />
    </fieldset>
  );
}

function TemplateFacts({ template }: { template: Template }) {
  const project = useProject();
  const { options } = useWizard();
  const image = options.images.ok
    ? options.images.items.find((candidate) => candidate.id === template.imageId || candidate.name === template.imageId)
    : undefined;
  const labels = Object.keys(template.labels).length;
  const facts: [string, string | null][] = [
    ["Orchestrator", template.coe === "kubernetes" ? "Kubernetes" : template.coe],
    ["Image", image ? `${image.name}${image.distro ? ` (${image.distro})` : ""}` : template.imageId],
    ["Network driver", template.networkDriver],
    ["Volume driver", template.volumeDriver],
    ["Registry", template.registryEnabled ? (template.insecureRegistry ?? "own") : null],
    ["Proxies", template.httpsProxy ?? template.httpProxy],
    ["API port", template.apiserverPort === null ? null : String(template.apiserverPort)],
    ["Made", dateOnly(template.createdAt)],
  ];
  return (
    <div className="rounded-lg border border-border bg-surface-secondary px-4 py-3.5">
      <div className="mb-2.5 flex items-baseline justify-between gap-3">
        <p className="text-[0.8125rem] font-medium">{template.name}</p>
        <Link
          href={paths.template(project.id, template.id)}
          target="_blank"
          className="text-xs text-accent-text hover:underline"
        >
          Open in a new tab
        </Link>
      </div>
      <dl className="grid grid-cols-[7rem_minmax(0,1fr)] gap-x-3 gap-y-1.5 text-[0.8125rem] 2xl:grid-cols-[7rem_minmax(0,1fr)_7rem_minmax(0,1fr)]">
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name} className="contents">
                <dt className="text-muted">{name}</dt>
                <dd className="break-words">{value}</dd>
              </div>
            ),
        )}
        <div className="contents">
          <dt className="text-muted">Labels</dt>
          <dd>{plural(labels, "label")}</dd>
        </div>
      </dl>
      {template.tlsDisabled && (
        <Notice tone="warning" className="mt-3" title="TLS is off" icon={<ShieldAlert className="size-4" />}>
          Everybody who reaches the API of such a cluster has full power over it.
        </Notice>
      )}
    </div>
  );
}

/** No keypair can be called this: names hold no colon. */
const none = ":none";

function KeypairChoice() {
  const { values, set, touch, error, template, options } = useWizard();
  const [adding, setAdding] = useState(false);
  const listing = options.keypairs;
  const theirs = template?.keypairId ?? undefined;
  const now = values.keypair === undefined ? (theirs ?? null) : values.keypair;
  const items = listing.ok ? listing.items : [];
  return (
    <>
      <Combo
        label="Keypair"
        options={[
          { id: none, name: "None", note: "Nobody can log in to the nodes" },
          ...items.map((pair) => ({ id: pair.name, name: pair.name, note: pair.fingerprint })),
        ]}
        value={now ?? none}
        onChange={(id) =>
          set(
            "keypair",
            id === null || id === none ? (theirs === undefined && values.keypair === undefined ? undefined : null) : id,
          )
        }
        onBlur={() => touch("keypair")}
        error={error("keypair")}
        aside={theirs ? <Origin field="keypair" theirs={theirs} /> : undefined}
        hint={
          <span className="flex flex-wrap items-center justify-between gap-2">
            {!listing.ok
              ? `The keypairs could not be listed: ${listing.error}`
              : now === null
                ? "Without one nobody can log in to the nodes by SSH."
                : "For logging in to the nodes by SSH."}
            <Button size="sm" variant="ghost" onClick={() => setAdding(true)}>
              <Plus aria-hidden /> Add keypair
            </Button>
          </span>
        }
      />
      {adding && <KeypairDialog onClose={() => setAdding(false)} onMade={(name) => set("keypair", name)} />}
    </>
  );
}
