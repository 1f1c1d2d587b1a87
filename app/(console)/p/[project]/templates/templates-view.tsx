"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { LayoutTemplate, Plus, SearchX } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { useMay, useProject } from "../_frame/project-context";
import { count, plural, shortId } from "@/app/_lib/format";
import { paths } from "@/app/_lib/paths";
import { useTRPC, type Outputs } from "@/app/_lib/trpc-client";
import { useAddress } from "@/app/_lib/use-address";
import { DamageMark } from "@/app/_shared/damage";
import { ErrorPanel } from "@/app/_shared/error-panel";
import { ListSearch, Pager, ResourceTable, usePage, type Column } from "@/app/_shared/resource-table";
import { Tag } from "@/app/_shared/status";
import { ActionLink, Button } from "@/app/_ui/button";
import { Card } from "@/app/_ui/card";
import { EmptyState } from "@/app/_ui/empty-state";
import { PageHeader } from "@/app/_ui/page-header";
import { Ago } from "@/app/_ui/time";
import { DeleteTemplate } from "./delete-template";
import { TemplateMenu } from "./template-menu";

export type TemplateRow = Outputs["template"]["list"]["rows"][number];

/** The project's own templates and those that everybody may use. */
export function TemplatesView() {
  const trpc = useTRPC();
  const project = useProject();
  const address = useAddress();
  const may = useMay();
  const { size, after } = usePage();
  const [doomed, setDoomed] = useState<TemplateRow | null>(null);
  const q = address.get("q") ?? "";
  const list = useQuery(
    trpc.template.list.queryOptions(
      {
        project: project.id,
        sort: address.get("sort") ?? "name",
        size,
        ...(q ? { q } : {}),
        ...(after ? { after } : {}),
      },
      { placeholderData: keepPreviousData },
    ),
  );
  const create = (
    <ActionLink variant="primary" href={paths.newTemplate(project.id)} whyNot={may("clustertemplate:create")}>
      <Plus aria-hidden /> Create template
    </ActionLink>
  );
  return (
    <>
      <PageHeader
        title="Templates"
        note="What a cluster is made from: image, sizes, network and labels"
        actions={create}
      />
      {list.isError && !list.data ? (
        <ErrorPanel error={list.error} what="The templates could not be listed" onRetry={() => void list.refetch()} />
      ) : (
        <Card>
          <div className="border-b border-separator px-4 py-3 sm:px-5">
            <ListSearch label="Search templates" placeholder="Name or id" />
          </div>
          <ResourceTable
            label="Templates"
            columns={columns(project.id)}
            rows={list.data?.rows}
            rowKey={(row) => row.id}
            card={(row) => <TemplateCard row={row} projectId={project.id} />}
            actions={(row) => <TemplateMenu template={row} onDelete={() => setDoomed(row)} />}
            stale={list.isPlaceholderData}
            defaultSort="name"
            empty={
              q ? (
                <EmptyState
                  icon={<SearchX />}
                  title="No template matches"
                  action={
                    <Button onClick={() => address.set({ q: null, after: null, from: null })}>Clear search</Button>
                  }
                >
                  Searched for “{q}”.
                </EmptyState>
              ) : (
                <EmptyState icon={<LayoutTemplate />} title="No templates yet" action={create}>
                  Clusters are made from templates. Make one here, or ask the administrators of this service to publish
                  one.
                </EmptyState>
              )
            }
          />
          {list.data && <Pager total={list.data.total} next={list.data.next} shown={list.data.rows.length} />}
        </Card>
      )}
      {doomed && <DeleteTemplate template={doomed} onClose={() => setDoomed(null)} />}
    </>
  );
}

export function Visibility({ template }: { template: { public: boolean; hidden: boolean; mine: boolean } }) {
  if (template.hidden)
    return (
      <Tag tone="warn" title="Not offered to others; administrators still see it">
        Hidden
      </Tag>
    );
  return template.public ? (
    <Tag tone="accent" title="Every project may use it">
      Public
    </Tag>
  ) : (
    <Tag title="Only this project sees it">Private</Tag>
  );
}

const columns = (projectId: string): Column<TemplateRow>[] => [
  {
    id: "name",
    header: "Name",
    sort: "name",
    cell: (row) => (
      <div className="min-w-0">
        <Link
          href={paths.template(projectId, row.id)}
          title={row.name}
          className="block max-w-72 truncate rounded-sm font-medium hover:text-accent-text hover:underline"
        >
          {row.name}
        </Link>
        <span className="block font-mono text-xs text-muted" title={row.id}>
          {shortId(row.id)}
        </span>
      </div>
    ),
  },
  {
    id: "visibility",
    header: "Visibility",
    cell: (row) => (
      <span className="inline-flex flex-wrap gap-1.5">
        <Visibility template={row} />
        <DamageMark of={row} />
      </span>
    ),
  },
  {
    id: "version",
    header: "Version",
    cell: (row) => (
      <span className="tabular-nums">
        {row.labels["kube_tag"] ?? <span className="text-muted">driver&apos;s</span>}
      </span>
    ),
  },
  {
    id: "distro",
    header: "System",
    from: "lg",
    cell: (row) => <span className="text-muted">{row.clusterDistro}</span>,
  },
  {
    id: "network",
    header: "Network",
    from: "lg",
    cell: (row) => <span className="text-muted">{row.networkDriver}</span>,
  },
  {
    id: "balancer",
    header: "API balancer",
    from: "xl",
    cell: (row) => <span className="text-muted">{row.masterLbEnabled ? "yes" : "no"}</span>,
  },
  {
    id: "clusters",
    header: "Clusters",
    align: "right",
    cell: (row) =>
      row.clusters > 0 ? (
        <Link href={paths.clusters(projectId, { template: row.id })} className="hover:text-accent-text hover:underline">
          {count(row.clusters)}
        </Link>
      ) : (
        <span className="text-muted">0</span>
      ),
  },
  {
    id: "created",
    header: "Created",
    sort: "created",
    from: "xl",
    cell: (row) => (
      <span className="text-muted">
        <Ago at={row.createdAt} />
      </span>
    ),
  },
];

function TemplateCard({ row, projectId }: { row: TemplateRow; projectId: string }) {
  return (
    <>
      <Link href={paths.template(projectId, row.id)} className="block truncate py-0.5 text-[0.9375rem] font-medium">
        {row.name}
      </Link>
      <div className="mt-1 flex flex-wrap items-center gap-2">
        <Visibility template={row} />
        <DamageMark of={row} />
        <span className="text-[0.8125rem] text-muted">
          {row.clusterDistro}, {row.networkDriver}
        </span>
      </div>
      <p className="mt-1 text-[0.8125rem] text-muted">
        {row.labels["kube_tag"] ? `${row.labels["kube_tag"]}, ` : ""}
        {plural(row.clusters, "cluster")}
      </p>
    </>
  );
}
