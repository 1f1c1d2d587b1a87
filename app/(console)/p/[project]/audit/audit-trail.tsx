"use client";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleDashed, CircleX, History } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { usePolling } from "@/app/_lib/live";
import { paths } from "@/app/_lib/paths";
import { useTRPC, type Outputs } from "@/app/_lib/trpc-client";
import { useAddress } from "@/app/_lib/use-address";
import { deeds } from "@/app/_shared/deeds";
import { ErrorPanel } from "@/app/_shared/error-panel";
import { Button } from "@/app/_ui/button";
import { Card } from "@/app/_ui/card";
import { CodeBlock } from "@/app/_ui/copy";
import { EmptyState } from "@/app/_ui/empty-state";
import { PageHeader } from "@/app/_ui/page-header";
import { SkeletonLines } from "@/app/_ui/skeleton";
import { Ago, ExactTime } from "@/app/_ui/time";
import { useProject } from "../_frame/project-context";

type Row = Outputs["audit"]["list"]["rows"][number];

/** Who did what to which cluster and how it ended; it outlives the clusters. */
export function AuditTrail() {
  const project = useProject();
  const address = useAddress();
  const cluster = address.get("cluster");
  return (
    <>
      <PageHeader
        title="Audit"
        note={cluster ? "Of one cluster only" : `Who did what to the clusters of ${project.name}, and how it ended`}
        actions={
          cluster ? <Button onClick={() => address.set({ cluster: null })}>Show all clusters</Button> : undefined
        }
      />
      <div className="space-y-4">
        <From key={cluster} cluster={cluster} after={undefined} />
      </div>
    </>
  );
}

/** One page of the trail, newest first, and the way to the older ones. */
function From({ cluster, after }: { cluster: string | null; after: string | undefined }) {
  const trpc = useTRPC();
  const project = useProject();
  const polling = usePolling();
  const [older, setOlder] = useState(false);
  const page = useQuery(
    trpc.audit.list.queryOptions(
      { project: project.id, size: 50, ...(cluster ? { cluster } : {}), ...(after ? { after } : {}) },
      { refetchInterval: polling(false) },
    ),
  );
  if (page.isPending)
    return (
      <Card className="p-6">
        <SkeletonLines lines={8} />
      </Card>
    );
  if (page.isError && !page.data)
    return (
      <ErrorPanel error={page.error} what="The audit trail could not be read" onRetry={() => void page.refetch()} />
    );
  const { rows, next } = page.data;
  if (rows.length === 0 && after === undefined)
    return (
      <Card>
        <EmptyState icon={<History />} title="Nothing was done yet">
          What people and programs do to clusters will be told here.
        </EmptyState>
      </Card>
    );
  return (
    <>
      <Card>
        <ul aria-label="Audit trail" className="divide-y divide-separator">
          {rows.map((row) => (
            <Line key={row.id} row={row} />
          ))}
        </ul>
      </Card>
      {next &&
        (older ? <From cluster={cluster} after={next} /> : <Button onClick={() => setOlder(true)}>Show older</Button>)}
    </>
  );
}

const marks = {
  pending: { word: "Accepted", icon: CircleDashed, tone: "text-busy" },
  success: { word: "Done", icon: CircleCheck, tone: "text-ok" },
  failure: { word: "Failed", icon: CircleX, tone: "text-bad" },
} as const;

function Line({ row }: { row: Row }) {
  const { id } = useProject();
  const [open, setOpen] = useState(false);
  const { word, icon: Icon, tone } = marks[row.outcome];
  const gone = row.operation === "delete" && row.outcome === "success";
  const reason = row.event.reason?.reasonCode;
  return (
    <li className="px-4 py-3 text-sm sm:px-5">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <span className={`inline-flex w-24 shrink-0 items-center gap-1.5 text-[0.8125rem] font-medium ${tone}`}>
          <Icon className="size-4" aria-hidden />
          {word}
        </span>
        <p className="min-w-0 flex-1 basis-56">
          <span className="font-medium">{deeds[row.operation]}</span>{" "}
          {gone ? (
            row.clusterName
          ) : (
            <Link href={paths.cluster(id, row.clusterId)} className="break-all text-accent-text hover:underline">
              {row.clusterName}
            </Link>
          )}
          {reason && <span className="block text-[0.8125rem] break-words text-muted">{reason}</span>}
        </p>
        <p className="text-[0.8125rem] text-muted">
          {row.userName ?? row.userId ?? "the service"}, <ExactTime at={row.at} /> (<Ago at={row.at} />)
        </p>
        <Button size="sm" variant="ghost" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Hide event" : "Event"}
        </Button>
      </div>
      {open && (
        <div className="mt-2">
          <CodeBlock text={JSON.stringify(row.event, null, 2)} label="CADF event" maxHeight="max-h-80" />
        </div>
      )}
    </li>
  );
}
