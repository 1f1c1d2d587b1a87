// The same product by its REST API: what a test needs to be there before its own story begins.
import { z } from "zod";
import { enter, sandboxKeystone } from "./enter.ts";
import { apiPort, sandboxPort } from "./ports.ts";
import type { Person } from "./console.ts";

export interface Api {
  projectId: string;
  /** Throws with status and answer unless it is 2xx. */
  call(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: object): Promise<unknown>;
}

/** As a person in a project; by default in that of their own name. */
export async function apiOf(
  person: Person,
  project: string = person === "reader" ? "demo" : person,
  ports: { api: number; sandbox: number } = { api: apiPort, sandbox: sandboxPort },
): Promise<Api> {
  const { token, projectId } = await enter(sandboxKeystone(ports.sandbox), person, project);
  return {
    projectId,
    async call(method, path, body) {
      const response = await fetch(`http://127.0.0.1:${ports.api}/v1${path}`, {
        method,
        headers: {
          "content-type": "application/json",
          "openstack-api-version": "container-infra latest",
          "x-auth-token": token,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text === "" ? null : JSON.parse(text);
    },
  };
}

const Made = z.object({ uuid: z.string() });

/** Answers the id at once; the cluster comes up meanwhile. */
export async function makeCluster(api: Api, name: string, more: object = {}): Promise<string> {
  const body = { name, cluster_template_id: "kubernetes-dev", keypair: "mykey", node_count: 1, ...more };
  return Made.parse(await api.call("POST", "/clusters", body)).uuid;
}

const Listed = z.object({
  clustertemplates: z.array(z.looseObject({ uuid: z.string(), name: z.string(), image_id: z.string() })),
});

/** A private template like `kubernetes-dev`. */
export async function makeTemplate(api: Api, name: string): Promise<string> {
  const listed = Listed.parse(await api.call("GET", "/clustertemplates")).clustertemplates;
  const image = listed.find((template) => template.name === "kubernetes-dev")?.image_id;
  const body = {
    name,
    coe: "kubernetes",
    image_id: image,
    external_network_id: "public",
    flavor_id: "m1.small",
    master_flavor_id: "m1.medium",
  };
  return Made.parse(await api.call("POST", "/clustertemplates", body)).uuid;
}
