import { redirect } from "next/navigation";
import { paths } from "@/app/_lib/paths";

/** Until the overview is written, the clusters are what people come for. */
export default async function ProjectPage({ params }: { params: Promise<{ project: string }> }) {
  redirect(paths.clusters((await params).project));
}
