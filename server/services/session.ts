import type { Deps } from "./deps.ts";

export interface SignInOptions {
  authUrl: string;
  /** What the domain field holds at first. */
  defaultDomain: string;
  /** Empty while the cloud does not answer. */
  regions: string[];
  /** Who can sign in at the sandbox cloud; null at a real one. */
  sandbox: { signIns: { user: string; password: string; project: string }[] } | null;
}

/** What the sign-in page shows before anybody is known. */
export async function sessionOptions(deps: Deps): Promise<SignInOptions> {
  const { authUrl, userDomain } = deps.env.openstack;
  const regions = await deps.auth.regions.list().catch((error: unknown) => {
    deps.log.warn({ err: error }, "regions could not be listed");
    return [];
  });
  const names = ["demo", "other", "admin"];
  return {
    authUrl,
    defaultDomain: "name" in userDomain ? userDomain.name : "Default",
    regions: [...regions],
    sandbox: deps.env.sandbox
      ? { signIns: names.map((name) => ({ user: name, password: name, project: name })) }
      : null,
  };
}
