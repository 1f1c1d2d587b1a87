"use client";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import { useState } from "react";
import { compareVersions, parseVersion } from "@/server/domain/version";
import { explain } from "@/app/_lib/errors";
import { plural } from "@/app/_lib/format";
import { useTRPC, type Outputs } from "@/app/_lib/trpc-client";
import { ErrorNotice, ErrorPanel } from "@/app/_shared/error-panel";
import { Button } from "@/app/_ui/button";
import { Dialog } from "@/app/_ui/dialog";
import { NumberField, SelectField, SwitchField } from "@/app/_ui/field";
import { Notice } from "@/app/_ui/notice";
import { SkeletonLines } from "@/app/_ui/skeleton";
import { useProject } from "../_frame/project-context";
import { useClustersChanged } from "./use-actions";

interface Props {
  cluster: { id: string; name: string };
  /** Upgrades this group alone, to the cluster's own template. */
  group?: string | undefined;
  onClose: () => void;
}

type Template = Outputs["template"]["list"]["rows"][number];

/** From one template's values to another's: what would change is shown before anything does. */
export function UpgradeDialog({ cluster, group, onClose }: Props) {
  const trpc = useTRPC();
  const project = useProject();
  const changed = useClustersChanged();
  const detail = useQuery(trpc.cluster.get.queryOptions({ project: project.id, id: cluster.id }));
  const templates = useQuery(
    trpc.template.list.queryOptions({ project: project.id, size: 100 }, { enabled: group === undefined }),
  );
  const [chosen, setChosen] = useState<string | null>(null);
  const [batch, setBatch] = useState<number | undefined>();
  const [rollback, setRollback] = useState<boolean | null>(null);
  const own = detail.data?.clusterTemplateId;
  const targets = detail.data
    ? (templates.data?.rows ?? []).filter((each) => mayFollow(each, detail.data.driver)).toSorted(newestFirst)
    : [];
  const target = group === undefined ? (chosen ?? targets.find((each) => each.id !== own)?.id) : own;
  const wish = {
    project: project.id,
    id: cluster.id,
    clusterTemplate: target ?? "",
    maxBatchSize: batch ?? 1,
    ...(group === undefined ? {} : { nodegroup: group }),
  };
  const preview = useQuery(
    trpc.cluster.upgradePreview.queryOptions(wish, {
      enabled: target !== undefined,
      placeholderData: keepPreviousData,
      retry: false,
    }),
  );
  const upgrade = useMutation(
    trpc.cluster.upgrade.mutationOptions({
      onSuccess: async () => {
        await changed();
        onClose();
      },
    }),
  );
  const failed = [detail, templates].find((query) => query.isError);
  const loading = detail.isPending || (group === undefined && templates.isPending);
  const possible = preview.data !== undefined && preview.data.problems.length === 0 && !preview.isPlaceholderData;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      busy={upgrade.isPending}
      title={group === undefined ? `Upgrade ${cluster.name}` : `Upgrade node group ${group}`}
      footer={
        <>
          <Button onClick={onClose} disabled={upgrade.isPending}>
            Cancel
          </Button>
          <Button
            variant="primary"
            busy={upgrade.isPending}
            disabled={!possible}
            onClick={() => upgrade.mutate({ ...wish, rollback: rollback ?? detail.data?.rollbackOnFailure ?? false })}
          >
            {preview.data?.version && possible ? `Upgrade to ${preview.data.version.to}` : "Upgrade"}
          </Button>
        </>
      }
    >
      {failed?.error ? (
        <ErrorPanel
          error={failed.error}
          what="What the cluster can be upgraded to could not be read"
          onRetry={() => void failed.refetch()}
        />
      ) : loading ? (
        <SkeletonLines lines={6} />
      ) : (
        <div className="space-y-5">
          {upgrade.isError && <ErrorNotice text={explain(upgrade.error, "The upgrade was not started")} />}
          {group === undefined &&
            (targets.length === 0 ? (
              <Notice tone="info" title="There is no template to upgrade to">
                A target has the same driver as the cluster. Ask an administrator to publish one with a newer version.
              </Notice>
            ) : (
              <SelectField
                label="To the values of"
                value={target ?? ""}
                onChange={(event) => setChosen(event.target.value)}
              >
                {targets.map((each) => (
                  <option key={each.id} value={each.id}>
                    {each.name}
                    {each.labels["kube_tag"] ? `, Kubernetes ${each.labels["kube_tag"]}` : ""}
                    {each.id === own ? " (its template now)" : ""}
                  </option>
                ))}
              </SelectField>
            ))}
          {target !== undefined && (
            <>
              {preview.isPending ? (
                <SkeletonLines lines={4} />
              ) : preview.isError ? (
                <ErrorNotice text={explain(preview.error, "What would change could not be found out")} />
              ) : (
                <Preview preview={preview.data} />
              )}
              <div className="grid gap-4 sm:grid-cols-2">
                <NumberField
                  label="Nodes at a time"
                  value={batch}
                  base={1}
                  min={1}
                  placeholder="1"
                  onChange={setBatch}
                  hint="So many more nodes run while it lasts. Control plane nodes go one by one."
                />
                <SwitchField
                  label="Roll back if it fails"
                  hint="The nodes go back to what they are now."
                  checked={rollback ?? detail.data?.rollbackOnFailure ?? false}
                  onChange={setRollback}
                />
              </div>
            </>
          )}
        </div>
      )}
    </Dialog>
  );
}

