"use client";
import { useQuery } from "@tanstack/react-query";
import { ArrowUpCircle, Copy, Ellipsis, Pencil, Plus, Scaling, Trash2 } from "lucide-react";
import { useState } from "react";
import { isInProgress } from "@/server/domain/cluster-status";
import type { NodeGroup } from "@/server/domain/nodegroup";
import { count } from "@/app/_lib/format";
import { usePolling } from "@/app/_lib/live";
import { useTRPC } from "@/app/_lib/trpc-client";
import { DamageMark } from "@/app/_shared/damage";
import { StatusBadge, Tag } from "@/app/_shared/status";
import { useAddress } from "@/app/_lib/use-address";
import { Button } from "@/app/_ui/button";
import { Card } from "@/app/_ui/card";
import { Menu } from "@/app/_ui/menu";
import { PlainTable } from "@/app/_ui/plain-table";
import { useProject } from "../../../_frame/project-context";
import { ResizeDialog } from "../../resize-dialog";
import { UpgradeDialog } from "../../upgrade-dialog";
import { useCluster } from "../cluster-context";
import { AddNodeGroupDialog } from "./add-dialog";
import { EditNodeGroupDialog } from "./edit-dialog";
import { RemoveNodeGroupDialog } from "./remove-dialog";

type Opened = { what: "add"; from?: string } | { what: "resize" | "edit" | "upgrade" | "remove"; group: NodeGroup };

export function NodeGroups() {
  const trpc = useTRPC();
  const project = useProject();
  const cluster = useCluster();
  const polling = usePolling();
  const address = useAddress();
  const [clicked, setClicked] = useState<Opened | null>(null);
  // A link may name the dialog; opening one changes nothing by itself.
  const opened: Opened | null =
    clicked ??
    (address.get("do") === "add-node-group" && cluster.can.createNodegroup === null ? { what: "add" } : null);
  const close = () => {
    setClicked(null);
    if (address.get("do") === "add-node-group") address.set({ do: null }, "replace");
  };
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
  const whyNotRemove = (group: NodeGroup) =>
    group.isDefault ? "It was made with the cluster and goes with it." : cluster.can.deleteNodegroup;
  return (
    <>
      <div className="mb-4 flex justify-end">
        <Button whyNot={cluster.can.createNodegroup} onClick={() => setClicked({ what: "add" })}>
          <Plus aria-hidden /> Add node group
        </Button>
      </div>
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
                  <DamageMark of={group} />
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
            <Menu
              label={`Actions for ${group.name}`}
              size="icon-sm"
              items={[
                {
                  id: "resize",
                  label: "Resize",
                  icon: <Scaling />,
                  onAction: () => setClicked({ what: "resize", group }),
                  whyNot:
                    group.role === "master"
                      ? "The number of control plane nodes cannot change with this driver."
                      : cluster.can.resize,
                },
                {
                  id: "edit",
                  label: group.role === "master" ? "Edit limits" : "Edit limits, labels and taints",
                  icon: <Pencil />,
                  onAction: () => setClicked({ what: "edit", group }),
                  whyNot: cluster.can.updateNodegroup,
                },
                ...(group.isDefault
                  ? []
                  : [
                      {
                        id: "upgrade",
                        label: "Upgrade to the cluster's template",
                        icon: <ArrowUpCircle />,
                        onAction: () => setClicked({ what: "upgrade", group }),
                        whyNot: cluster.can.upgrade,
                      },
                    ]),
                ...(group.role === "master"
                  ? []
                  : [
                      {
                        id: "copy",
                        label: "Add one like it",
                        icon: <Copy />,
                        onAction: () => setClicked({ what: "add", from: group.name }),
                        whyNot: cluster.can.createNodegroup,
                      },
                    ]),
                "separator",
                {
                  id: "remove",
                  label: "Remove",
                  icon: <Trash2 />,
                  danger: true,
                  onAction: () => setClicked({ what: "remove", group }),
                  whyNot: whyNotRemove(group),
                },
              ]}
            >
              <Ellipsis aria-hidden />
            </Menu>
          )}
        />
      </Card>
      {opened?.what === "add" && <AddNodeGroupDialog cluster={cluster} from={opened.from} onClose={close} />}
      {opened?.what === "resize" && <ResizeDialog cluster={cluster} group={opened.group.name} onClose={close} />}
      {opened?.what === "edit" && <EditNodeGroupDialog cluster={cluster} group={opened.group} onClose={close} />}
      {opened?.what === "upgrade" && <UpgradeDialog cluster={cluster} group={opened.group.name} onClose={close} />}
      {opened?.what === "remove" && <RemoveNodeGroupDialog cluster={cluster} group={opened.group} onClose={close} />}
    </>
  );
}
