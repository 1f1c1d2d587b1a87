"use client";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { explain } from "@/app/_lib/errors";
import { plural } from "@/app/_lib/format";
import { useTRPC, type Outputs } from "@/app/_lib/trpc-client";
import { ErrorNotice, ErrorPanel } from "@/app/_shared/error-panel";
import { Button } from "@/app/_ui/button";
import { cx } from "@/app/_ui/class-names";
import { Dialog } from "@/app/_ui/dialog";
import { NumberField, SelectField } from "@/app/_ui/field";
import { SkeletonLines } from "@/app/_ui/skeleton";
import { useProject } from "../_frame/project-context";
import { useClustersChanged } from "./use-actions";

interface Props {
  cluster: { id: string; name: string };
  group?: string;
  onClose: () => void;
}

export function ResizeDialog({ cluster, group, onClose }: Props) {
  const trpc = useTRPC();
  const project = useProject();
  const changed = useClustersChanged();
  const detail = useQuery(trpc.cluster.get.queryOptions({ project: project.id, id: cluster.id }));
  const nodes = useQuery(trpc.cluster.nodes.queryOptions({ project: project.id, id: cluster.id }));
  const [chosen, setChosen] = useState(group ?? "default-worker");
  const [wanted, setWanted] = useState<number | undefined>();
  const [victims, setVictims] = useState<string[]>([]);
  const resize = useMutation(
    trpc.cluster.resize.mutationOptions({
      onSuccess: async () => {
        await changed();
        onClose();
      },
    }),
  );
  const groups = detail.data?.nodegroups.filter((candidate) => candidate.role !== "master") ?? [];
  const current = groups.find((candidate) => candidate.name === chosen) ?? groups[0];
  const now = current?.nodeCount ?? 0;
  const next = wanted ?? now;
  const fewer = Math.max(0, now - next);
  const members = (nodes.data ?? []).filter((node) => node.nodegroup === current?.name);
  const picked = victims.slice(0, fewer);
  const tooMany =
    current?.maxNodeCount != null && next > current.maxNodeCount
      ? `The group may have at most ${plural(current.maxNodeCount, "node")}.`
      : undefined;
  const tooFew =
    current && next < current.minNodeCount
      ? `The group must have at least ${plural(current.minNodeCount, "node")}.`
      : undefined;
  const wish = { project: project.id, id: cluster.id, nodegroup: current?.name ?? "", nodeCount: next };
  const going = useQuery(
    trpc.cluster.resizePreview.queryOptions(
      { ...wish, ...(picked.length > 0 ? { nodesToRemove: picked } : {}) },
      { enabled: current !== undefined && fewer > 0, placeholderData: keepPreviousData, staleTime: 0, retry: false },
    ),
  );
  const submit = () => {
    if (!current) return;
    resize.mutate({
      project: project.id,
      id: cluster.id,
      nodegroup: current.name,
      nodeCount: next,
      ...(picked.length > 0 ? { nodesToRemove: picked } : {}),
    });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      busy={resize.isPending}
      title={`Resize ${cluster.name}`}
      footer={
        <>
          <Button onClick={onClose} disabled={resize.isPending}>
            Cancel
          </Button>
          <Button
            variant="primary"
            busy={resize.isPending}
            disabled={!current || next === now || Boolean(tooMany ?? tooFew)}
            onClick={submit}
          >
            {next === now ? "Resize" : `Resize from ${now} to ${next}`}
          </Button>
        </>
      }
    >
      {detail.isPending ? (
        <SkeletonLines lines={3} />
      ) : detail.isError ? (
        <ErrorPanel error={detail.error} what="The cluster could not be read" onRetry={() => void detail.refetch()} />
      ) : (
        <div className="space-y-4">
          {resize.isError && <ErrorNotice text={explain(resize.error, "The cluster was not resized")} />}
          {groups.length > 1 && (
            <SelectField
              label="Node group"
              value={current?.name ?? ""}
              onChange={(event) => {
                setChosen(event.target.value);
                setWanted(undefined);
                setVictims([]);
              }}
            >
              {groups.map((candidate) => (
                <option key={candidate.id} value={candidate.name}>
                  {candidate.name} ({plural(candidate.nodeCount, "node")})
                </option>
              ))}
            </SelectField>
          )}
          <NumberField
            label={groups.length > 1 ? "Nodes" : "Worker nodes"}
            value={next}
            onChange={(value) => setWanted(value ?? now)}
            min={0}
            error={tooMany ?? tooFew}
            hint={
              next === 0
                ? "Nothing can run until you add workers."
                : next > now
                  ? `${plural(next - now, "node")} will be made.`
                  : next < now
                    ? `${plural(fewer, "node")} will be drained and deleted.`
                    : `It has ${plural(now, "node")} now.`
            }
          />
          {fewer > 0 &&
            (going.isError ? (
              <p className="text-sm text-muted">
                The service's choice cannot be shown now. {explain(going.error, "").why}
              </p>
            ) : going.data ? (
              <Going nodes={going.data} isOld={going.isPlaceholderData} />
            ) : (
              <SkeletonLines lines={2} />
            ))}
          {fewer > 0 && next > 0 && members.length > 0 && (
            <fieldset className="min-w-0">
              <legend className="text-sm font-medium">Which nodes go</legend>
              <p className="mb-2 text-[0.8125rem] text-muted">
                {picked.length === fewer
                  ? "These will be removed."
                  : picked.length === 0
                    ? `Tick up to ${fewer}, or leave the choice to the service.`
                    : fewer - picked.length === 1
                      ? "The service chooses the other one."
                      : `The service chooses the other ${fewer - picked.length}.`}
              </p>
              <ul className="max-h-56 divide-y divide-separator overflow-auto rounded-lg border border-border">
                {members
                  .toSorted((a, b) => Number(a.ready ?? false) - Number(b.ready ?? false))
                  .map((node) => {
                    const on = picked.includes(node.serverId);
                    return (
                      <li key={node.serverId}>
                        <label className="flex flex-wrap items-center gap-x-3 px-3 py-2 text-sm sm:flex-nowrap">
                          <input
                            type="checkbox"
                            className="size-4 accent-accent"
                            checked={on}
                            disabled={!on && picked.length >= fewer}
                            onChange={() =>
                              setVictims(on ? picked.filter((id) => id !== node.serverId) : [...picked, node.serverId])
                            }
                          />
                          <span className="w-[calc(100%-1.75rem)] truncate sm:w-auto sm:flex-1">{node.name}</span>
                          <span className="font-mono text-xs text-muted max-sm:pl-7">{node.privateAddress}</span>
                          <span className={node.ready === false ? "text-xs text-bad" : "text-xs text-muted"}>
                            {node.ready === null ? node.status : node.ready ? "Ready" : "Not ready"}
                          </span>
                        </label>
                      </li>
                    );
                  })}
              </ul>
            </fieldset>
          )}
        </div>
      )}
    </Dialog>
  );
}

/** What would go, and what runs there now: it moves to other nodes first. */
function Going({ nodes, isOld }: { nodes: Outputs["cluster"]["resizePreview"]; isOld: boolean }) {
  const known = nodes.flatMap((node) => node.work ?? []);
  const isKnown = nodes.every((node) => node.work !== null);
  const go = nodes.length === 1 ? "This node goes" : "These nodes go";
  return (
    <section aria-label="What goes" aria-busy={isOld} className={cx("text-sm", isOld && "opacity-60")}>
      <p className="font-medium">
        {isKnown
          ? `${go}, with ${known.length === 0 ? "nothing" : plural(known.length, "pod")} to be moved.`
          : `${go}. What runs there is not known: the cluster does not answer from here.`}
      </p>
      <ul className="mt-1 max-h-40 overflow-auto text-[0.8125rem] text-muted">
        {nodes.map((node) => (
          <li key={node.name} className="break-words">
            <span className="font-mono">{node.name}</span>
            {node.work && node.work.length > 0 && `: ${node.work.join(", ")}`}
          </li>
        ))}
      </ul>
    </section>
  );
}
