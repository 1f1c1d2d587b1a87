"use client";
import { useQuery } from "@tanstack/react-query";
import { Boxes, Plus } from "lucide-react";
import Link from "next/link";
import { useMay, useProject } from "./_frame/project-context";
import { count, plural } from "@/app/_lib/format";
import { usePolling } from "@/app/_lib/live";
import { paths } from "@/app/_lib/paths";
import { deeds } from "@/app/_shared/deeds";
import { useTRPC, type Outputs } from "@/app/_lib/trpc-client";
import { ErrorPanel } from "@/app/_shared/error-panel";
import { GroupIcon, groupWords, Outcome } from "@/app/_shared/status";
import { ActionLink, ButtonLink } from "@/app/_ui/button";
import { Card, Panel } from "@/app/_ui/card";
import { EmptyState } from "@/app/_ui/empty-state";
import { Meter } from "@/app/_ui/meter";
import { PageHeader } from "@/app/_ui/page-header";
import { Skeleton } from "@/app/_ui/skeleton";
import { Ago } from "@/app/_ui/time";
import { statusGroups } from "@/server/domain/cluster-status";
import { CloudUse } from "./cloud-use";

type Data = Outputs["project"]["overview"];

/** What is here, what needs somebody, what is left of the quota, and what happened last. */
export function Overview() {
  const trpc = useTRPC();
  const project = useProject();
  const may = useMay();
  const every = usePolling();
  const overview = useQuery(
    trpc.project.overview.queryOptions(
      { project: project.id },
      { refetchInterval: ({ state }) => every((state.data?.clusters.working ?? 0) > 0) },
    ),
  );
  const full = overview.data && overview.data.quota.used >= overview.data.quota.limit;
  const whyNot =
    may("cluster:create") ??
    (full ? `The project has ${overview.data.quota.used} of ${overview.data.quota.limit} clusters.` : null);
  return (
    <>
      <PageHeader
        title="Overview"
        note={`Project ${project.name}`}
        actions={
          <ActionLink variant="primary" href={paths.newCluster(project.id)} whyNot={whyNot}>
            <Plus aria-hidden />
            Create cluster
          </ActionLink>
        }
      />
      {overview.isError && (
        <ErrorPanel
          error={overview.error}
          what="The overview could not be read"
          onRetry={() => void overview.refetch()}
        />
      )}
      {overview.isPending && <Loading />}
      {overview.data && <Loaded data={overview.data} />}
    </>
  );
}

function Loaded({ data }: { data: Data }) {
  const { id } = useProject();
  const total = statusGroups.reduce((sum, group) => sum + data.clusters[group], 0);
  if (total === 0 && data.recent.length === 0)
    return (
      <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <Card>
          <EmptyState
            icon={<Boxes />}
            title="No cluster yet"
            action={
              <>
                <ButtonLink variant="primary" href={paths.newCluster(id)}>
                  Create the first cluster
                </ButtonLink>
                <ButtonLink href={paths.templates(id)}>Look at the templates</ButtonLink>
              </>
            }
          >
            A cluster is a set of servers that runs containers under Kubernetes. Choose a template, say how large it is
            to be, and take its config when it is ready.
          </EmptyState>
        </Card>
        <QuotaPanel data={data} />
      </div>
    );
  return (
    <div className="space-y-6">
      <ul className="grid grid-cols-2 gap-3 sm:gap-4 lg:grid-cols-5">
        {statusGroups.map((group) => (
          <li key={group}>
            <Link
              href={paths.clusters(id, { status: group })}
              className="block rounded-xl border border-border bg-surface p-4 shadow-surface transition-colors hover:bg-surface-secondary"
            >
              <span className="flex items-center gap-2 text-[0.8125rem] text-muted">
                <GroupIcon group={group} />
                {groupWords[group]}
              </span>
              <span className="mt-1 block text-2xl font-semibold tracking-tight tabular-nums">
                {count(data.clusters[group])}
              </span>
            </Link>
          </li>
        ))}
        <li className="max-lg:col-span-2">
          <div className="h-full rounded-xl border border-border bg-surface p-4 shadow-surface">
            <span className="block text-[0.8125rem] text-muted">Nodes</span>
            <span className="mt-1 block text-2xl font-semibold tracking-tight tabular-nums">{count(data.nodes)}</span>
          </div>
        </li>
      </ul>
      <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="min-w-0 space-y-6">
          {data.attention.length > 0 && (
            <Panel title="Needs attention" flush>
              <ul className="divide-y divide-separator">
                {data.attention.map((item) => (
                  <li key={`${item.clusterId} ${item.why}`} className="px-4 py-3 text-sm sm:px-5">
                    <Link
                      href={paths.cluster(id, item.clusterId)}
                      className="font-medium text-accent-text hover:underline"
                    >
                      {item.name}
                    </Link>
                    <p className="mt-0.5 break-words text-muted">{item.why}</p>
                  </li>
                ))}
              </ul>
            </Panel>
          )}
          <Recent rows={data.recent} />
        </div>
        <QuotaPanel data={data} />
      </div>
    </div>
  );
}

function Recent({ rows }: { rows: Data["recent"] }) {
  const { id } = useProject();
  return (
    <Panel title="Recent operations" note="Of everyone in this project" flush>
      {rows.length === 0 && <p className="px-5 py-6 text-sm text-muted">Nothing happened yet.</p>}
      <ul className="divide-y divide-separator">
        {rows.map((operation) => (
          <li
            key={operation.id}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-3 text-sm sm:px-5"
          >
            <div className="min-w-0">
              <p className="truncate">
                <span className="font-medium">{deeds[operation.kind]}</span>{" "}
                {operation.kind === "delete" && operation.outcome === "done" ? (
                  operation.clusterName
                ) : (
                  <Link
                    href={paths.cluster(id, operation.clusterId, "operations")}
                    className="text-accent-text hover:underline"
                  >
                    {operation.clusterName}
                  </Link>
                )}
              </p>
              <p className="text-[0.8125rem] text-muted">
                {operation.userName ?? operation.userId}, <Ago at={operation.startedAt} />
                {operation.door === "api" ? ", by API" : ""}
              </p>
            </div>
            <Outcome outcome={operation.outcome} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function QuotaPanel({ data }: { data: Data }) {
  const { id } = useProject();
  return (
    <Panel
      title="Quota and use"
      action={
        <Link href={paths.quota(id)} className="text-[0.8125rem] text-accent-text hover:underline">
          All limits
        </Link>
      }
    >
      <div className="space-y-4">
        <Meter name="Clusters" used={data.quota.used} limit={data.quota.limit} />
        <CloudUse cloud={data.cloud} only={["Servers", "vCPUs", "RAM", "Volumes", "Floating IPs", "Load balancers"]} />
        <p className="text-[0.8125rem] text-muted">
          {plural(Math.max(0, data.quota.limit - data.quota.used), "more cluster")} may be made.
        </p>
      </div>
    </Panel>
  );
}

function Loading() {
  return (
    <div className="space-y-6" aria-busy="true">
      <div className="grid grid-cols-2 gap-4 lg:grid-cols-5">
        {Array.from({ length: 5 }, (_, index) => (
          <Skeleton key={index} className="h-[5.25rem] rounded-xl" />
        ))}
      </div>
      <div className="grid gap-6 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <Skeleton className="h-72 rounded-xl" />
        <Skeleton className="h-72 rounded-xl" />
      </div>
    </div>
  );
}
