// A cluster whose owner left the project: a colleague makes it theirs, or deletes it as it is.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { call, list, read } from "../openstack/session.ts";
import type { Session } from "../openstack/session.ts";
import { enter } from "../support/enter.ts";
import { isGone, reaches } from "./lifecycle.ts";
import { kubernetesTemplate, magnum } from "./magnum.ts";
import type { Magnum } from "./magnum.ts";
import { openProduct } from "./product.ts";
import type { Product } from "./product.ts";
import { sandboxTarget } from "./target.ts";

const minute = 60_000;
const named = z.object({ id: z.string(), name: z.string() });

describe("a cluster whose owner left the project", () => {
  let product: Product;
  let admin: Session;
  let colleague: Session;
  let api: Magnum;

  /** A person of project demo, and how they leave it. */
  async function member(name: string): Promise<{ session: Session; leave(): Promise<void> }> {
    const at = (path: string) => `${admin.authUrl}/${path}`;
    const [project] = await list(admin, at("projects?name=demo"), "projects", named);
    const [role] = (await list(admin, at("roles"), "roles", named)).filter((one) => one.name === "member");
    const wish = { name, domain_id: "default", password: name };
    const user = await read(await call("POST", at("users"), admin, { user: wish }), "user", named);
    const grant = at(`projects/${project?.id ?? ""}/users/${user.id}/roles/${role?.id ?? ""}`);
    await call("PUT", grant, admin);
    const session = await enter(admin.authUrl, name, "demo");
    return { session, leave: async () => void (await call("DELETE", grant, admin)) };
  }

  const keypair = (person: Session) =>
    call("POST", `${person.at("compute")}/os-keypairs`, person, { keypair: { name: "mykey" } });

  /** A cluster of somebody who has left since. */
  async function orphan(name: string): Promise<string> {
    const owner = await member(`${name}-owner`);
    await keypair(owner.session);
    const own = magnum(product.apiUrl, owner.session);
    const template = await own.createTemplate(await kubernetesTemplate(owner.session, name));
    const id = await own.createCluster({ name, cluster_template_id: template, master_count: 1, node_count: 3 });
    await reaches(own, id, "CREATE_COMPLETE", 5 * minute);
    await owner.leave();
    return id;
  }

  beforeAll(async () => {
    const target = await sandboxTarget();
    product = await openProduct(target.env);
    for (const role of [...target.roles, "api", "conductor"] as const) await product.start(role);
    const { person } = await target.prepare();
    admin = await enter(person.authUrl, "admin");
    colleague = (await member("colleague")).session;
    api = magnum(product.apiUrl, colleague);
  }, 2 * minute);

  afterAll(() => product.stop());

  it(
    "is a colleague's after a rotation of its credential, with new nodes and all that can be done to it",
    async () => {
      const id = await orphan("taken");
      await expect(api.rotateCredential(id)).rejects.toThrow(/you have no key pair mykey/);
      await keypair(colleague);
      await api.rotateCredential(id);
      const cluster = await reaches(api, id, "UPDATE_COMPLETE", 8 * minute);
      expect(cluster.node_addresses).toHaveLength(3);
      await api.resize(id, 2);
      await reaches(api, id, "UPDATE_COMPLETE", 5 * minute);
      await api.deleteCluster(id);
      await isGone(api, id, 5 * minute);
    },
    18 * minute,
  );

  it(
    "can be deleted by a colleague as it is",
    async () => {
      const id = await orphan("left");
      await api.deleteCluster(id);
      await isGone(api, id, 5 * minute);
    },
    10 * minute,
  );
});
