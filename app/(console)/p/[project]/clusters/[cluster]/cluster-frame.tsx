"use client";
// What all tabs of a cluster share: it is read once, and header, headline and tabs stand above.
import { skipToken, useQuery } from "@tanstack/react-query";
import { Boxes, CircleCheck, SearchX } from "lucide-react";
import { usePathname, useRouter } from "next/navigation";
import { useEffect, useState, type ReactNode } from "react";
import { isInProgress } from "@/server/domain/cluster-status";
import { clusterRemedy } from "@/server/domain/damage";
import { Uuid } from "@/server/domain/identifier";
import { isMissing } from "@/app/_lib/errors";
import { usePolling } from "@/app/_lib/live";
import { paths } from "@/app/_lib/paths";
import { useTRPC } from "@/app/_lib/trpc-client";
import { DamageNotice } from "@/app/_shared/damage";
import { ErrorPanel } from "@/app/_shared/error-panel";
import { wordFor } from "@/app/_shared/status";
import { ButtonLink } from "@/app/_ui/button";
import { Card } from "@/app/_ui/card";
import { EmptyState } from "@/app/_ui/empty-state";
import { PageHeader } from "@/app/_ui/page-header";
import { Skeleton, SkeletonLines } from "@/app/_ui/skeleton";
import { useProject } from "../../_frame/project-context";
import { ClusterContext } from "./cluster-context";
import { ClusterHeader } from "./cluster-header";
import { ClusterTabs } from "./cluster-tabs";
import { HeadlineBanner } from "./headline-banner";

export function ClusterFrame({ reference, children }: { reference: string; children: ReactNode }) {
  return Uuid.safeParse(reference).success ? (
    <ById id={reference} key={reference}>
      {children}
    </ById>
  ) : (
    <ByName name={reference} />
  );
}

function ById({ id, children }: { id: string; children: ReactNode }) {
  const trpc = useTRPC();
  const project = useProject();
  const polling = usePolling();
  const cluster = useQuery(
    trpc.cluster.get.queryOptions(
      { project: project.id, id },
      {
        refetchInterval: (query) =>
          isMissing(query.state.error)
            ? false
            : polling(query.state.data ? isInProgress(query.state.data.status) : true),
      },
    ),
  );
  const view = cluster.data;
  const path = usePathname();
  useEffect(() => {
    if (view) document.title = `${view.name} - Clusters - ${project.name} - Jeroboam`;
  }, [view, project.name, path]);

  if (cluster.isError && isMissing(cluster.error)) return <Gone name={view?.name} />;
  if (cluster.isError && !view)
    return (
      <>
        <PageHeader title="Cluster" back={{ href: paths.clusters(project.id), label: "Clusters" }} />
        <ErrorPanel error={cluster.error} what="The cluster could not be read" onRetry={() => void cluster.refetch()} />
      </>
    );
  if (!view) return <Loading />;
  const remedy = clusterRemedy(view, view.nodegroups);
  return (
    <ClusterContext value={view}>
      <ClusterHeader />
      {cluster.isError && (
        <div className="mb-4">
          <ErrorPanel error={cluster.error} what="This page is not up to date" onRetry={() => void cluster.refetch()} />
        </div>
      )}
      <DamageNotice
        of={view}
        parts={view.nodegroups}
        remedy={remedy ?? "The cluster goes on as it is shown."}
        action={
          remedy !== null &&
          view.can.delete === null && (
            <ButtonLink size="sm" href={paths.cluster(project.id, id, undefined, { do: "delete" })}>
              Delete cluster
            </ButtonLink>
          )
        }
        className="mb-5"
      />
      <HeadlineBanner />
      <ClusterTabs />
      {children}
      <Announce text={`${view.name} is ${wordFor(view.status, view.operation?.kind).toLowerCase()}`} />
    </ClusterContext>
  );
}

/** Says a change of status once, politely; nothing on arrival. */
function Announce({ text }: { text: string }) {
  const [first] = useState(text);
  return (
    <p role="status" className="sr-only">
      {text === first ? "" : text}
    </p>
  );
}

function Loading() {
  return (
    <div aria-busy="true">
      <Skeleton className="mb-3 h-4 w-20" />
      <Skeleton className="mb-3 h-7 w-56" />
      <Skeleton className="mb-8 h-5 w-80 max-w-full" />
      <Card className="p-6">
        <SkeletonLines lines={8} />
      </Card>
    </div>
  );
}

function Gone({ name }: { name: string | undefined }) {
  const project = useProject();
  return (
    <Card>
      <EmptyState
        icon={name ? <CircleCheck /> : <SearchX />}
        title={name ? `${name} has been deleted` : "No such cluster"}
        action={
          <ButtonLink href={paths.clusters(project.id)} variant="primary">
            <Boxes aria-hidden /> See clusters
          </ButtonLink>
        }
      >
        {name ? "Nothing of it is left in this list." : "It was deleted, or it is in a project that you cannot see."}
      </EmptyState>
    </Card>
  );
}

/** An address with a name instead of the id leads to the cluster when there is exactly one of that name. */
function ByName({ name }: { name: string }) {
  const trpc = useTRPC();
  const project = useProject();
  const router = useRouter();
  const list = useQuery(trpc.cluster.list.queryOptions(name ? { project: project.id, q: name, size: 100 } : skipToken));
  const found = list.data?.rows.filter((row) => row.name === name) ?? [];
  const only = found.length === 1 ? found[0]?.id : undefined;
  useEffect(() => {
    if (only) router.replace(paths.cluster(project.id, only));
  }, [only, project.id, router]);
  if (list.isError)
    return <ErrorPanel error={list.error} what="The cluster could not be found" onRetry={() => void list.refetch()} />;
  if (list.isPending || only) return <Loading />;
  if (found.length === 0) return <Gone name={undefined} />;
  return (
    <Card>
      <EmptyState
        icon={<Boxes />}
        title={`${found.length} clusters are called ${name}`}
        action={found.map((row) => (
          <ButtonLink key={row.id} href={paths.cluster(project.id, row.id)}>
            {row.id}
          </ButtonLink>
        ))}
      />
    </Card>
  );
}
