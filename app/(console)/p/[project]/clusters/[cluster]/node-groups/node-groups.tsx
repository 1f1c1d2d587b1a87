"use client";
import { useQuery } from "@tanstack/react-query";
import { Scaling } from "lucide-react";
import { useState } from "react";
import { isInProgress } from "@/server/domain/cluster-status";
import type { NodeGroup } from "@/server/domain/nodegroup";
import { count } from "@/app/_lib/format";
import { usePolling } from "@/app/_lib/live";
import { useTRPC } from "@/app/_lib/trpc-client";
import { StatusBadge, Tag } from "@/app/_shared/status";
import { Button } from "@/app/_ui/button";
import { Card } from "@/app/_ui/card";
import { PlainTable } from "@/app/_ui/plain-table";
import { useProject } from "../../../_frame/project-context";
import { ResizeDialog } from "../../resize-dialog";
import { useCluster } from "../cluster-context";

export function NodeGroups() {
  const trpc = useTRPC();
  const project = useProject();
  const cluster = useCluster();
  const polling = usePolling();
  const [resizing, setResizing] = useState<string | null>(null);
  const nodes = useQuery(
    trpc.cluster.nodes.queryOptions(
      { project: project.id, id: cluster.id },
      { refetchInterval: polling(isInProgress(cluster.status)) },
    ),
  );
  const seen = (group: NodeGroup) => nodes.data?.filter((node) => node.nodegroup === group.name);
  const flavor = (group: NodeGroup) =>
    (group.role === "master" ? cluster.names.masterFlavor : group.isDefault ? cluster.names.flavor : undefined) ??
    group.flavorId;
  return (
    <>
      <Card>
        <PlainTable
          label="Node groups"
          rows={cluster.nodegroups}
          rowKey={(group) => group.id}
          columns={[
            {
              id: "name",
              header: "Name",
              cell: (group) => (
                <span className="inline-flex flex-wrap items-center gap-2">
                  <span className="font-medium">{group.name}</span>
                  {group.isDefault && <Tag title="Made with the cluster; it cannot be deleted alone">default</Tag>}
                </span>
              ),
            },
            { id: "role", header: "Role", cell: (group) => (group.role === "master" ? "Control plane" : group.role) },
            {
              id: "status",
              header: "Status",
              cell: (group) =>
                group.status ? (
                  <span title={group.statusReason ?? undefined}>
                    <StatusBadge status={group.status} plain />
                  </span>
                ) : (
                  "–"
                ),
            },
            {
              id: "nodes",
              header: "Wanted / seen / ready",
              align: "right",
              cell: (group) => {
                const here = seen(group);
                return (
                  <span className="tabular-nums">
                    {count(group.nodeCount)} / {here ? count(here.length) : "–"} /{" "}
                    {here ? count(here.filter((node) => node.ready === true).length) : "–"}
                  </span>
                );
              },
            },
            {
              id: "range",
              header: "Range",
              from: "lg",
              cell: (group) => (
                <span className="tabular-nums">
                  {group.minNodeCount}–{group.maxNodeCount ?? "any"}
                </span>
              ),
            },
            { id: "flavor", header: "Flavor", cell: (group) => flavor(group) },
            { id: "version", header: "Version", from: "lg", cell: (group) => group.version ?? "–" },
            {
              id: "image",
              header: "Image",
              from: "xl",
              cell: (group) =>
                group.imageId === cluster.template?.imageId ? (cluster.names.image ?? group.imageId) : group.imageId,
            },
          ]}
          actions={(group) => (
            <Button
              size="icon-sm"
              variant="ghost"
              aria-label={`Resize ${group.name}`}
              tip="Resize"
              whyNot={
                group.role === "master"
                  ? "The number of control plane nodes cannot change with this driver."
                  : cluster.can.resize
              }
              onClick={() => setResizing(group.name)}
            >
              <Scaling />
            </Button>
          )}
        />
      </Card>
      {resizing && <ResizeDialog cluster={cluster} group={resizing} onClose={() => setResizing(null)} />}
    </>
  );
}
