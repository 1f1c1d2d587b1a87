"use client";
import { LoaderCircle, Trash2 } from "lucide-react";
import { useState } from "react";
import { isInProgress } from "@/server/domain/cluster-status";
import { paths } from "@/app/_lib/paths";
import { ButtonLink } from "@/app/_ui/button";
import { CodeBlock } from "@/app/_ui/copy";
import { Notice } from "@/app/_ui/notice";
import { Elapsed } from "@/app/_ui/time";
import { useProject } from "../../_frame/project-context";
import { useCluster } from "./cluster-context";
import { headline } from "./headline";

export function HeadlineBanner() {
  const cluster = useCluster();
  const project = useProject();
  const [open, setOpen] = useState(false);
  const shown = headline(cluster);
  if (!shown) return null;
  const working = isInProgress(cluster.status);
  const progress = working ? cluster.progress : null;
  const original = cluster.failure?.upstream ?? cluster.statusReason;
  const deleting = cluster.status === "DELETE_IN_PROGRESS";
  return (
    <Notice
      className="mb-5"
      tone={shown.tone}
      icon={
        working ? (
          deleting ? (
            <Trash2 className="size-4" />
          ) : (
            <LoaderCircle className="size-4 animate-spin motion-reduce:animate-none" />
          )
        ) : undefined
      }
      title={
        <>
          {shown.title}
          {working && (
            <span className="font-normal">
              {" "}
              for <Elapsed since={cluster.operation?.startedAt ?? cluster.statusSince} />
            </span>
          )}
        </>
      }
      action={
        shown.tone === "bad" ? (
          <ButtonLink size="sm" href={paths.cluster(project.id, cluster.id, "resources", { only: "problems" })}>
            See what failed
          </ButtonLink>
        ) : working ? (
          <ButtonLink size="sm" href={paths.cluster(project.id, cluster.id, "operations")}>
            View
          </ButtonLink>
        ) : null
      }
    >
      {shown.text && <p>{shown.text}</p>}
      {shown.tone === "bad" && cluster.failure && cluster.failure.path.length > 1 && (
        <p className="mt-0.5 text-[0.8125rem] text-muted">
          Where: {cluster.failure.path.join(" › ")}
          {cluster.failure.others > 0 && `, and ${cluster.failure.others} more`}
        </p>
      )}
      {progress && (
        <div className="mt-1.5 max-w-xl">
          <p className="mb-1.5 tabular-nums">
            {progress.done} of {progress.total}
            {progress.now
              ? `, ${deleting ? "removing" : "making"} ${progress.now}`
              : progress.done >= progress.total && ", finishing"}
          </p>
          <div
            role="progressbar"
            aria-label="Progress"
            aria-valuemin={0}
            aria-valuemax={progress.total}
            aria-valuenow={progress.done}
            className="h-1.5 overflow-hidden rounded-full bg-busy/15"
          >
            <div
              className="h-full rounded-full bg-busy transition-[width] duration-500"
              style={{ width: `${progress.total === 0 ? 0 : Math.min(100, (progress.done / progress.total) * 100)}%` }}
            />
          </div>
        </div>
      )}
      {shown.tone === "bad" && original && (
        <>
          <button
            type="button"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
            className="mt-1.5 min-h-6 text-[0.8125rem] text-muted underline underline-offset-2 hover:text-foreground"
          >
            {open ? "Hide original message" : "Original message"}
          </button>
          {open && (
            <div className="mt-2">
              <CodeBlock text={original} label="Original message" wrap maxHeight="max-h-48" />
            </div>
          )}
        </>
      )}
    </Notice>
  );
}
