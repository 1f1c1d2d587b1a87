"use client";
import { useQuery } from "@tanstack/react-query";
import { useProject } from "../../../_frame/project-context";
import { dateTime } from "@/app/_lib/format";
import { useTRPC } from "@/app/_lib/trpc-client";
import { ErrorPanel } from "@/app/_shared/error-panel";
import { Tag } from "@/app/_shared/status";
import { Panel } from "@/app/_ui/card";
import { Skeleton } from "@/app/_ui/skeleton";
import { Ago } from "@/app/_ui/time";

const purposes = { config: "Config, key made in a browser", request: "Signed request", node: "Node" } as const;

/** Who holds a certificate of this cluster. */
export function IssuedPanel({ id }: { id: string }) {
  const trpc = useTRPC();
  const { id: project } = useProject();
  const issued = useQuery(trpc.certificate.issued.queryOptions({ project, id }));
  const people = issued.data?.filter((certificate) => certificate.purpose !== "node") ?? [];
  const nodes = (issued.data?.length ?? 0) - people.length;
  return (
    <Panel
      title="Issued certificates"
      note={issued.data ? `${people.length} for people, ${nodes} for nodes` : undefined}
      flush
    >
      {issued.isPending && (
        <div className="p-4">
          <Skeleton className="h-20" />
        </div>
      )}
      {issued.isError && (
        <div className="p-4">
          <ErrorPanel
            error={issued.error}
            what="The certificates could not be read"
            onRetry={() => void issued.refetch()}
          />
        </div>
      )}
      {issued.data && people.length === 0 && (
        <p className="px-5 py-6 text-sm text-muted">Nobody has a config of this cluster yet.</p>
      )}
      <ul className="divide-y divide-separator">
        {people.map((certificate) => (
          <li key={certificate.id} className="px-4 py-3 text-sm sm:px-5">
            <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
              <p className="font-medium">{certificate.userName ?? certificate.userId}</p>
              <p className="text-[0.8125rem] text-muted">
                <Ago at={certificate.createdAt} />
              </p>
            </div>
            <p className="mt-0.5 text-[0.8125rem] break-words text-muted">{certificate.subject}</p>
            <p className="mt-1.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-[0.8125rem] text-muted">
              <Tag>{purposes[certificate.purpose]}</Tag>
              <span>until {dateTime(certificate.notAfter)}</span>
              <span className="font-mono text-xs">{certificate.serial}</span>
            </p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
