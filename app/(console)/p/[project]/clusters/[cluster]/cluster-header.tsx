"use client";
import { ArrowUpCircle, Copy, Download, Ellipsis, Lock, LockOpen, RotateCw, Scaling, Trash2 } from "lucide-react";
import { useState } from "react";
import { utc } from "@/app/_lib/format";
import { paths } from "@/app/_lib/paths";
import { useAddress } from "@/app/_lib/use-address";
import { HealthMark, StatusBadge, Tag } from "@/app/_shared/status";
import { ActionLink, Button } from "@/app/_ui/button";
import { CopyText } from "@/app/_ui/copy";
import { Menu } from "@/app/_ui/menu";
import { PageHeader } from "@/app/_ui/page-header";
import { Ago } from "@/app/_ui/time";
import { useMay, useProject } from "../../_frame/project-context";
import { DeleteDialog } from "../delete-dialog";
import { ResizeDialog } from "../resize-dialog";
import { UpgradeDialog } from "../upgrade-dialog";
import { useLock, useRetry } from "../use-actions";
import { useCluster } from "./cluster-context";

export function ClusterHeader() {
  const project = useProject();
  const cluster = useCluster();
  const address = useAddress();
  const may = useMay();
  const retry = useRetry(cluster);
  const lock = useLock(cluster);
  const [opened, setOpened] = useState<"delete" | "resize" | "upgrade" | null>(null);
  // A link may name the dialog; opening one changes nothing by itself.
  const asked = address.get("do");
  const dialog =
    opened ??
    (asked === "delete" && !cluster.can.delete
      ? "delete"
      : asked === "resize" && !cluster.can.resize
        ? "resize"
        : asked === "upgrade" && !cluster.can.upgrade
          ? "upgrade"
          : null);
  const close = () => {
    setOpened(null);
    if (asked) address.set({ do: null, group: null }, "replace");
  };
  const failed = cluster.can.retry === null;
  return (
    <>
      <PageHeader
        back={{ href: paths.clusters(project.id), label: "Clusters" }}
        title={cluster.name}
        note={
          <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-2">
            <StatusBadge
              status={cluster.status}
              operation={cluster.operation?.outcome === "running" ? cluster.operation.kind : null}
            />
            <HealthMark
              status={cluster.healthStatus}
              reason={cluster.healthReason}
              {...(cluster.healthCheckedAt ? { title: `Checked ${utc(cluster.healthCheckedAt)}` } : {})}
            />
            {cluster.coeVersion && <span className="text-[0.8125rem]">Kubernetes {cluster.coeVersion}</span>}
            {cluster.locked && (
              <Tag>
                <Lock aria-hidden /> Locked
              </Tag>
            )}
            <span className="text-[0.8125rem]">
              by {cluster.userName ?? cluster.userId}, <Ago at={cluster.createdAt} />
            </span>
            <CopyText text={cluster.id} shown={cluster.id.slice(0, 8)} label="cluster id" />
          </div>
        }
        actions={
          <>
            <ActionLink
              variant={failed ? "secondary" : "primary"}
              href={paths.cluster(project.id, cluster.id, "access")}
              whyNot={cluster.can.getConfig}
            >
              <Download aria-hidden /> Get config
            </ActionLink>
            {failed ? (
              <Button variant="primary" busy={retry.busy} onClick={retry.run}>
                <RotateCw aria-hidden /> Retry
              </Button>
            ) : (
              <Button whyNot={cluster.can.resize} onClick={() => setOpened("resize")}>
                <Scaling aria-hidden /> Resize
              </Button>
            )}
            <Menu
              label="More actions"
              variant="secondary"
              items={[
                ...(failed
                  ? [
                      {
                        id: "resize",
                        label: "Resize",
                        icon: <Scaling />,
                        onAction: () => setOpened("resize"),
                        whyNot: cluster.can.resize,
                      },
                    ]
                  : []),
                {
                  id: "upgrade",
                  label: "Upgrade",
                  icon: <ArrowUpCircle />,
                  onAction: () => setOpened("upgrade"),
                  whyNot: cluster.can.upgrade,
                },
                {
                  id: "copy",
                  label: "Copy as new cluster",
                  icon: <Copy />,
                  href: paths.newCluster(project.id, { from: cluster.id }),
                  whyNot: may("cluster:create"),
                },
                {
                  id: "lock",
                  label: cluster.locked ? "Unlock" : "Lock against deletion",
                  icon: cluster.locked ? <LockOpen /> : <Lock />,
                  onAction: lock.run,
                  whyNot: cluster.can.setLocked,
                },
                "separator",
                {
                  id: "delete",
                  label: "Delete",
                  icon: <Trash2 />,
                  danger: true,
                  onAction: () => setOpened("delete"),
                  whyNot: cluster.can.delete,
                },
              ]}
            >
              <Ellipsis aria-hidden />
            </Menu>
          </>
        }
      />
      {retry.problem}
      {lock.problem}
      {dialog === "delete" && <DeleteDialog cluster={cluster} onClose={close} />}
      {dialog === "upgrade" && <UpgradeDialog cluster={cluster} onClose={close} />}
      {dialog === "resize" && (
        <ResizeDialog
          cluster={cluster}
          {...(address.get("group") ? { group: address.get("group") ?? "" } : {})}
          onClose={close}
        />
      )}
    </>
  );
}
