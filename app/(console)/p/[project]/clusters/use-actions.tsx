"use client";
// Small actions that need no form. A refusal comes back as a dialog beside the thing that was pressed.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { explain } from "@/app/_lib/errors";
import { useTRPC } from "@/app/_lib/trpc-client";
import { ErrorNotice } from "@/app/_shared/error-panel";
import { Dialog } from "@/app/_ui/dialog";
import { useProject } from "../_frame/project-context";

interface Named {
  id: string;
  name: string;
}

interface Action {
  run: () => void;
  busy: boolean;
  problem: ReactNode;
}

/** Asks again for everything that shows clusters: used after each change that this tab makes. */
export function useClustersChanged(): () => Promise<void> {
  const trpc = useTRPC();
  const client = useQueryClient();
  return async () => {
    await client.invalidateQueries(trpc.cluster.pathFilter());
  };
}

function Problem({ error, what, onClose }: { error: unknown; what: string; onClose: () => void }) {
  const text = useMemo(() => explain(error, what), [error, what]);
  return (
    <Dialog open onClose={onClose} title={what} role="alertdialog">
      <ErrorNotice text={text} />
    </Dialog>
  );
}

export function useRetry(cluster: Named): Action {
  const trpc = useTRPC();
  const project = useProject();
  const changed = useClustersChanged();
  const retry = useMutation(trpc.cluster.retry.mutationOptions({ onSettled: changed }));
  return {
    run: () => retry.mutate({ project: project.id, id: cluster.id }),
    busy: retry.isPending,
    problem: retry.isError ? (
      <Problem error={retry.error} what={`${cluster.name} was not retried`} onClose={retry.reset} />
    ) : null,
  };
}

export function useLock(cluster: Named & { locked: boolean }): Action {
  const trpc = useTRPC();
  const project = useProject();
  const changed = useClustersChanged();
  const lock = useMutation(trpc.cluster.setLocked.mutationOptions({ onSettled: changed }));
  return {
    run: () => lock.mutate({ project: project.id, id: cluster.id, locked: !cluster.locked }),
    busy: lock.isPending,
    problem: lock.isError ? (
      <Problem
        error={lock.error}
        what={`${cluster.name} was not ${cluster.locked ? "unlocked" : "locked"}`}
        onClose={lock.reset}
      />
    ) : null,
  };
}
