"use client";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight, CircleCheck, CircleX, LoaderCircle, Network } from "lucide-react";
import { useState } from "react";
import { isInProgress } from "@/server/domain/cluster-status";
import { usePolling } from "@/app/_lib/live";
import { useTRPC, type Outputs } from "@/app/_lib/trpc-client";
import { useAddress } from "@/app/_lib/use-address";
import { ErrorPanel } from "@/app/_shared/error-panel";
import { Button } from "@/app/_ui/button";
import { Card } from "@/app/_ui/card";
import { cx } from "@/app/_ui/class-names";
import { CopyText } from "@/app/_ui/copy";
import { EmptyState } from "@/app/_ui/empty-state";
import { CheckField } from "@/app/_ui/field";
import { SkeletonLines } from "@/app/_ui/skeleton";
import { useProject } from "../../../_frame/project-context";
import { useCluster } from "../cluster-context";

type ResourceNode = Outputs["cluster"]["resources"][number];

const failed = (node: ResourceNode): boolean => /FAILED|ERROR/i.test(node.status);
const troubled = (node: ResourceNode): boolean => failed(node) || node.children.some(troubled);
const working = (node: ResourceNode): boolean => /IN_PROGRESS|PENDING|BUILD|INIT/i.test(node.status);

/** What the back end made, as a tree; the way to what failed is open. */
export function Resources() {
  const trpc = useTRPC();
  const project = useProject();
  const cluster = useCluster();
  const address = useAddress();
  const polling = usePolling();
  const only = address.get("only") === "problems";
  const tree = useQuery(
    trpc.cluster.resources.queryOptions(
      { project: project.id, id: cluster.id },
      { refetchInterval: isInProgress(cluster.status) ? polling(true) : false, staleTime: 10_000 },
    ),
  );
  if (tree.isPending)
    return (
      <Card className="p-6">
        <SkeletonLines lines={8} />
      </Card>
    );
  if (tree.isError && !tree.data)
    return (
      <ErrorPanel error={tree.error} what="The resources could not be listed" onRetry={() => void tree.refetch()} />
    );
  const anything = tree.data.some(troubled);
  const shown = only ? tree.data.filter(troubled) : tree.data;
  return (
    <Card>
      <div className="flex min-h-12 flex-wrap items-center justify-between gap-3 border-b border-separator px-4 py-2 sm:px-5">
        <CheckField
          label="Only problems"
          checked={only}
          onChange={(on) => address.set({ only: on ? "problems" : null }, "replace")}
        />
        <Button size="sm" variant="ghost" busy={tree.isFetching} onClick={() => void tree.refetch()}>
          Refresh
        </Button>
      </div>
      {shown.length === 0 ? (
        only && !anything ? (
          <EmptyState
            icon={<CircleCheck />}
            title="No problems"
            action={<Button onClick={() => address.set({ only: null })}>Show everything</Button>}
          >
            Everything that was made is well.
          </EmptyState>
        ) : (
          <EmptyState icon={<Network />} title="Nothing was made yet" />
        )
      ) : (
        <ul aria-label="Resources" className="py-2">
          {shown.map((node, index) => (
            <Branch key={node.physicalId ?? index} node={node} depth={0} only={only} />
          ))}
        </ul>
      )}
    </Card>
  );
}

/** `OS::Nova::Server` to "Nova server". */
const kindOf = (type: string) => {
  const parts = type.split("::");
  return parts.length === 3
    ? `${parts[1]} ${(parts[2] ?? "").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase()}`
    : type;
};

function Branch({ node, depth, only }: { node: ResourceNode; depth: number; only: boolean }) {
  const children = only ? node.children.filter(troubled) : node.children;
  const [open, setOpen] = useState(depth === 0 || node.children.some(troubled));
  const Icon = failed(node) ? CircleX : working(node) ? LoaderCircle : CircleCheck;
  return (
    <li>
      <div
        className="px-4 py-1.5 hover:bg-surface-secondary sm:px-5"
        style={{ paddingInlineStart: `${1 + depth * 1.25}rem` }}
      >
        <div className="flex flex-wrap items-center gap-x-3 gap-y-0.5">
          {children.length > 0 ? (
            <button
              type="button"
              aria-expanded={open}
              aria-label={`${open ? "Close" : "Open"} ${node.name}`}
              onClick={() => setOpen(!open)}
              className="grid size-6 place-items-center rounded-md text-muted hover:bg-surface-tertiary"
            >
              <ChevronRight aria-hidden className={cx("size-4 transition-transform", open && "rotate-90")} />
            </button>
          ) : (
            <span className="size-6" />
          )}
          <Icon
            aria-hidden
            className={cx(
              "size-4 shrink-0",
              failed(node)
                ? "text-bad"
                : working(node)
                  ? "animate-spin text-busy motion-reduce:animate-none"
                  : "text-ok",
            )}
          />
          <span className={cx("min-w-0 text-sm break-words", depth === 0 && "font-medium")}>{node.name}</span>
          <span className="text-[0.8125rem] text-muted">{kindOf(node.type)}</span>
          <span className={cx("ml-auto text-xs", failed(node) ? "font-medium text-bad" : "text-muted")}>
            {node.status}
          </span>
          {node.physicalId && (
            <span className="text-muted max-md:hidden">
              <CopyText text={node.physicalId} shown={node.physicalId.slice(0, 8)} label={`id of ${node.name}`} />
            </span>
          )}
        </div>
        {failed(node) && node.reason && !node.children.some(failed) && (
          <p className="mt-1 ml-9 font-mono text-xs break-words text-bad">{node.reason}</p>
        )}
      </div>
      {open && children.length > 0 && (
        <ul>
          {children.map((child, index) => (
            <Branch key={child.physicalId ?? index} node={child} depth={depth + 1} only={only} />
          ))}
        </ul>
      )}
    </li>
  );
}
