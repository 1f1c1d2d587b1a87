"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Boxes, Lock, Plus, SearchX } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { isInProgress, statusGroup, statusGroups, type StatusGroup } from "@/server/domain/cluster-status";
import type { ClusterRow } from "@/server/domain/cluster";
import { count, plural, shortId } from "@/app/_lib/format";
import { usePolling } from "@/app/_lib/live";
import { paths } from "@/app/_lib/paths";
import { useTRPC } from "@/app/_lib/trpc-client";
import { useAddress } from "@/app/_lib/use-address";
import { DamageMark } from "@/app/_shared/damage";
import { ErrorPanel } from "@/app/_shared/error-panel";
import { ListSearch, Pager, ResourceTable, usePage, type Column } from "@/app/_shared/resource-table";
import { GroupIcon, groupWords, HealthMark, StatusBadge } from "@/app/_shared/status";
import { ActionLink, Button, ButtonLink } from "@/app/_ui/button";
import { Card } from "@/app/_ui/card";
import { cx } from "@/app/_ui/class-names";
import { CopyButton } from "@/app/_ui/copy";
import { EmptyState } from "@/app/_ui/empty-state";
import { Meter } from "@/app/_ui/meter";
import { PageHeader } from "@/app/_ui/page-header";
import { Ago } from "@/app/_ui/time";
import { useMay, useProject } from "../_frame/project-context";
import { RowMenu } from "./row-menu";

const isGroup = (word: string): word is StatusGroup => statusGroups.some((group) => group === word);

export function ClustersView() {
  const trpc = useTRPC();
  const project = useProject();
  const address = useAddress();
  const may = useMay();
  const polling = usePolling();
  const { size, after } = usePage();
  const q = address.get("q") ?? "";
  const template = address.get("template");
  const groups = (address.get("status") ?? "").split(",").filter(isGroup);
  const sort = address.get("sort") ?? "-created";
  const list = useQuery(
    trpc.cluster.list.queryOptions(
      {
        project: project.id,
        sort,
        size,
        ...(q ? { q } : {}),
        ...(groups.length > 0 ? { groups } : {}),
        ...(template ? { template } : {}),
        ...(after ? { after } : {}),
      },
      {
        placeholderData: keepPreviousData,
        refetchInterval: (query) => polling(query.state.data?.rows.some((row) => isInProgress(row.status)) ?? false),
      },
    ),
  );
  const filtered = q !== "" || groups.length > 0 || template !== null;
  const nothing = !filtered && list.data?.total === 0;
  const quota = list.data?.quota;
  const whyNotCreate =
    may("cluster:create") ??
    (quota && quota.used >= quota.limit
      ? `This project may have ${plural(quota.limit, "cluster")} and has ${count(quota.used)}.`
      : null);
  const create = (
    <ActionLink variant="primary" href={paths.newCluster(project.id)} whyNot={whyNotCreate}>
      <Plus aria-hidden /> Create cluster
    </ActionLink>
  );
  return (
    <>
      <PageHeader title="Clusters" actions={create} />
      {list.isError && !list.data ? (
        <ErrorPanel error={list.error} what="The clusters could not be listed" onRetry={() => void list.refetch()} />
      ) : (
        <>
          {list.isError && (
            <div className="mb-4">
              <ErrorPanel error={list.error} what="The list is not up to date" onRetry={() => void list.refetch()} />
            </div>
          )}
          <div className={cx("mb-4 flex flex-wrap items-center gap-x-6 gap-y-3", nothing && "hidden")}>
            <StatusFilter
              counts={list.data?.counts}
              chosen={groups}
              onChange={(next) => address.set({ status: next.join(","), after: null, from: null })}
            />
            {quota && (
              <div className="w-full sm:ml-auto sm:w-56">
                <Meter compact name="Clusters in this project" used={quota.used} limit={quota.limit} />
              </div>
            )}
          </div>
          <Card>
            <div
              className={cx(
                "flex flex-wrap items-center gap-3 border-b border-separator px-4 py-3 sm:px-5",
                nothing && "hidden",
              )}
            >
              <ListSearch label="Search clusters" placeholder="Name, id, address or template" />
              {template && (
                <Button size="sm" onClick={() => address.set({ template: null, after: null, from: null })}>
                  One template only ✕
                </Button>
              )}
            </div>
            <ResourceTable
              label="Clusters"
              columns={columns(project.id)}
              rows={list.data?.rows}
              rowKey={(row) => row.id}
              card={(row) => <ClusterCard row={row} projectId={project.id} />}
              actions={(row) => <RowMenu row={row} />}
              stale={list.isPlaceholderData}
              defaultSort="-created"
              empty={
                filtered ? (
                  <EmptyState
                    icon={<SearchX />}
                    title="No cluster matches"
                    action={
                      <Button
                        onClick={() => address.set({ q: null, status: null, template: null, after: null, from: null })}
                      >
                        Clear search and filters
                      </Button>
                    }
                  >
                    {q && <>Searched for “{q}”. </>}
                    {groups.length > 0 && (
                      <>Only {groups.map((group) => groupWords[group].toLowerCase()).join(" and ")}.</>
                    )}
                  </EmptyState>
                ) : (
                  <EmptyState
                    icon={<Boxes />}
                    title="No clusters yet"
                    action={
                      <>
                        {create}
                        <ButtonLink href={paths.templates(project.id)}>See templates</ButtonLink>
                      </>
                    }
                  >
                    A cluster is a set of servers in this project that run Kubernetes. Choose a template, say how many
                    servers, and it is ready in some minutes.
                  </EmptyState>
                )
              }
            />
            {list.data && <Pager total={list.data.total} next={list.data.next} shown={list.data.rows.length} />}
          </Card>
        </>
      )}
    </>
  );
}

