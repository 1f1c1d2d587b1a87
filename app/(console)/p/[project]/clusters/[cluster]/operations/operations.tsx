"use client";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight, CircleAlert, CircleCheck, Dot, TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { ClusterEvent, OperationRecord } from "@/server/domain/event";
import { usePolling } from "@/app/_lib/live";
import { useTRPC } from "@/app/_lib/trpc-client";
import { ErrorPanel } from "@/app/_shared/error-panel";
import { Outcome } from "@/app/_shared/status";
import { Button } from "@/app/_ui/button";
import { Card } from "@/app/_ui/card";
import { cx } from "@/app/_ui/class-names";
import { CopyText } from "@/app/_ui/copy";
import { EmptyState } from "@/app/_ui/empty-state";
import { SkeletonLines } from "@/app/_ui/skeleton";
import { Ago, Elapsed, ExactTime } from "@/app/_ui/time";
import { useProject } from "../../../_frame/project-context";
import { useCluster } from "../cluster-context";

const kinds: Record<OperationRecord["kind"], string> = {
  create: "Created",
  retry: "Retried",
  resize: "Resized",
  update: "Changed",
  upgrade: "Upgraded",
  createNodegroup: "Added a node group",
  updateNodegroup: "Changed a node group",
  deleteNodegroup: "Removed a node group",
  rotateCa: "Rotated the certificate authority",
  rotateCredential: "Rotated the cloud credential",
  delete: "Deleted",
  lock: "Locked",
  unlock: "Unlocked",
};
const running: Record<OperationRecord["kind"], string> = {
  create: "Creating",
  retry: "Retrying",
  resize: "Resizing",
  update: "Changing",
  upgrade: "Upgrading",
  createNodegroup: "Adding a node group",
  updateNodegroup: "Changing a node group",
  deleteNodegroup: "Removing a node group",
  rotateCa: "Rotating the certificate authority",
  rotateCredential: "Rotating the cloud credential",
  delete: "Deleting",
  lock: "Locking",
  unlock: "Unlocking",
};
const failedTo: Record<OperationRecord["kind"], string> = {
  create: "Creation",
  retry: "Retry",
  resize: "Resize",
  update: "Change",
  upgrade: "Upgrade",
  createNodegroup: "Adding a node group",
  updateNodegroup: "Change of a node group",
  deleteNodegroup: "Removal of a node group",
  rotateCa: "Rotation of the certificate authority",
  rotateCredential: "Rotation of the cloud credential",
  delete: "Deletion",
  lock: "Lock",
  unlock: "Unlock",
};

const titleOf = (operation: OperationRecord) =>
  (operation.outcome === "running" ? running : operation.outcome === "done" ? kinds : failedTo)[operation.kind];

/** Who asked for what, how it ended, and what happened meanwhile. */
export function Operations() {
  const cluster = useCluster();
  return (
    <div className="space-y-4">
      <OperationsFrom key={cluster.id} after={undefined} first />
    </div>
  );
}

/** One page of the history, newest first, and the way to the older ones. */
function OperationsFrom({ after, first }: { after: string | undefined; first?: boolean }) {
  const trpc = useTRPC();
  const project = useProject();
  const cluster = useCluster();
  const polling = usePolling();
  const [older, setOlder] = useState(false);
  const page = useQuery(
    trpc.cluster.operations.queryOptions(
      { project: project.id, id: cluster.id, ...(after ? { after } : {}) },
      { refetchInterval: polling(cluster.operation?.outcome === "running") },
    ),
  );
  if (page.isPending)
    return (
      <Card className="p-6">
        <SkeletonLines lines={4} />
      </Card>
    );
  if (page.isError && !page.data)
    return <ErrorPanel error={page.error} what="The history could not be read" onRetry={() => void page.refetch()} />;
  const { rows, next } = page.data;
  if (rows.length === 0 && first)
    return (
      <Card>
        <EmptyState title="Nothing has happened yet" />
      </Card>
    );
  return (
    <>
      {rows.map((operation, index) => (
        <OneOperation key={operation.id} operation={operation} open={Boolean(first) && index === 0} />
      ))}
      {next && (older ? <OperationsFrom after={next} /> : <Button onClick={() => setOlder(true)}>Show older</Button>)}
    </>
  );
}

