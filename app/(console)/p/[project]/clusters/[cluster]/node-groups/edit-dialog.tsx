"use client";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { NodeGroup } from "@/server/domain/nodegroup";
import { explain } from "@/app/_lib/errors";
import { plural } from "@/app/_lib/format";
import { useTRPC } from "@/app/_lib/trpc-client";
import { ErrorNotice } from "@/app/_shared/error-panel";
import { Button } from "@/app/_ui/button";
import { Dialog } from "@/app/_ui/dialog";
import { NumberField } from "@/app/_ui/field";
import { useProject } from "../../../_frame/project-context";
import { useClustersChanged } from "../../use-actions";
import type { ClusterView } from "../cluster-context";
import { labelRows, labelsOf, NodeLabelsEditor, taintRows, taintsOf, TaintsEditor } from "./marks-editor";

/** Limits, Kubernetes labels and taints: what can change about a group without new nodes. */
export function EditNodeGroupDialog({
  cluster,
  group,
  onClose,
}: {
  cluster: ClusterView;
  group: NodeGroup;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const project = useProject();
  const changed = useClustersChanged();
  const [min, setMin] = useState<number | undefined>(group.minNodeCount);
  const [max, setMax] = useState<number | undefined>(group.maxNodeCount ?? undefined);
  const [labels, setLabels] = useState(labelRows(group.nodeLabels));
  const [taints, setTaints] = useState(taintRows(group.nodeTaints));
  const edit = useMutation(
    trpc.nodegroup.update.mutationOptions({
      onSuccess: async () => {
        await changed();
        onClose();
      },
    }),
  );
  const refusal = edit.isError ? explain(edit.error, `${group.name} was not changed`) : null;
  const problem = (field: string) => refusal?.fields.find((each) => each.field === field)?.message;
  const master = group.role === "master";
  const outside =
    group.nodeCount < (min ?? 0) || (max !== undefined && group.nodeCount > max)
      ? `It has ${plural(group.nodeCount, "node")} now: resize it first.`
      : undefined;
  const submit = () => {
    const marks = {
      ...(same(labelsOf(labels), group.nodeLabels) ? {} : { nodeLabels: labelsOf(labels) }),
      ...(same(taintsOf(taints), group.nodeTaints) ? {} : { nodeTaints: taintsOf(taints) }),
    };
    edit.mutate({
      project: project.id,
      id: cluster.id,
      group: group.id,
      ...((min ?? 0) === group.minNodeCount ? {} : { minNodeCount: min ?? 0 }),
      ...((max ?? null) === group.maxNodeCount ? {} : { maxNodeCount: max ?? null }),
      ...(master ? {} : marks),
    });
  };
  return (
    <Dialog
      open
      wide={!master}
      onClose={onClose}
      busy={edit.isPending}
      title={`Edit ${group.name}`}
      footer={
        <>
          <Button onClick={onClose} disabled={edit.isPending}>
            Cancel
          </Button>
          <Button variant="primary" busy={edit.isPending} disabled={outside !== undefined} onClick={submit}>
            Save
          </Button>
        </>
      }
    >
      <div className="space-y-5">
        {refusal && refusal.fields.length === 0 && <ErrorNotice text={refusal} />}
        <div className="grid gap-4 sm:grid-cols-2">
          <NumberField
            label="At least"
            value={min}
            base={0}
            placeholder="0"
            onChange={setMin}
            error={problem("min_node_count")}
          />
          <NumberField
            label="At most"
            value={max}
            base={group.nodeCount}
            placeholder="any"
            onChange={setMax}
            error={outside ?? problem("max_node_count")}
            hint="Bounds for resizes and for the autoscaler."
          />
        </div>
        {!master && (
          <>
            <NodeLabelsEditor rows={labels} onChange={setLabels} error={problem("node_labels")} />
            <TaintsEditor rows={taints} onChange={setTaints} error={problem("node_taints")} />
            <p className="text-[0.8125rem] text-muted">
              They are brought to the nodes that run, without replacing them. What others put there stays.
            </p>
          </>
        )}
      </div>
    </Dialog>
  );
}

const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