function Preview({ preview }: { preview: Outputs["cluster"]["upgradePreview"] }) {
  const { problems, warnings, version, groups, labels } = preview;
  const replaced = groups.filter((group) => group.replaced);
  return (
    <div className="space-y-4">
      {problems.length > 0 && (
        <Notice tone="bad" title="This upgrade is not possible">
          <ul className="space-y-1">
            {problems.map((problem, index) => (
              <li key={index}>{problem.message}</li>
            ))}
          </ul>
        </Notice>
      )}
      {warnings.map((warning, index) => (
        <Notice key={index} tone="warning">
          {warning.message}
        </Notice>
      ))}
      {problems.length === 0 && (
        <div className="rounded-lg border border-border">
          <dl className="divide-y divide-separator text-sm">
            {version && version.from !== version.to && (
              <Change name="Kubernetes" from={version.from} to={version.to} strong />
            )}
            {labels.map((label) => (
              <Change key={label.key} name={label.key} from={label.from} to={label.to} mono />
            ))}
            {groups
              .filter((group) => group.image.from !== group.image.to)
              .map((group) => (
                <Change key={group.name} name={`Image of ${group.name}`} from={group.image.from} to={group.image.to} />
              ))}
          </dl>
          <p className="border-t border-separator px-4 py-3 text-[0.8125rem] text-muted">
            {replaced.length === 0
              ? "No node has to be replaced."
              : `${replaced.map((group) => `${plural(group.nodes, "node")} of ${group.name}`).join(", then ")} will be replaced by new ones. Pods move; what is stored on a node itself is gone.`}{" "}
            Labels of your own stay.
          </p>
        </div>
      )}
    </div>
  );
}

function Change({
  name,
  from,
  to,
  strong,
  mono,
}: {
  name: string;
  from: string | null;
  to: string | null;
  strong?: boolean;
  mono?: boolean;
}) {
  return (
    <div className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 px-4 py-2.5">
      <dt className={mono ? "min-w-40 font-mono text-[0.8125rem]" : "min-w-40"}>{name}</dt>
      <dd className="flex min-w-0 flex-wrap items-baseline gap-x-2">
        <span className="break-all text-muted">{from ?? "none"}</span>
        <ArrowRight className="size-3.5 shrink-0 self-center text-muted" aria-label="to" />
        <span className={strong ? "font-semibold break-all" : "font-medium break-all"}>{to ?? "none"}</span>
      </dd>
    </div>
  );
}

const mayFollow = (template: Template, driver: string) => template.driver === driver && !template.hidden;

/** By version where the template says one; the others come last, by name. */
function newestFirst(a: Template, b: Template): number {
  const [left, right] = [parseVersion(a.labels["kube_tag"] ?? ""), parseVersion(b.labels["kube_tag"] ?? "")];
  if (left && right) return compareVersions(right, left) || a.name.localeCompare(b.name);
  return Number(right !== null) - Number(left !== null) || a.name.localeCompare(b.name);
}
