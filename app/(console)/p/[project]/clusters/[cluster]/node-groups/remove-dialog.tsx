"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { NodeGroup } from "@/server/domain/nodegroup";
import { explain } from "@/app/_lib/errors";
import { plural } from "@/app/_lib/format";
import { useTRPC } from "@/app/_lib/trpc-client";
import { ErrorNotice } from "@/app/_shared/error-panel";
import { Button } from "@/app/_ui/button";
import { Dialog } from "@/app/_ui/dialog";
import { useProject } from "../../../_frame/project-context";
import { useClustersChanged } from "../../use-actions";
import type { ClusterView } from "../cluster-context";

export function RemoveNodeGroupDialog({
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
  const nodes = useQuery(trpc.cluster.nodes.queryOptions({ project: project.id, id: cluster.id }));
  const remove = useMutation(
    trpc.nodegroup.delete.mutationOptions({
      onSuccess: async () => {
        await changed();
        onClose();
      },
    }),
  );
  const here = (nodes.data ?? []).filter((node) => node.nodegroupId === group.id);
  return (
    <Dialog
      open
      role="alertdialog"
      onClose={onClose}
      busy={remove.isPending}
      title={`Remove node group ${group.name}`}
      footer={
        <>
          <Button onClick={onClose} disabled={remove.isPending}>
            Keep it
          </Button>
          <Button
            variant="danger"
            busy={remove.isPending}
            onClick={() => remove.mutate({ project: project.id, id: cluster.id, group: group.id })}
          >
            Remove node group
          </Button>
        </>
      }
    >
      <div className="space-y-3 text-sm">
        {remove.isError && <ErrorNotice text={explain(remove.error, `${group.name} was not removed`)} />}
        <p>
          {group.nodeCount === 0
            ? "It has no nodes."
            : `${plural(group.nodeCount, "node")} and what is stored on ${group.nodeCount === 1 ? "it" : "them"} will be gone. Pods move to other nodes where there is room.`}
        </p>
        {here.length > 0 && (
          <ul
            tabIndex={0}
            aria-label="Nodes that go"
            className="max-h-48 space-y-1 overflow-auto rounded-sm font-mono text-[0.8125rem]"
          >
            {here.map((node) => (
              <li key={node.serverId}>{node.name}</li>
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}
