// The two clouds that the same assertions run against: the sandbox, and real services that e2e/openstack/up has started.
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { call, list, read, signIn } from "../openstack/session.ts";
import type { Credentials, Session } from "../openstack/session.ts";
import { kubernetesIsBuilt } from "../kubernetes/api-server.ts";
import { standInKubernetes } from "../openstack/stand-in-kubernetes.ts";
import { playNodes } from "../openstack/stand-in-node.ts";
import type { Behaviour, PlayedNode } from "../openstack/stand-in-node.ts";
import { freePort } from "./product.ts";
import type { Role } from "./product.ts";

export interface CloudTarget {
  readonly name: "sandbox" | "openstack";
  /** Variables of server/env.ts that lead our roles to this cloud. */
  readonly env: Readonly<Record<string, string>>;
  /** Roles of ours that are part of the cloud itself. */
  readonly roles: readonly Role[];
  /** A project of this test alone, whose owner is `person`. Called when the cloud answers. */
  prepare(): Promise<Prepared>;
  /** How much longer things take than in a sandbox at full speed. */
  readonly patience: number;
}

export interface Prepared {
  /** Of the person and of the project. */
  name: string;
  person: Session;
  trusteeAdmin: Session;
  /** Somebody who plays nodes, or null where the cloud does so. */
  nodes: { readonly problems: readonly string[]; stop(): void } | null;
  remove(): Promise<void>;
}

const withId = z.object({ id: z.string() });
const named = z.object({ id: z.string(), name: z.string() });

export async function sandboxTarget(speed = 200): Promise<CloudTarget> {
  const port = await freePort();
  const authUrl = `http://127.0.0.1:${port}/identity/v3`;
  const trusteeAdmin = "trustee_domain_admin";
  return {
    name: "sandbox",
    env: { SANDBOX_PORT: String(port), SANDBOX_SPEED: String(speed) },
    roles: ["sandbox"],
    patience: 1,
    prepare: async () => ({
      name: "demo",
      person: await signIn(projectCredentials(authUrl, "demo", "demo", "demo")),
      trusteeAdmin: await signIn({
        authUrl,
        user: { name: trusteeAdmin, domain: "magnum" },
        password: trusteeAdmin,
        scope: { domain: "magnum" },
      }),
      nodes: null,
      remove: async () => {},
    }),
  };
}

const password = "devcloud";

/** `behaviour`: how each of its servers behaves. */
export function openstackTarget(behaviour: (node: PlayedNode) => Behaviour = () => "in short"): CloudTarget {
  const authUrl = "http://127.0.0.1:5000/v3";
  const trusteeAdmin = "trustee_domain_admin";
  return {
    name: "openstack",
    env: {
      OS_AUTH_URL: authUrl,
      OS_USERNAME: "jeroboam",
      OS_PASSWORD: password,
      OS_PROJECT_NAME: "service",
      OS_USER_DOMAIN_NAME: "Default",
      OS_PROJECT_DOMAIN_NAME: "Default",
      OS_REGION_NAME: "RegionOne",
      TRUSTEE_DOMAIN_NAME: "magnum",
      TRUSTEE_DOMAIN_ADMIN_NAME: trusteeAdmin,
      TRUSTEE_DOMAIN_ADMIN_PASSWORD: password,
    },
    roles: [],
    patience: 20,
    prepare: async () => {
      const admin = await signIn(projectCredentials(authUrl, "admin", password, "admin"));
      const { name, remove } = await makeProject(admin);
      const person = await signIn(projectCredentials(authUrl, name, password, name));
      await call("POST", `${person.at("compute")}/os-keypairs`, person, { keypair: { name: "mykey" } });
      const kubernetes = kubernetesIsBuilt() ? standInKubernetes() : null;
      const projectId = person.projectId ?? "";
      const nodes = playNodes(admin, { projectId, ...(kubernetes && { kubernetes }), behaviour });
      return {
        name,
        person,
        trusteeAdmin: await signIn({
          authUrl,
          user: { name: trusteeAdmin, domain: "magnum" },
          password,
          scope: { domain: "magnum" },
        }),
        nodes,
        remove: async () => {
          nodes.stop();
          await kubernetes?.stop();
          await remove();
        },
      };
    },
  };
}

const projectCredentials = (authUrl: string, name: string, password: string, project: string): Credentials => ({
  authUrl,
  user: { name, domain: "Default" },
  password,
  scope: { project, domain: "Default" },
});

/** A project and its owner, both of the same new name. */
export async function makeProject(admin: Session): Promise<{ name: string; remove(): Promise<void> }> {
  const name = `e2e-${randomBytes(4).toString("hex")}`;
  const at = (path: string) => `${admin.authUrl}/${path}`;
  const project = await read(
    await call("POST", at("projects"), admin, { project: { name, domain_id: "default" } }),
    "project",
    withId,
  );
  const user = await read(
    await call("POST", at("users"), admin, { user: { name, domain_id: "default", password } }),
    "user",
    withId,
  );
  const roles = await list(admin, at("roles"), "roles", named);
  for (const role of roles)
    if (["member", "reader", "heat_stack_owner", "creator", "load-balancer_member"].includes(role.name))
      await call("PUT", at(`projects/${project.id}/users/${user.id}/roles/${role.id}`), admin);
  return {
    name,
    remove: async () => {
      await call("DELETE", at(`users/${user.id}`), admin);
      await call("DELETE", at(`projects/${project.id}`), admin);
    },
  };
}
