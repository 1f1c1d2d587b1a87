import type { ReactNode } from "react";
import { currentSession } from "@/app/_lib/trpc-server";
import { NoProject } from "@/app/_shared/no-project";
import { Frame } from "./_frame/frame";
import { ToSignIn } from "./_frame/to-sign-in";
import { UnknownProject } from "./_frame/unknown-project";

/** The gate: only with a session, and only for a project that the person may enter. */
export default async function ProjectLayout({
  children,
  params,
}: {
  children: ReactNode;
  params: Promise<{ project: string }>;
}) {
  const [session, { project: id }] = await Promise.all([currentSession(), params]);
  if (!session) return <ToSignIn />;
  if (session.projects.length === 0) return <NoProject user={session.user} />;
  const project = session.projects.find((candidate) => candidate.id === decodeURIComponent(id));
  if (!project) return <UnknownProject projects={session.projects} />;
  return (
    <Frame project={project} session={session}>
      {children}
    </Frame>
  );
}
