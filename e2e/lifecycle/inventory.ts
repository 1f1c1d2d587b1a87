// Everything that a cluster may have made at a cloud, read with plain calls and not with the product's own clients.
import { z } from "zod";
import { list } from "../openstack/session.ts";
import type { Session } from "../openstack/session.ts";

const thing = z.object({ id: z.string(), name: z.string().nullish() });
type Thing = z.infer<typeof thing>;
const word = ({ id, name }: Thing) => name || id;

/** Names (or ids) by kind, sorted. A kind of which there is nothing is left out, so that nothing at all is `{}`. */
export type Inventory = Record<string, string[]>;

/** What the project of `person` holds, and the trusts that `person` gave to trustees of the trustee domain. */
export async function inventory(person: Session, trusteeAdmin: Session): Promise<Inventory> {
  const neutron = (plural: string) => {
    const project = person.projectId ?? "";
    return list(
      person,
      `${person.at("network")}/v2.0/${plural.replace("_", "-")}?project_id=${project}`,
      plural,
      thing,
    );
  };
  const cinder = person.at("volumev3");
  const found: Record<string, Thing[]> = {
    stacks: await stacks(person),
    servers: await list(person, `${person.at("compute")}/servers`, "servers", thing),
    volumes: await list(person, `${cinder}/volumes`, "volumes", thing),
    "load balancers": await list(
      person,
      `${person.at("load-balancer")}/v2/lbaas/loadbalancers`,
      "loadbalancers",
      thing,
    ),
    networks: await neutron("networks"),
    subnets: await neutron("subnets"),
    routers: await neutron("routers"),
    ports: await neutron("ports"),
    "floating ips": await neutron("floatingips"),
    "security groups": (await neutron("security_groups")).filter((group) => group.name !== "default"),
    trusts: await trusts(person, trusteeAdmin),
  };
  const filled = Object.entries(found).filter(([, things]) => things.length > 0);
  return Object.fromEntries(filled.map(([kind, things]) => [kind, things.map(word).sort()]));
}

const stack = z.object({ id: z.string(), stack_name: z.string(), stack_status: z.string() });

async function stacks(person: Session): Promise<Thing[]> {
  const listed = await list(person, `${person.at("orchestration")}/stacks`, "stacks", stack);
  // For a moment Heat shows what it has just deleted.
  return listed
    .filter((one) => one.stack_status !== "DELETE_COMPLETE")
    .map((one) => ({ id: one.id, name: one.stack_name }));
}

/** Trusts to users of the trustee domain; Heat makes trusts too, to itself. The trustee's name stands for the trust. */
async function trusts(person: Session, trusteeAdmin: Session): Promise<Thing[]> {
  const users = new Map((await trustees(trusteeAdmin)).map((user) => [user.id, user]));
  const trust = z.object({ id: z.string(), trustee_user_id: z.string() });
  const given = await list(
    person,
    `${person.authUrl}/OS-TRUST/trusts?trustor_user_id=${person.userId}`,
    "trusts",
    trust,
  );
  return given.flatMap(({ trustee_user_id }) => users.get(trustee_user_id) ?? []);
}

/** All users of the trustee domain but its administrator, and the one that a conductor tries things with as it starts. */
export async function trustees(trusteeAdmin: Session): Promise<Thing[]> {
  const users = await list(trusteeAdmin, `${trusteeAdmin.authUrl}/users`, "users", thing);
  return users.filter((user) => user.id !== trusteeAdmin.userId && !user.name?.startsWith("check-"));
}
