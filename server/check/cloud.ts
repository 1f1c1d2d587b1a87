// Whether a cloud is set up as the product needs it: each thing tried as it will be used, and how to mend it. What is made
// for that (one user of the trustee domain, its trusts) is removed again.
import { randomBytes, randomUUID } from "node:crypto";
import type { Clouds, TokenInfo } from "../../drivers/openstack/cloud.ts";
import { isOpenStackError } from "../../drivers/openstack/error.ts";
import { isLoopback } from "../domain/ip-range.ts";
import { Secret } from "../domain/secret.ts";
import type { Env } from "../env.ts";

export interface Finding {
  what: string;
  /** `warning`: it works, and something that users may want does not. `unknown`: what it needs failed. */
  state: "ok" | "warning" | "failed" | "unknown";
  /** What was seen: a sentence without its full stop. */
  seen: string;
  /** What to do about it; null when there is nothing to do. */
  mend: string | null;
}

type Settings = Pick<Env, "openstack" | "apiPublicUrl" | "certManager">;

const ok = (what: string, seen: string): Finding => ({ what, state: "ok", seen, mend: null });
const failed = (what: string, seen: string, mend: string): Finding => ({ what, state: "failed", seen, mend });
const warning = (what: string, seen: string, mend: string): Finding => ({ what, state: "warning", seen, mend });
const unknown = (what: string, needs: string): Finding => ({
  what,
  state: "unknown",
  seen: `not looked at, since ${needs} failed`,
  mend: null,
});

/** All that is looked at, in an order in which the first failure is the one to mend first. Throws for bugs only. */
export async function checkCloud(env: Settings, clouds: Clouds): Promise<Finding[]> {
  const service = await serviceUser(env, clouds);
  return [
    service.finding,
    ...(await trusteeDomain(clouds, service.info)),
    await projects(clouds, service.info),
    ...(await catalogue(env, clouds, service.info)),
    await keyManager(env, clouds, service.info),
    address(env),
  ];
}

const docs = "docs/cloud-setup.md";

async function serviceUser({ openstack }: Settings, clouds: Clouds) {
  const what = "service user";
  try {
    const info = await clouds.service().whoAmI();
    const roles = info.roles.map(({ name }) => name).join(", ");
    return { info, finding: ok(what, `${info.user.name} signs in to project ${info.project?.name} with ${roles}`) };
  } catch (error) {
    const mend = `Check OS_AUTH_URL, OS_USERNAME, OS_PASSWORD and the project and domains of OS_*; ${docs} tells how to make the user.`;
    return { info: null, finding: failed(what, `${openstack.username}: ${words(error)}`, mend) };
  }
}

/** Its admin, what that may do, what the service user may see, and whether a trust can be handed on. */
async function trusteeDomain(clouds: Clouds, service: TokenInfo | null): Promise<Finding[]> {
  const [signsIn, users, tokens, trusts] = [
    "trustee domain admin",
    "users of the trustee domain",
    "tokens of others",
    "trusts that Heat hands on",
  ] as const;
  const { trustees } = clouds.identity;
  try {
    await trustees.domainId();
  } catch (error) {
    const mend = `Check TRUSTEE_DOMAIN_* and give that user the role admin in its domain: ${docs}.`;
    return [failed(signsIn, words(error), mend), ...[users, tokens, trusts].map((what) => unknown(what, signsIn))];
  }
  const findings = [ok(signsIn, "signs in to its domain")];
  const password = new Secret(randomBytes(32).toString("base64url"));
  let trusteeId: string | null = null;
  try {
    await sweep(clouds);
    trusteeId = (await trustees.create({ name: nameNow(), password })).id;
    findings.push(ok(users, "can be made"));
  } catch (error) {
    const mend = `Give the trustee domain's admin the role admin in that domain: ${docs}.`;
    findings.push(failed(users, words(error), mend));
  }
  if (trusteeId === null || service === null) {
    const needs = trusteeId === null ? users : "service user";
    findings.push(unknown(tokens, needs), unknown(trusts, needs));
  } else {
    const trustee = { id: trusteeId, password };
    findings.push(await validation(tokens, clouds, trustee), await redelegation(trusts, clouds, trustee, service));
  }
  if (trusteeId !== null)
    try {
      // Last: Keystone ends the tokens of the second in which a password is changed, older and newer ones alike.
      await trustees.setPassword(trusteeId, password);
      await trustees.delete(trusteeId);
    } catch (error) {
      const mend = `Give the trustee domain's admin the role admin in that domain, and remove the user ${trusteeId}: ${docs}.`;
      findings.push(failed("change and removal of trustees", words(error), mend));
    }
  return findings;
}

const longestMs = 10 * 60_000;
const nameNow = () => `check-${Date.now()}-${randomUUID()}`;

/** What a check left that was killed. */
async function sweep({ identity: { trustees } }: Clouds): Promise<void> {
  for (const { id, name } of await trustees.list()) {
    const began = Number(/^check-(\d+)-[0-9a-f-]{36}$/.exec(name)?.[1] ?? Infinity);
    if (began < Date.now() - longestMs) await trustees.delete(id);
  }
}

interface Trustee {
  id: string;
  password: Secret;
}

