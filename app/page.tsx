import { redirect } from "next/navigation";
import { currentSession } from "./_lib/trpc-server";
import { paths } from "./_lib/paths";
import { NoProject } from "./_shared/no-project";

/** Leads to the project that was used last. */
export default async function Home() {
  const session = await currentSession();
  if (!session) redirect(paths.login());
  const last = session.projects.find((project) => project.id === session.lastProjectId) ?? session.projects[0];
  if (!last) return <NoProject user={session.user} />;
  redirect(paths.overview(last.id));
}