function StatusFilter({
  counts,
  chosen,
  onChange,
}: {
  counts: Record<StatusGroup, number> | undefined;
  chosen: StatusGroup[];
  onChange: (next: StatusGroup[]) => void;
}) {
  return (
    <div role="group" aria-label="Filter by status" className="flex flex-wrap gap-2">
      {statusGroups.map((group) => {
        const on = chosen.includes(group);
        return (
          <button
            key={group}
            type="button"
            aria-pressed={on}
            onClick={() => onChange(on ? chosen.filter((other) => other !== group) : [...chosen, group])}
            className={cx(
              "inline-flex h-8 items-center gap-2 rounded-full border px-3 text-[0.8125rem] font-medium transition-colors",
              on
                ? "border-accent bg-accent-tint text-accent-text"
                : "border-border bg-surface hover:bg-surface-secondary",
            )}
          >
            <GroupIcon group={group} className="animate-none!" />
            {groupWords[group]}
            <span className="min-w-4 text-center text-muted tabular-nums">{counts ? count(counts[group]) : "–"}</span>
          </button>
        );
      })}
    </div>
  );
}

/** "6 of 11, making worker 2", or why it failed. */
export function RowState({ row, wrap }: { row: ClusterRow; wrap?: boolean }): ReactNode {
  if (row.progress && isInProgress(row.status))
    return (
      <span className={cx("block text-xs text-muted tabular-nums", !wrap && "max-w-48 truncate")}>
        {row.progress.done} of {row.progress.total}
        {row.progress.now && `, ${row.status === "DELETE_IN_PROGRESS" ? "removing" : "making"} ${row.progress.now}`}
      </span>
    );
  if (row.failure && statusGroup(row.status) === "failed")
    return (
      <span
        title={row.failure.sentence}
        className={cx("block text-xs text-muted", wrap ? "line-clamp-2" : "max-w-48 truncate")}
      >
        {row.failure.sentence}
      </span>
    );
  return null;
}

/** "2 of 3" while they differ, else "3". */
export function Ready({ ready, wanted, working }: { ready: number | null; wanted: number; working?: boolean }) {
  if (ready === null || ready === wanted) return <span className="tabular-nums">{count(wanted)}</span>;
  return (
    <span className={cx("whitespace-nowrap tabular-nums", !working && "text-warn")}>
      {count(ready)} of {count(wanted)}
    </span>
  );
}

