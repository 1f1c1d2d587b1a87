import type { Metadata } from "next";
import { Access } from "./access";

export const metadata: Metadata = { title: "Access" };

export default async function AccessPage({ params }: { params: Promise<{ cluster: string }> }) {
  return <Access id={(await params).cluster} />;
}
