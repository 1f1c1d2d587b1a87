"use client";
import { createContext, useContext } from "react";
import type { Outputs } from "@/app/_lib/trpc-client";

export type ClusterView = Outputs["cluster"]["get"];

export const ClusterContext = createContext<ClusterView | null>(null);

export function useCluster(): ClusterView {
  const cluster = useContext(ClusterContext);
  if (!cluster) throw new Error("useCluster outside of a cluster's page");
  return cluster;
}