const columns = (projectId: string): Column<ClusterRow>[] => [
  {
    id: "name",
    header: "Name",
    sort: "name",
    cell: (row) => (
      <div className="min-w-0">
        <span className="flex items-center gap-1.5">
          <Link
            href={paths.cluster(projectId, row.id)}
            className="max-w-64 truncate rounded-sm font-medium hover:text-accent-text hover:underline"
            title={row.name}
          >
            {row.name}
          </Link>
          {row.locked && <Lock className="size-3.5 shrink-0 text-muted" aria-label="Locked against deletion" />}
        </span>
        <span className="group flex h-5 items-center gap-0.5 font-mono text-xs text-muted" title={row.id}>
          {shortId(row.id)}
          <CopyButton
            text={row.id}
            label={`Copy id of ${row.name}`}
            className="size-5! opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
          />
        </span>
      </div>
    ),
  },
  {
    id: "status",
    header: "Status",
    sort: "status",
    cell: (row) => (
      <>
        <span className="inline-flex flex-wrap items-center gap-x-2 gap-y-1">
          <StatusBadge status={row.status} plain />
          <DamageMark of={row} />
        </span>
        <RowState row={row} />
      </>
    ),
  },
  {
    id: "health",
    header: "Health",
    sort: "health",
    cell: (row) => <HealthMark status={row.healthStatus} reason={row.healthReason} />,
    from: "lg",
  },
  {
    id: "version",
    header: "Version and template",
    sort: "version",
    cell: (row) => (
      <div className="min-w-0">
        <span className="block tabular-nums">{row.coeVersion ?? <span className="text-muted">–</span>}</span>
        {row.templateName ? (
          <Link
            href={paths.template(projectId, row.clusterTemplateId)}
            title={row.templateName}
            className="block max-w-40 truncate rounded-sm text-xs leading-5 text-muted hover:text-foreground hover:underline"
          >
            {row.templateName}
          </Link>
        ) : (
          <span className="text-xs text-muted">template deleted</span>
        )}
      </div>
    ),
  },
  {
    id: "masters",
    header: "Control plane",
    sort: "masters",
    cell: (row) => <Ready ready={row.readyMasters} wanted={row.masterCount} working={isInProgress(row.status)} />,
    align: "right",
    from: "lg",
  },
  {
    id: "workers",
    header: "Workers",
    sort: "workers",
    cell: (row) => <Ready ready={row.readyNodes} wanted={row.nodeCount} working={isInProgress(row.status)} />,
    align: "right",
  },
  {
    id: "created",
    header: "Created",
    sort: "created",
    from: "2xl",
    cell: (row) => (
      <span className="text-muted">
        <Ago at={row.createdAt} />
      </span>
    ),
  },
];

function ClusterCard({ row, projectId }: { row: ClusterRow; projectId: string }) {
  return (
    <>
      <span className="flex items-center gap-1.5">
        <Link
          href={paths.cluster(projectId, row.id)}
          className="min-w-0 truncate rounded-sm py-0.5 text-[0.9375rem] font-medium"
        >
          {row.name}
        </Link>
        {row.locked && <Lock className="size-3.5 shrink-0 text-muted" aria-label="Locked against deletion" />}
      </span>
      <div className="mt-1 flex flex-wrap items-center gap-x-4 gap-y-1">
        <StatusBadge status={row.status} plain />
        <DamageMark of={row} />
        {row.healthStatus && <HealthMark status={row.healthStatus} reason={row.healthReason} />}
      </div>
      <RowState row={row} wrap />
      <p className="mt-1 text-[0.8125rem] text-muted">
        {row.coeVersion && `${row.coeVersion}, `}
        {count(row.masterCount)} control plane, {plural(row.nodeCount, "worker")}
      </p>
    </>
  );
}
