// Any Magnum-compatible server, with a token from the OS_* variables: what reads, and signing where it is allowed; clusters are
// made only where a template is named for it, and are deleted afterwards.
import { z } from "zod";
import { createSeries, deleteAll, waits } from "./create.ts";
import type { Load, Pace } from "./load.ts";
import { shoot } from "./load.ts";
import { print } from "./report.ts";

const Listed = z.object({ clusters: z.array(z.object({ uuid: z.string() })) });

async function token(): Promise<string> {
  const { env } = process;
  if (env["OS_TOKEN"]) return env["OS_TOKEN"];
  const need = (name: string) => {
    const value = env[name];
    if (!value)
      throw new Error(
        `--against needs OS_TOKEN, or OS_AUTH_URL and OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME (${name} is missing)`,
      );
    return value;
  };
  const domain = (kind: "USER" | "PROJECT") => {
    const id = env[`OS_${kind}_DOMAIN_ID`];
    return id ? { id } : { name: env[`OS_${kind}_DOMAIN_NAME`] ?? "Default" };
  };
  const answer = await fetch(`${need("OS_AUTH_URL").replace(/\/(v3\/?)?$/, "")}/v3/auth/tokens`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      auth: {
        identity: {
          methods: ["password"],
          password: {
            user: { name: need("OS_USERNAME"), domain: domain("USER"), password: need("OS_PASSWORD") },
          },
        },
        scope: { project: { name: need("OS_PROJECT_NAME"), domain: domain("PROJECT") } },
      },
    }),
  });
  const issued = answer.headers.get("x-subject-token");
  if (!issued) throw new Error(`Keystone gave no token: ${answer.status}`);
  return issued;
}

/** `address`: with or without /v1. What this server does not allow is told in `refused`. */
export async function measureAgainst(
  address: string,
  csr: string,
  pace: Pace,
  create: { templateId: string; count: number } | null,
): Promise<{ loads: Load[]; refused: string[] }> {
  const base = address.replace(/(\/v1)?\/?$/, "/v1");
  const { origin, pathname } = new URL(base);
  const headers = {
    "x-auth-token": await token(),
    "openstack-api-version": "container-infra latest",
    "content-type": "application/json",
  };
  if (create) {
    const { ms, ids } = await createSeries({ base, headers }, create.templateId, create.count);
    print(`${address}, clusters made one after another`, waits(ms));
    await deleteAll({ base, headers }, ids);
    return { loads: [], refused: [] };
  }
  const get = async (path: string) => Listed.parse(await (await fetch(base + path, { headers })).json()).clusters;
  const clusters = await get("/clusters");
  const loads: Load[] = [];
  const refused: string[] = [];
  const measure = async (what: string, path: string, rows?: number, body?: object) => {
    const shot = {
      path: pathname + path,
      headers,
      ...(body ? { method: "POST" as const, body: JSON.stringify(body) } : {}),
    };
    try {
      loads.push({ ...(await shoot(origin, what, [shot], pace)), ...(rows === undefined ? {} : { rows }) });
    } catch (error) {
      refused.push(error instanceof Error ? error.message : String(error));
    }
  };
  await measure("list, limit 20", "/clusters?limit=20", Math.min(20, clusters.length));
  await measure(`list, not paged (${clusters.length})`, "/clusters", clusters.length);
  await measure("detail list, limit 20", "/clusters/detail?limit=20", Math.min(20, clusters.length));
  const [cluster] = clusters;
  if (!cluster) refused.push("show and signing: the project has no cluster");
  else {
    await measure("show", `/clusters/${cluster.uuid}`);
    await measure("sign", "/certificates", undefined, { cluster_uuid: cluster.uuid, csr });
  }
  return { loads, refused };
}
