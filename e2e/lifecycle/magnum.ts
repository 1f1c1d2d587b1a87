// Our REST API as any client of Magnum uses it.
import { z } from "zod";
import { call, HttpError, list } from "../openstack/session.ts";
import type { Session } from "../openstack/session.ts";

const Cluster = z.object({
  uuid: z.string(),
  name: z.string(),
  status: z.string(),
  status_reason: z.string().nullable(),
  master_count: z.number(),
  node_count: z.number(),
  api_address: z.string().nullable(),
  master_addresses: z.array(z.string()).nullable(),
  node_addresses: z.array(z.string()).nullable(),
});
export type Cluster = z.infer<typeof Cluster>;

const Made = z.object({ uuid: z.string() });

export interface Magnum {
  createTemplate(body: Readonly<Record<string, unknown>>): Promise<string>;
  deleteTemplate(id: string): Promise<void>;
  createCluster(body: Readonly<Record<string, unknown>>): Promise<string>;
  /** Null = there is none. */
  findCluster(id: string): Promise<Cluster | null>;
  deleteCluster(id: string): Promise<void>;
  ca(id: string): Promise<string>;
  /** Has a signing request signed by the cluster's authority. */
  sign(id: string, csr: string): Promise<string>;
  /** The default workers. */
  resize(id: string, nodeCount: number): Promise<void>;
  /** To another template. */
  upgrade(id: string, templateId: string): Promise<void>;
  rotateCa(id: string): Promise<void>;
  rotateCredential(id: string): Promise<void>;
}

/** `apiUrl` with /v1. */
export function magnum(apiUrl: string, person: Session): Magnum {
  const version = { "OpenStack-API-Version": "container-infra latest" };
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await call(method, `${apiUrl}/${path}`, person, body, version);
    const text = await response.text();
    const answer: unknown = text === "" ? null : JSON.parse(text);
    return answer;
  };
  const pem = (answer: unknown) => z.object({ pem: z.string() }).parse(answer).pem;
  return {
    createTemplate: async (body) => Made.parse(await ask("POST", "clustertemplates", body)).uuid,
    deleteTemplate: async (id) => void (await ask("DELETE", `clustertemplates/${id}`)),
    createCluster: async (body) => Made.parse(await ask("POST", "clusters", body)).uuid,
    findCluster: async (id) => {
      try {
        return Cluster.parse(await ask("GET", `clusters/${id}`));
      } catch (error) {
        if (error instanceof HttpError && error.status === 404) return null;
        throw error;
      }
    },
    deleteCluster: async (id) => void (await ask("DELETE", `clusters/${id}`)),
    ca: async (id) => pem(await ask("GET", `certificates/${id}`)),
    resize: async (id, nodeCount) =>
      void (await ask("POST", `clusters/${id}/actions/resize`, { node_count: nodeCount })),
    upgrade: async (id, templateId) =>
      void (await ask("POST", `clusters/${id}/actions/upgrade`, { cluster_template: templateId, max_batch_size: 2 })),
    rotateCa: async (id) => void (await ask("PATCH", `certificates/${id}`)),
    rotateCredential: async (id) => void (await ask("PATCH", `credentials/${id}`)),
    sign: async (id, csr) => pem(await ask("POST", "certificates", { cluster_uuid: id, csr })),
  };
}

/** A Kubernetes template over what every cloud of ours is seeded with: a CoreOS image, flavors, key pair, network. */
export async function kubernetesTemplate(person: Session, name: string): Promise<Record<string, unknown>> {
  const image = z.object({ id: z.string(), name: z.string() });
  const images = await list(person, `${person.at("image")}/v2/images?os_distro=fedora-coreos`, "images", image);
  return {
    name,
    coe: "kubernetes",
    // Others of this distro are there to fail.
    image_id: images.find((one) => /^fedora-coreos-\d+$/.test(one.name))?.id,
    external_network_id: "public",
    keypair_id: "mykey",
    master_flavor_id: "m1.small",
    flavor_id: "m1.small",
    network_driver: "flannel",
    docker_storage_driver: "overlay2",
    dns_nameserver: "8.8.8.8",
    master_lb_enabled: true,
    floating_ip_enabled: false,
    // The conductor reaches the API from outside.
    labels: { master_lb_floating_ip_enabled: "true" },
  };
}
