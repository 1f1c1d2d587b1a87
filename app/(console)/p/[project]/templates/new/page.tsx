import type { Metadata } from "next";
import { NewTemplate } from "../template-pages";

export const metadata: Metadata = { title: "Create template" };

export default async function NewTemplatePage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { from } = await searchParams;
  return <NewTemplate from={typeof from === "string" ? from : null} />;
}