function OneOperation({ operation, open: opened }: { operation: OperationRecord; open: boolean }) {
  const [open, setOpen] = useState(opened);
  const changes = Object.entries(operation.changes);
  return (
    <Card>
      <div className="flex flex-wrap items-start gap-x-6 gap-y-2 px-4 py-4 sm:px-5">
        <div className="min-w-0 flex-1">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h2 className="text-sm font-semibold">{titleOf(operation)}</h2>
            <Outcome outcome={operation.outcome} />
          </div>
          <p className="mt-0.5 text-[0.8125rem] text-muted">
            {operation.userName ?? operation.userId}, {operation.door === "console" ? "in the console" : "by the API"},{" "}
            <ExactTime at={operation.startedAt} /> (<Ago at={operation.startedAt} />)
          </p>
          {changes.length > 0 && (
            <ul className="mt-2 space-y-0.5 text-[0.8125rem]">
              {changes.map(([name, [from, to]]) => (
                <li key={name}>
                  <span className="text-muted">{wordsOf(name)}:</span> {from ?? "–"} →{" "}
                  <span className="font-medium">{to ?? "–"}</span>
                </li>
              ))}
            </ul>
          )}
          {operation.reason && operation.outcome !== "done" && (
            <p className={cx("mt-2 text-sm", operation.outcome === "failed" && "text-bad")}>{operation.reason}</p>
          )}
        </div>
        <div className="text-right text-[0.8125rem]">
          <p className="text-muted">
            {operation.outcome === "running" ? "For" : "Took"}{" "}
            <Elapsed since={operation.startedAt} until={operation.endedAt} />
          </p>
          {operation.requestId && (
            <p className="mt-1 text-muted max-sm:hidden">
              Request{" "}
              <CopyText text={operation.requestId} shown={operation.requestId.slice(0, 12)} label="request id" />
            </p>
          )}
        </div>
      </div>
      <div className="border-t border-separator">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="flex min-h-10 w-full items-center gap-2 rounded-b-xl px-4 text-left text-[0.8125rem] font-medium text-muted hover:text-foreground sm:px-5"
        >
          <ChevronRight aria-hidden className={cx("size-4 transition-transform", open && "rotate-90")} />
          Events
        </button>
        {open && <EventsFrom operation={operation} after={undefined} />}
      </div>
    </Card>
  );
}

/** `nodeCount` to "Node count". */
function wordsOf(name: string): string {
  const spaced = name
    .replace(/_/g, " ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

const levels: Record<ClusterEvent["level"], { icon: typeof Dot; text: string; word: string }> = {
  info: { icon: Dot, text: "text-muted", word: "" },
  good: { icon: CircleCheck, text: "text-ok", word: "Good: " },
  warning: { icon: TriangleAlert, text: "text-warn", word: "Warning: " },
  error: { icon: CircleAlert, text: "text-bad", word: "Error: " },
};

function EventsFrom({ operation, after }: { operation: OperationRecord; after: string | undefined }) {
  const trpc = useTRPC();
  const project = useProject();
  const polling = usePolling();
  const [older, setOlder] = useState(false);
  const page = useQuery(
    trpc.cluster.events.queryOptions(
      { project: project.id, id: operation.clusterId, operation: operation.id, ...(after ? { after } : {}) },
      { refetchInterval: polling(operation.outcome === "running") },
    ),
  );
  if (page.isPending) return <SkeletonLines lines={3} className="px-5 pb-5" />;
  if (page.isError && !page.data)
    return (
      <div className="p-4">
        <ErrorPanel error={page.error} what="The events could not be read" onRetry={() => void page.refetch()} />
      </div>
    );
  const rows = page.data.rows.toSorted((a, b) => b.seq - a.seq);
  return (
    <>
      <ol className="px-4 pb-4 sm:px-5">
        {rows.map((event) => {
          const look = levels[event.level];
          return (
            <li key={event.seq} className="flex gap-3 py-1.5 text-[0.8125rem]">
              <look.icon aria-hidden className={cx("mt-0.5 size-4 shrink-0", look.text)} />
              <div className="min-w-0 flex-1">
                <p className="break-words">
                  <span className="sr-only">{look.word}</span>
                  {event.message}
                </p>
                {event.detail && <p className="mt-0.5 font-mono text-xs break-words text-muted">{event.detail}</p>}
              </div>
              <span className="shrink-0 text-muted">
                <Ago at={event.at} />
              </span>
            </li>
          );
        })}
        {rows.length === 0 && <li className="py-1.5 text-[0.8125rem] text-muted">No events.</li>}
      </ol>
      {page.data.next &&
        (older ? (
          <EventsFrom operation={operation} after={page.data.next} />
        ) : (
          <div className="px-4 pb-4 sm:px-5">
            <Button size="sm" onClick={() => setOlder(true)}>
              More events
            </Button>
          </div>
        ))}
    </>
  );
}
