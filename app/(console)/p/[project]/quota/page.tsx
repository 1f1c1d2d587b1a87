import type { Metadata } from "next";
import { ProjectQuota } from "./project-quota";

export const metadata: Metadata = { title: "Quota" };

export default function QuotaPage() {
  return <ProjectQuota />;
}
