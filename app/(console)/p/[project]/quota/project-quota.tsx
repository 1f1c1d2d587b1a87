"use client";
import { useQuery } from "@tanstack/react-query";
import { useProject } from "../_frame/project-context";
import { CloudUse } from "../cloud-use";
import { useTRPC } from "@/app/_lib/trpc-client";
import { ErrorPanel } from "@/app/_shared/error-panel";
import { Panel } from "@/app/_ui/card";
import { Meter } from "@/app/_ui/meter";
import { PageHeader } from "@/app/_ui/page-header";
import { Skeleton } from "@/app/_ui/skeleton";

/** The project's own limits: how many clusters, and what the cloud lets it have besides. */
export function ProjectQuota() {
  const trpc = useTRPC();
  const project = useProject();
  const overview = useQuery(trpc.project.overview.queryOptions({ project: project.id }));
  return (
    <>
      <PageHeader title="Quota" note={`What project ${project.name} may have, and has`} />
      {overview.isPending && <Skeleton className="h-64 rounded-xl" />}
      {overview.isError && (
        <ErrorPanel
          error={overview.error}
          what="The limits could not be read"
          onRetry={() => void overview.refetch()}
        />
      )}
      {overview.data && (
        <div className="space-y-6">
          <Panel title="Clusters" note="Set by the administrators of this service">
            <div className="max-w-md">
              <Meter name="Clusters" used={overview.data.quota.used} limit={overview.data.quota.limit} />
            </div>
          </Panel>
          <Panel
            title="Cloud"
            note="Set by the administrators of the cloud; shared with everything else in the project"
          >
            <div className="grid gap-x-10 gap-y-8 sm:grid-cols-2">
              <CloudUse cloud={overview.data.cloud} titled />
            </div>
          </Panel>
        </div>
      )}
    </>
  );
}