async function validation(what: string, clouds: Clouds, { id, password }: Trustee): Promise<Finding> {
  try {
    const { token } = await clouds.identity.signIn({ kind: "password", user: { id }, password, scope: "unscoped" });
    const info = await clouds.identity.validate(token);
    if (info?.user.id === id) return ok(what, "are validated");
    return failed(what, "Keystone does not know a token that it has just issued", "Let its hosts share their keys.");
  } catch (error) {
    return failed(
      what,
      words(error),
      `Give the service user the role service in its project, or admin where Keystone does not know that role: ${docs}.`,
    );
  }
}

/** What happens when a cluster is made: a trust to its trustee, from which Heat makes one of its own. */
async function redelegation(
  what: string,
  clouds: Clouds,
  { id, password }: Trustee,
  service: TokenInfo,
): Promise<Finding> {
  const roles = service.roles.slice(0, 1).map(({ name }) => name);
  const wish = { trusteeUserId: id, roles };
  try {
    const trust = await clouds.service().keystone.createTrust(wish);
    const access = { trusteeUserId: id, trusteePassword: password, trustId: trust.id };
    try {
      await clouds.fromTrust(access).keystone.createTrust(wish);
      return ok(what, "can be made from a cluster's trust");
    } catch (error) {
      const mend =
        "Set max_redelegation_count to 1 or more, and allow_redelegation = true, in [trust] of keystone.conf on each of its hosts.";
      return failed(what, `a trust can be made, and none from it: ${words(error)}`, mend);
    } finally {
      await clouds.service().keystone.deleteTrust(trust.id);
    }
  } catch (error) {
    return failed(what, words(error), "Let users make trusts: [trust] of keystone.conf, and identity:create_trust.");
  }
}

/** Quotas by the REST API name projects; a wrong one is to be told. */
async function projects(clouds: Clouds, service: TokenInfo | null): Promise<Finding> {
  const what = "projects for quotas";
  if (!service) return unknown(what, "service user");
  try {
    await clouds.service().keystone.findProjects(`check-${randomUUID()}`);
    return ok(what, "can be looked up");
  } catch (error) {
    return warning(
      what,
      `no quota can be set: ${words(error)}`,
      `Let the service user list projects (identity:list_projects and identity:get_project; the role admin may): ${docs}.`,
    );
  }
}

const needed = ["compute", "network", "image", "orchestration"];
/** What users miss without them. */
const useful: Readonly<Record<string, string>> = {
  "block-storage": "volumes of nodes and of pods need it",
  "load-balancer": "clusters with several control plane nodes and services of type LoadBalancer need it",
};

async function catalogue(env: Settings, clouds: Clouds, service: TokenInfo | null): Promise<Finding[]> {
  const [what, own] = ["services of the cloud", "own entry in the catalogue"];
  if (!service) return [what, own].map((each) => unknown(each, "service user"));
  const cloud = clouds.service();
  const { region } = env.openstack;
  const regions = await cloud.regions();
  if (region !== null && !regions.includes(region))
    return [
      failed(what, `there is no region ${region}`, `Set OS_REGION_NAME to one of ${regions.join(", ")}.`),
      unknown(own, what),
    ];
  const there = await cloud.services();
  const missing = needed.filter((type) => !there.includes(type));
  const missed = Object.keys(useful).filter((type) => !there.includes(type));
  const findings =
    missing.length > 0
      ? [
          failed(
            what,
            `the catalogue has no ${missing.join(", ")}`,
            "Add them, or name their region in OS_REGION_NAME.",
          ),
        ]
      : [ok(what, there.join(", "))];
  for (const type of missed)
    findings.push(
      warning(`service ${type}`, "the catalogue has none", `Nothing, unless users want it: ${useful[type]}.`),
    );
  const wanted = `${env.apiPublicUrl}/v1`;
  const found = await cloud.endpoint("container-infra");
  findings.push(
    found === wanted
      ? ok(own, wanted)
      : warning(
          own,
          found === null ? "there is none" : `it is ${found}, and API_PUBLIC_URL makes it ${wanted}`,
          `Let clients find the API: point the catalogue's container-infra at ${wanted} (${docs}).`,
        ),
  );
  return findings;
}

async function keyManager({ certManager }: Settings, clouds: Clouds, service: TokenInfo | null): Promise<Finding> {
  const what = "keys of clusters";
  if (certManager === "sealed") return ok(what, "are kept sealed in the database");
  if (!service) return unknown(what, "service user");
  const { barbican } = clouds.service();
  try {
    const id = await barbican.createSecret({ name: `check-${randomUUID()}`, payload: new Secret("check") });
    await barbican.getPayload(id);
    await barbican.deleteSecret(id);
    return ok(what, "are kept in Barbican");
  } catch (error) {
    const mend = "Give the service user the role creator in its project, or set CERT_MANAGER=sealed.";
    return failed(what, words(error), mend);
  }
}

/** Nodes are other machines: an address of this one does not lead them here. */
function address({ apiPublicUrl }: Settings): Finding {
  const what = "API for nodes";
  return isLoopback(new URL(apiPublicUrl).hostname.replace(/^\[|\]$/g, ""))
    ? warning(
        what,
        `${apiPublicUrl} is an address of this machine alone`,
        "Set API_PUBLIC_URL to an address that nodes reach.",
      )
    : ok(what, apiPublicUrl);
}

function words(error: unknown): string {
  if (!isOpenStackError(error)) throw error;
  const { service, operation, status, message } = error;
  return `${service} ${status === null ? "does not answer" : `answers ${status}`} to "${operation}": ${message.replace(/\.$/, "")}`;
}
