"use client";
import { Copy, Tags } from "lucide-react";
import { plural } from "@/app/_lib/format";
import { paths } from "@/app/_lib/paths";
import { labelsToText, rowsOf } from "@/app/_shared/label-text";
import { Tag } from "@/app/_shared/status";
import { ButtonLink } from "@/app/_ui/button";
import { Panel } from "@/app/_ui/card";
import { CopyButton } from "@/app/_ui/copy";
import { EmptyState } from "@/app/_ui/empty-state";
import { useProject } from "../../../_frame/project-context";
import { useCluster } from "../cluster-context";

/** The labels that apply, where each comes from, and what of the template's was not taken. */
export function ClusterLabels() {
  const project = useProject();
  const cluster = useCluster();
  const { added, overridden, skipped } = cluster.labelDifference;
  const rows = Object.entries(cluster.labels).toSorted(([a], [b]) => a.localeCompare(b));
  const template = cluster.template?.name ?? "the template";
  return (
    <div className="space-y-6">
      <Panel
        flush
        title="Labels that apply"
        note={`${plural(rows.length, "label")}: ${Object.keys(added).length} added, ${Object.keys(overridden).length} overriding ${template}.`}
        action={
          <>
            <CopyButton text={labelsToText(rowsOf(cluster.labels))} label="Copy as text" showLabel />
            <ButtonLink size="sm" href={paths.newCluster(project.id, { from: cluster.id })} className="max-sm:hidden">
              <Copy aria-hidden /> Copy as new cluster
            </ButtonLink>
          </>
        }
      >
        {rows.length === 0 ? (
          <EmptyState icon={<Tags />} title="No labels">
            The driver's defaults apply.
          </EmptyState>
        ) : (
          <ul className="divide-y divide-separator">
            {rows.map(([key, value]) => (
              <li
                key={key}
                className="grid gap-x-4 gap-y-1 px-4 py-2.5 text-[0.8125rem] sm:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_9rem] sm:px-5"
              >
                <code className="font-mono break-all">{key}</code>
                <code className="font-mono break-all">
                  {value === "" ? <span className="text-muted">(empty)</span> : value}
                </code>
                <span className="sm:text-right">
                  {Object.hasOwn(overridden, key) ? (
                    <Tag tone="warn" title={`${template}: ${overridden[key] ?? ""}`}>
                      Overrides {overridden[key] || "(empty)"}
                    </Tag>
                  ) : Object.hasOwn(added, key) ? (
                    <Tag tone="accent">Added</Tag>
                  ) : (
                    <Tag>From template</Tag>
                  )}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      {Object.keys(skipped).length > 0 && (
        <Panel flush title="Not taken from the template" note={`${template} has these now; this cluster does not.`}>
          <ul className="divide-y divide-separator">
            {Object.entries(skipped).map(([key, value]) => (
              <li
                key={key}
                className="grid gap-x-4 px-4 py-2.5 text-[0.8125rem] text-muted sm:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_9rem] sm:px-5"
              >
                <code className="font-mono break-all">{key}</code>
                <code className="font-mono break-all">{value}</code>
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </div>
  );
}
