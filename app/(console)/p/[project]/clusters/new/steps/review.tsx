"use client";
import { Server } from "lucide-react";
import { useState } from "react";
import { count, gib, memory, plural } from "@/app/_lib/format";
import { useAddress } from "@/app/_lib/use-address";
import { Tag } from "@/app/_shared/status";
import { CodeBlock } from "@/app/_ui/copy";
import { Summary } from "@/app/_ui/disclosure";
import { Segments } from "@/app/_ui/field";
import { Notice } from "@/app/_ui/notice";
import { SkeletonLines } from "@/app/_ui/skeleton";
import {
  balancer,
  fieldOfWire,
  fieldWords,
  inherited,
  scaleRange,
  scaling,
  stepWords,
  toCreate,
  type FieldName,
  type Step,
} from "../form";
import { useWizard } from "../wizard-context";

export function ReviewStep() {
  const { values, template, preview } = useWizard();
  if (!template) return <Notice tone="info">Choose a template first.</Notice>;
  if (!preview) return <SkeletonLines lines={6} />;
  const made = preview.effective;
  const auto = scaling(values, template);
  const range = scaleRange(values, template);
  const on = balancer(values, template);
  const theirs = inherited(template);
  type Row = [name: string, value: string, ...fields: FieldName[]];
  const sections: [Exclude<Step, "review">, Row[]][] = [
    [
      "info",
      [
        ["Name", values.name, "name"],
        ["Template", template.name, "clusterTemplateId"],
        ["Keypair", made?.keypair ?? "None", "keypair"],
        ["Availability zone", values.zone ?? template.labels["availability_zone"] ?? "No preference", "zone"],
      ],
    ],
    [
      "size",
      [
        ["Control plane nodes", count(values.masterCount ?? 1), "masterCount"],
        ["Control plane flavor", made?.masterFlavor?.name ?? "–", "masterFlavorId"],
        [
          "Worker nodes",
          auto ? `${values.nodeCount ?? 1}, scales from ${range.min} to ${range.max}` : count(values.nodeCount ?? 1),
          "nodeCount",
          "autoScaling",
        ],
        ["Worker flavor", made?.flavor?.name ?? "–", "flavorId"],
        [
          "Container storage volume",
          made?.dockerVolumeSizeGib ? gib(made.dockerVolumeSizeGib) : "None",
          "dockerVolumeSizeGib",
        ],
      ],
    ],
    [
      "network",
      [
        [
          "Network",
          made?.network
            ? `${made.network.name}${made.subnet ? `, ${made.subnet.cidr}` : ""}`
            : `New, ${values.nodeRange ?? theirs.label("fixed_subnet_cidr") ?? "10.0.0.0/24"}`,
          made?.network ? "fixedNetwork" : "nodeRange",
        ],
        [
          "API",
          on
            ? (values.apiPublic ?? theirs.apiPublic)
              ? "Load balancer with a public address"
              : "Load balancer, inside only"
            : "Address of the control plane node",
          "masterLbEnabled",
          "apiPublic",
        ],
        ...(on && values.allowedCidrs ? [["Allowed ranges", values.allowedCidrs, "allowedCidrs"] as Row] : []),
        ["Floating IP for every node", made?.floatingIpEnabled ? "Yes" : "No", "floatingIpEnabled"],
      ],
    ],
    [
      "misc",
      [
        [
          "Repair unhealthy nodes",
          (values.autoHealing ?? theirs.autoHealing)
            ? "Yes"
            : values.autoHealing === undefined && theirs.autoHealing === undefined
              ? "Default of the driver"
              : "No",
          "autoHealing",
        ],
        [
          "Give up after",
          made?.createTimeoutMinutes ? `${made.createTimeoutMinutes} min` : "No limit",
          "createTimeoutMinutes",
        ],
        ["Lock against deletion", values.locked ? "Yes" : "No", "locked"],
      ],
    ],
  ];
  return (
    <>
      {preview.warnings.length > 0 && (
        <Notice
          tone="warning"
          title={preview.warnings.length === 1 ? "Please note" : `${preview.warnings.length} things to note`}
        >
          <ul className="mt-1 space-y-1">
            {preview.warnings.map(({ field, message }) => {
              const name = fieldOfWire(field, template, values.labels);
              return (
                <li key={field + message}>
                  {name ? <span className="font-medium">{fieldWords[name]}: </span> : null}
                  {message}
                </li>
              );
            })}
          </ul>
        </Notice>
      )}
      {preview.footprint && (
        <p className="flex items-center gap-3 rounded-lg bg-accent-tint px-4 py-3 text-sm">
          <Server className="size-4 shrink-0 text-accent-text" aria-hidden />
          <span>
            Will make {plural(preview.footprint.servers, "server")} with {count(preview.footprint.vcpus)} vCPU and{" "}
            {memory(preview.footprint.ramMib)} RAM
            {preview.footprint.volumes > 0 && (
              <>
                , {plural(preview.footprint.volumes, "volume")} ({gib(preview.footprint.volumeGib)})
              </>
            )}
            {preview.footprint.networks > 0 && <>, a network with a router</>}
            {preview.footprint.loadBalancers > 0 && <>, {plural(preview.footprint.loadBalancers, "load balancer")}</>}
            {preview.footprint.floatingIps > 0 && <>, {plural(preview.footprint.floatingIps, "floating IP")}</>}.
          </span>
        </p>
      )}
      <div className="grid gap-x-8 gap-y-6 2xl:grid-cols-2">
        {sections.map(([step, rows]) => (
          <Section key={step} step={step} rows={rows} />
        ))}
      </div>
      {preview.labels.length > 0 && (
        <section>
          <h3 className="mb-2 text-sm font-semibold">Labels that will apply</h3>
          <ul className="divide-y divide-separator rounded-lg border border-border">
            {preview.labels.map((label) => (
              <li key={label.key} className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 px-3 py-2">
                <code className="min-w-0 font-mono text-[0.8125rem] break-all">
                  {label.key}={label.value}
                </code>
                {label.effect === "template" ? (
                  <Tag>From template</Tag>
                ) : label.effect === "overrides" ? (
                  <Tag tone="warn">Overrides</Tag>
                ) : label.effect === "added" ? (
                  <Tag tone="accent">Added</Tag>
                ) : (
                  <Tag>Same as template</Tag>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      <AsCode />
    </>
  );
}

/** Fields that take the template's value when nobody touches them; the others have a default of their own. */
const fromTemplate: ReadonlySet<FieldName> = new Set([
  "keypair",
  "masterFlavorId",
  "flavorId",
  "dockerVolumeSizeGib",
  "fixedNetwork",
  "masterLbEnabled",
  "floatingIpEnabled",
  "autoHealing",
]);

function Section({ step, rows }: { step: Exclude<Step, "review">; rows: [string, string, ...FieldName[]][] }) {
  const { values } = useWizard();
  const address = useAddress();
  return (
    <section>
      <div className="mb-2 flex items-baseline justify-between border-b border-separator pb-1.5">
        <h3 className="text-sm font-semibold">{stepWords[step]}</h3>
        <button
          type="button"
          aria-label={`Edit ${stepWords[step]}`}
          className="min-h-6 text-[0.8125rem] text-accent-text hover:underline"
          onClick={() => address.set({ step: step === "info" ? null : step })}
        >
          Edit
        </button>
      </div>
      <dl className="space-y-1.5 text-[0.8125rem]">
        {rows.map(([name, value, ...fields]) => {
          const own = fields.some(
            (field) => values[field] !== undefined && values[field] !== false && values[field] !== "",
          );
          return (
            <div key={name} className="grid grid-cols-[minmax(0,11rem)_minmax(0,1fr)] gap-x-3 py-0.5">
              <dt className="text-muted">{name}</dt>
              <dd className="flex flex-wrap items-baseline justify-between gap-x-3">
                <span className="min-w-0 break-words">{value}</span>
                <span className="text-xs text-muted">
                  {own ? "Yours" : fields.some((field) => fromTemplate.has(field)) ? "From template" : "Default"}
                </span>
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

/** The same request for those who go on with the command line or the API. */
function AsCode() {
  const { values, template, preview } = useWizard();
  const [form, setForm] = useState<"command" | "json">("command");
  if (!template || !preview) return null;
  return (
    <details className="group rounded-lg border border-border">
      <Summary className="px-4">The same as command or API call</Summary>
      <div className="space-y-3 border-t border-separator p-4">
        <Segments
          legend="Form"
          hideLegend
          value={form}
          onChange={setForm}
          choices={[
            { value: "command", label: "Command line" },
            { value: "json", label: "REST" },
          ]}
        />
        {form === "command" ? (
          <CodeBlock label="Command" text={preview.command} wrap />
        ) : (
          <CodeBlock
            label="Request"
            text={`POST /v1/clusters\n\n${JSON.stringify(Object.keys(preview.body).length > 0 ? preview.body : toCreate(values, template), null, 2)}`}
          />
        )}
      </div>
    </details>
  );
}
