import type { ReactNode } from "react";
import { ClusterFrame } from "./cluster-frame";

export default async function ClusterLayout({
  children,
  params,
}: {
  children: ReactNode;
  params: Promise<{ cluster: string }>;
}) {
  return <ClusterFrame reference={decodeURIComponent((await params).cluster)}>{children}</ClusterFrame>;
}
