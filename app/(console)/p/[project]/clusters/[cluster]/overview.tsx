"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { count, gib, plural } from "@/app/_lib/format";
import { paths } from "@/app/_lib/paths";
import { HealthMark, StatusBadge, Tag } from "@/app/_shared/status";
import { Facts, Panel } from "@/app/_ui/card";
import { CopyText } from "@/app/_ui/copy";
import { Ago, ExactTime } from "@/app/_ui/time";
import { useProject } from "../../_frame/project-context";
import { useCluster } from "./cluster-context";

/** The name of something in the cloud: gone is said, unknown shows the id that was kept. */
function Named({ id, name }: { id: string | null; name: string | null | undefined }): ReactNode {
  if (id === null) return null;
  if (name === null)
    return (
      <>
        {id} <Tag tone="warn">no longer exists</Tag>
      </>
    );
  return <span title={name && name !== id ? id : undefined}>{name ?? id}</span>;
}

export function ClusterOverview() {
  const project = useProject();
  const cluster = useCluster();
  const flag = (key: string) =>
    cluster.labels[key] === undefined
      ? "Default of the driver"
      : /^(true|1|yes)$/i.test(cluster.labels[key] ?? "")
        ? "On"
        : "Off";
  const publicApi = /^(true|1|yes)$/i.test(
    cluster.labels["master_lb_floating_ip_enabled"] ?? String(cluster.floatingIpEnabled),
  );
  const ranges = cluster.labels["master_lb_allowed_cidrs"] ?? cluster.labels["api_master_lb_allowed_cidrs"];
  const parts = Object.entries(cluster.healthReason);
  return (
    <div className="grid items-start gap-6 lg:grid-cols-2">
      <div className="min-w-0 space-y-6">
        <Panel title="Kubernetes API">
          <Facts
            rows={[
              [
                "Address",
                cluster.apiAddress ? <CopyText text={cluster.apiAddress} label="API address" /> : "Not yet known",
              ],
              [
                "Reached through",
                cluster.masterLbEnabled
                  ? `Load balancer, ${publicApi ? "public address" : "inside only"}`
                  : cluster.floatingIpEnabled
                    ? "Floating IP of the control plane node"
                    : "Address of the control plane node",
              ],
              cluster.masterLbEnabled ? ["Allowed ranges", ranges ? ranges.split(",").join(", ") : "Everywhere"] : null,
              ["TLS", cluster.tlsDisabled ? <Tag tone="bad">Off: everybody who reaches it has full power</Tag> : "On"],
              ["Kubernetes", cluster.coeVersion],
              ["Container runtime", cluster.containerVersion],
            ]}
          />
        </Panel>
        <Panel
          title="Health"
          note={
            cluster.healthCheckedAt ? (
              <>
                Checked <Ago at={cluster.healthCheckedAt} /> by this service
              </>
            ) : (
              "The first check comes within a minute of the API's start."
            )
          }
          action={<HealthMark status={cluster.healthStatus} reason={cluster.healthReason} />}
        >
          {parts.length > 0 ? (
            <ul className="divide-y divide-separator text-[0.8125rem]">
              {parts.map(([part, state]) => {
                const well = /^(ok|true)$/i.test(state);
                return (
                  <li key={part} className="flex items-baseline justify-between gap-3 py-1.5 first:pt-0 last:pb-0">
                    <span className="min-w-0 break-words">{part === "api" ? "API" : part.replace(/\.Ready$/, "")}</span>
                    <span className={well ? "text-ok" : "text-bad"}>
                      {/^true$/i.test(state) ? "Ready" : /^false$/i.test(state) ? "Not ready" : state}
                    </span>
                  </li>
                );
              })}
            </ul>
          ) : (
            <p className="text-sm text-muted">Nothing is known of its parts yet.</p>
          )}
        </Panel>
        <Panel title="Network">
          <Facts
            rows={[
              [
                "Network",
                cluster.fixedNetwork ? <Named id={cluster.fixedNetwork} name={cluster.names.network} /> : "Its own",
              ],
              [
                "Subnet",
                cluster.fixedSubnet ? (
                  <Named id={cluster.fixedSubnet} name={cluster.names.subnet} />
                ) : (
                  (cluster.labels["fixed_subnet_cidr"] ?? "Its own")
                ),
              ],
              ["Network driver", cluster.template?.networkDriver],
              ["Floating IP for nodes", cluster.floatingIpEnabled ? "Yes" : "No"],
              ["Control plane", <Addresses key="m" list={cluster.masterAddresses} />],
              ["Workers", <Addresses key="n" list={cluster.nodeAddresses} />],
            ]}
          />
        </Panel>
      </div>
      <div className="min-w-0 space-y-6">
        <Panel
          title="Node groups"
          action={
            <Link
              href={paths.cluster(project.id, cluster.id, "node-groups")}
              className="text-[0.8125rem] text-accent-text hover:underline"
            >
              All node groups
            </Link>
          }
        >
          <ul className="divide-y divide-separator">
            {cluster.nodegroups.map((group) => (
              <li
                key={group.id}
                className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-2.5 first:pt-0 last:pb-0"
              >
                <span className="min-w-0">
                  <span className="block font-medium break-words">{group.name}</span>
                  <span className="text-[0.8125rem] text-muted">
                    {plural(group.nodeCount, "node")} ×{" "}
                    {group.role === "master"
                      ? (cluster.names.masterFlavor ?? group.flavorId)
                      : group.isDefault
                        ? (cluster.names.flavor ?? group.flavorId)
                        : group.flavorId}
                    {group.version && `, ${group.version}`}
                  </span>
                </span>
                {group.status && <StatusBadge status={group.status} plain />}
              </li>
            ))}
          </ul>
        </Panel>
        <Panel title="Settings">
          <Facts
            rows={[
              [
                "Template",
                cluster.template ? (
                  <Link
                    href={paths.template(project.id, cluster.clusterTemplateId)}
                    className="text-accent-text hover:underline"
                  >
                    {cluster.template.name}
                  </Link>
                ) : (
                  <Tag tone="warn">deleted</Tag>
                ),
              ],
              ["Orchestrator", cluster.coe === "kubernetes" ? "Kubernetes" : cluster.coe],
              ["Image", cluster.template ? <Named id={cluster.template.imageId} name={cluster.names.image} /> : null],
              [
                "Control plane flavor",
                <Named key="mf" id={cluster.masterFlavorId} name={cluster.names.masterFlavor} />,
              ],
              ["Worker flavor", <Named key="f" id={cluster.flavorId} name={cluster.names.flavor} />],
              ["Keypair", cluster.keypair ? <Named id={cluster.keypair} name={cluster.names.keypair} /> : "None"],
              [
                "Container storage",
                cluster.dockerVolumeSizeGib === null
                  ? "On the node's disk"
                  : `${gib(cluster.dockerVolumeSizeGib)} volume`,
              ],
              [
                "Autoscaling",
                cluster.labels["auto_scaling_enabled"] && flag("auto_scaling_enabled") === "On"
                  ? `From ${cluster.labels["min_node_count"] ?? "?"} to ${cluster.labels["max_node_count"] ?? "?"} workers`
                  : "Off",
              ],
              ["Repairs nodes", flag("auto_healing_enabled")],
              [
                "Give up after",
                cluster.createTimeoutMinutes ? `${count(cluster.createTimeoutMinutes)} min` : "No limit",
              ],
              cluster.discoveryUrl ? ["Discovery URL", cluster.discoveryUrl] : null,
              ["Deletion", cluster.locked ? "Locked" : "Allowed"],
            ]}
          />
        </Panel>
        <Panel title="Record">
          <Facts
            rows={[
              [
                "Created",
                <>
                  <ExactTime at={cluster.createdAt} /> by {cluster.userName ?? cluster.userId}
                </>,
              ],
              ["Updated", cluster.updatedAt ? <ExactTime at={cluster.updatedAt} /> : null],
              ["Project", project.name],
              ["Region", cluster.region],
              ["Driver", cluster.driver],
              ["Id", <CopyText key="id" text={cluster.id} label="cluster id" />],
              ["Back end id", cluster.stackId ? <CopyText text={cluster.stackId} label="back end id" /> : null],
              [
                "Status",
                <code key="s" className="font-mono text-[0.8125rem]">
                  {cluster.status}
                </code>,
              ],
            ]}
          />
        </Panel>
      </div>
    </div>
  );
}

function Addresses({ list }: { list: readonly string[] }) {
  if (list.length === 0) return <span className="text-muted">–</span>;
  return (
    <span className="font-mono text-[0.8125rem]">
      {list.slice(0, 8).join(", ")}
      {list.length > 8 && ` and ${list.length - 8} more`}
    </span>
  );
}
