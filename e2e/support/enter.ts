import { signIn, type Session } from "../openstack/session.ts";

/** Somebody of the sandbox, whose password is the name, in a project; by default in that of the same name. */
export async function enter(
  authUrl: string,
  name: string,
  project = name,
): Promise<Omit<Session, "projectId"> & { projectId: string }> {
  const user = { name, domain: "Default" };
  const session = await signIn({ authUrl, user, password: name, scope: { project, domain: "Default" } });
  if (session.projectId === null) throw new Error(`${name} has entered no project`);
  return { ...session, projectId: session.projectId };
}

export const sandboxKeystone = (port: number): string => `http://127.0.0.1:${port}/identity/v3`;
