"use client";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleDashed, Server, TriangleAlert } from "lucide-react";
import { isInProgress } from "@/server/domain/cluster-status";
import type { ClusterNode } from "@/server/domain/nodegroup";
import { shortId } from "@/app/_lib/format";
import { usePolling } from "@/app/_lib/live";
import { useTRPC } from "@/app/_lib/trpc-client";
import { useAddress } from "@/app/_lib/use-address";
import { ErrorPanel } from "@/app/_shared/error-panel";
import { Card } from "@/app/_ui/card";
import { CopyText } from "@/app/_ui/copy";
import { EmptyState } from "@/app/_ui/empty-state";
import { NativeSelect } from "@/app/_ui/field";
import { PlainTable } from "@/app/_ui/plain-table";
import { SkeletonLines } from "@/app/_ui/skeleton";
import { Ago } from "@/app/_ui/time";
import { useProject } from "../../../_frame/project-context";
import { useCluster } from "../cluster-context";

export function Nodes() {
  const trpc = useTRPC();
  const project = useProject();
  const cluster = useCluster();
  const address = useAddress();
  const polling = usePolling();
  const group = address.get("group") ?? "";
  const nodes = useQuery(
    trpc.cluster.nodes.queryOptions(
      { project: project.id, id: cluster.id },
      { refetchInterval: polling(isInProgress(cluster.status)) },
    ),
  );
  if (nodes.isPending)
    return (
      <Card className="p-6">
        <SkeletonLines lines={5} />
      </Card>
    );
  if (nodes.isError && !nodes.data)
    return <ErrorPanel error={nodes.error} what="The nodes could not be listed" onRetry={() => void nodes.refetch()} />;
  const order = new Intl.Collator("en", { numeric: true });
  const shown = nodes.data
    .filter((node) => group === "" || node.nodegroup === group)
    .toSorted((a, b) => Number(b.role === "master") - Number(a.role === "master") || order.compare(a.name, b.name));
  return (
    <Card>
      {cluster.nodegroups.length > 2 && (
        <div className="border-b border-separator px-4 py-3 sm:px-5">
          <NativeSelect
            aria-label="Node group"
            className="max-w-60"
            value={group}
            onChange={(event) => address.set({ group: event.target.value })}
          >
            <option value="">All node groups</option>
            {cluster.nodegroups.map((candidate) => (
              <option key={candidate.id} value={candidate.name}>
                {candidate.name}
              </option>
            ))}
          </NativeSelect>
        </div>
      )}
      {shown.length === 0 ? (
        <EmptyState icon={<Server />} title="No nodes yet">
          {isInProgress(cluster.status)
            ? "They appear here as soon as their servers exist."
            : "No server of this cluster was seen."}
        </EmptyState>
      ) : (
        <PlainTable
          label="Nodes"
          rows={shown}
          rowKey={(node) => node.serverId}
          columns={[
            {
              id: "name",
              header: "Name",
              cell: (node) => (
                <>
                  <span className="block font-medium break-all">{node.name}</span>
                  <span className="block text-muted">
                    <CopyText text={node.serverId} shown={shortId(node.serverId)} label={`server id of ${node.name}`} />
                  </span>
                </>
              ),
            },
            {
              id: "group",
              header: "Group",
              cell: (node) => (
                <>
                  {node.nodegroup}
                  <span className="block text-xs text-muted">
                    {node.role === "master" ? "control plane" : node.role}
                  </span>
                </>
              ),
            },
            { id: "ready", header: "Kubernetes", cell: (node) => <Ready node={node} /> },
            { id: "status", header: "Server", cell: (node) => <span className="text-[0.8125rem]">{node.status}</span> },
            { id: "version", header: "Version", from: "lg", cell: (node) => node.version ?? "–" },
            {
              id: "addresses",
              header: "Addresses",
              cell: (node) => (
                <span className="font-mono text-[0.8125rem]">
                  {node.privateAddress ?? "–"}
                  {node.publicAddress && <span className="block text-muted">{node.publicAddress}</span>}
                </span>
              ),
            },
            { id: "zone", header: "Zone", from: "xl", cell: (node) => node.zone ?? "–" },
            {
              id: "age",
              header: "Made",
              from: "lg",
              cell: (node) =>
                node.createdAt ? (
                  <span className="text-muted">
                    <Ago at={node.createdAt} />
                  </span>
                ) : (
                  "–"
                ),
            },
          ]}
        />
      )}
    </Card>
  );
}

function Ready({ node }: { node: ClusterNode }) {
  const look =
    node.ready === null
      ? { icon: CircleDashed, text: "text-muted", word: "Not known" }
      : node.ready
        ? { icon: CircleCheck, text: "text-ok", word: "Ready" }
        : { icon: TriangleAlert, text: "text-bad", word: "Not ready" };
  return (
    <span className={`inline-flex items-center gap-1.5 text-[0.8125rem] whitespace-nowrap ${look.text}`}>
      <look.icon aria-hidden className="size-4 shrink-0" />
      {look.word}
    </span>
  );
}
