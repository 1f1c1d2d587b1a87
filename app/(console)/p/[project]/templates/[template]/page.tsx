import type { Metadata } from "next";
import { TemplateDetail } from "./template-detail";

export const metadata: Metadata = { title: "Template" };

export default async function TemplatePage({ params }: { params: Promise<{ template: string }> }) {
  return <TemplateDetail id={(await params).template} />;
}
