import type { Metadata } from "next";
import { EditTemplate } from "../../template-pages";

export const metadata: Metadata = { title: "Edit template" };

export default async function EditTemplatePage({ params }: { params: Promise<{ template: string }> }) {
  return <EditTemplate id={(await params).template} />;
}
