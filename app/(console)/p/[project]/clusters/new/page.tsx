import type { Metadata } from "next";
import { NewCluster } from "./new-cluster";

export const metadata: Metadata = { title: "Create cluster" };

export default async function NewClusterPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { template, from } = await searchParams;
  return (
    <NewCluster
      template={typeof template === "string" ? template : null}
      from={typeof from === "string" ? from : null}
    />
  );
}
