"use client";
import { ArrowUpCircle, Copy, Download, Ellipsis, Lock, LockOpen, RotateCw, Scaling, Trash2 } from "lucide-react";
import { useState } from "react";
import { whyNot } from "@/server/domain/cluster-status";
import type { ClusterRow } from "@/server/domain/cluster";
import { paths } from "@/app/_lib/paths";
import { Menu } from "@/app/_ui/menu";
import { useMay, useProject } from "../_frame/project-context";
import { DeleteDialog } from "./delete-dialog";
import { ResizeDialog } from "./resize-dialog";
import { UpgradeDialog } from "./upgrade-dialog";
import { useLock, useRetry } from "./use-actions";

/** What can be done with one cluster, from its row; what cannot be done now stays and says why. */
export function RowMenu({ row }: { row: ClusterRow }) {
  const project = useProject();
  const may = useMay();
  const [dialog, setDialog] = useState<"delete" | "resize" | "upgrade" | null>(null);
  const retry = useRetry(row);
  const lock = useLock(row);
  return (
    <>
      <Menu
        label={`Actions for ${row.name}`}
        size="icon-sm"
        items={[
          {
            id: "config",
            label: "Get config",
            icon: <Download />,
            href: paths.cluster(project.id, row.id, "access"),
            whyNot: row.apiAddress ? null : "The cluster has no API address yet.",
          },
          {
            id: "resize",
            label: "Resize",
            icon: <Scaling />,
            onAction: () => setDialog("resize"),
            whyNot: may("cluster:resize") ?? whyNot("resize", row.status),
          },
          {
            id: "upgrade",
            label: "Upgrade",
            icon: <ArrowUpCircle />,
            onAction: () => setDialog("upgrade"),
            whyNot: may("cluster:upgrade") ?? whyNot("upgrade", row.status),
          },
          {
            id: "retry",
            label: "Retry",
            icon: <RotateCw />,
            onAction: retry.run,
            whyNot: may("cluster:update") ?? whyNot("retry", row.status),
          },
          {
            id: "copy",
            label: "Copy as new cluster",
            icon: <Copy />,
            href: paths.newCluster(project.id, { from: row.id }),
            whyNot: may("cluster:create"),
          },
          {
            id: "lock",
            label: row.locked ? "Unlock" : "Lock against deletion",
            icon: row.locked ? <LockOpen /> : <Lock />,
            onAction: lock.run,
            whyNot: may("cluster:update"),
          },
          "separator",
          {
            id: "delete",
            label: "Delete",
            icon: <Trash2 />,
            danger: true,
            onAction: () => setDialog("delete"),
            whyNot:
              may("cluster:delete") ?? (row.locked ? "It is locked: unlock it first." : whyNot("delete", row.status)),
          },
        ]}
      >
        <Ellipsis aria-hidden />
      </Menu>
      {retry.problem}
      {lock.problem}
      {dialog === "delete" && <DeleteDialog cluster={row} onClose={() => setDialog(null)} />}
      {dialog === "upgrade" && <UpgradeDialog cluster={row} onClose={() => setDialog(null)} />}
      {dialog === "resize" && <ResizeDialog cluster={row} onClose={() => setDialog(null)} />}
    </>
  );
}
