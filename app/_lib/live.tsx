"use client";
// Rows and pages change without a reload: one stream per tab tells which clusters changed, and the queries on screen
// ask again. While the stream is down they poll.
import { useQueryClient, type Query } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useTRPC } from "./trpc-client";

interface Live {
  /** Does the stream work? */
  on: boolean;
  /** When something was last heard of the server, for the note while it is down. */
  since: Date | null;
}

const LiveContext = createContext<Live>({ on: false, since: null });

/** Queries that follow the person's input and not the clusters' state. */
const still = new Set(["preview", "suggestName", "upgradePreview"]);

const touches = (query: Query): boolean => {
  const path = query.queryKey[0];
  if (!Array.isArray(path)) return false;
  const [area, name]: unknown[] = path;
  if (area === "cluster") return typeof name !== "string" || !still.has(name);
  return area === "audit" || (area === "project" && name === "overview");
};

export function LiveProvider({ project, children }: { project: string; children: ReactNode }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [since, setSince] = useState<Date | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const stream = useSubscription(
    trpc.cluster.watch.subscriptionOptions(
      { project },
      {
        onData: () => {
          // Changes come in bursts: one round of questions for each.
          timer.current ??= setTimeout(() => {
            timer.current = null;
            setSince(new Date());
            void client.invalidateQueries({ predicate: touches });
          }, 250);
        },
      },
    ),
  );
  useEffect(
    () => () => {
      if (timer.current) clearTimeout(timer.current);
      timer.current = null;
    },
    [],
  );
  const on = stream.status === "pending";
  const live = useMemo(() => ({ on, since }), [on, since]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

export const useLive = (): Live => useContext(LiveContext);

/** How often a query asks by itself, in ms: rarely under a working stream, as a net below it. */
export function usePolling(): (working: boolean) => number {
  const { on } = useLive();
  return (working) => (on ? 60_000 : working ? 3_000 : 30_000);
}
