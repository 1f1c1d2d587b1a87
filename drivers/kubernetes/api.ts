// The few calls that we make to a cluster's own API, with the service's client certificate. Whoever owns the cluster may
// answer whatever they like: every answer is bounded in time, size and depth here, and leads nowhere else.
import { Agent, request } from "node:https";
import { z } from "zod";
import type { Desired } from "../driver.ts";
import { wasClosedMeanwhile } from "../kept-connection.ts";
import { isDeeper } from "../../server/domain/json.ts";
import type { Secret } from "../../server/domain/secret.ts";

export interface KubeAccess {
  /** `https://192.0.2.7:6443`. */
  address: string;
  caPem: string;
  certPem: string;
  keyPem: Secret;
  /** How many nodes it should have: what they may say grows with them. */
  nodes: number;
}

const kib = 1024;
/** Of an answer about one thing. */
const oneBytes = 1024 * kib;
/** Of each node in a list: with its images, a large one has 30 KiB. */
const nodeBytes = 64 * kib;
/** Of the pods of one node. */
const podsBytes = 8192 * kib;
/** Of an error: what it says begins with it. */
const errorBytes = 16 * kib;
const saidLength = 300;
const deepest = 64;

/** Names, as long as Kubernetes lets them be. */
const Name = z.string().max(253);
const Version = z.string().max(64);

/** An answer other than 2xx, or none at all (`status` null). The message is the API's own. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

const Words = z.record(z.string(), z.string()).default({});
/** With whatever else it has: it is written back whole. */
const Taint = z.looseObject({ key: z.string(), effect: z.string() });

const Node = z.object({
  metadata: z.object({
    name: Name,
    creationTimestamp: z.string().max(64).optional(),
    resourceVersion: z.string().max(64).optional(),
    labels: Words,
    annotations: Words,
  }),
  spec: z.object({ unschedulable: z.boolean().default(false), taints: z.array(Taint).default([]) }).prefault({}),
  status: z.object({
    conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() })).default([]),
    nodeInfo: z.object({ kubeletVersion: Version }).optional(),
  }),
});
export type KubeNode = z.infer<typeof Node>;

const Pod = z.object({
  metadata: z.object({
    name: Name,
    namespace: Name,
    annotations: Words,
    deletionTimestamp: z.string().optional(),
    ownerReferences: z.array(z.object({ kind: z.string(), controller: z.boolean().default(false) })).default([]),
  }),
  status: z.object({ phase: z.string().default("") }).prefault({}),
});
export type KubePod = z.infer<typeof Pod>;

/** An object to be applied, as its manifest has it. */
export const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
export type Manifest = z.infer<typeof Manifest>;

/** Plural words of the kinds in our add-ons; a new kind needs a row. */
const plurals: Readonly<Record<string, string>> = {
  Namespace: "namespaces",
  ServiceAccount: "serviceaccounts",
  ConfigMap: "configmaps",
  Secret: "secrets",
  Service: "services",
  Deployment: "deployments",
  DaemonSet: "daemonsets",
  ClusterRole: "clusterroles",
  ClusterRoleBinding: "clusterrolebindings",
};

export const fieldManager = "jeroboam";

export function accessOf(want: Desired, address: string): KubeAccess | null {
  return want.admin === null
    ? null
    : {
        address,
        caPem: want.pki.caPem,
        certPem: want.admin.certPem,
        keyPem: want.admin.keyPem,
        nodes: want.nodegroups.reduce((sum, group) => sum + group.count, 0),
      };
}

export function kubeApi(access: KubeAccess, timeoutMs = 5000) {
  // One connection serves the calls of a pass; idle it is gone before a server would close it under a request.
  const agent = new Agent({
    ca: access.caPem,
    cert: access.certPem,
    key: access.keyPem.reveal(),
    keepAlive: true,
    maxSockets: 8,
    timeout: 2000,
  });
  const json = async (path: string, mostBytes = oneBytes): Promise<unknown> => {
    const parsed: unknown = JSON.parse(await call("GET", path, undefined, mostBytes));
    if (isDeeper(parsed, deepest)) throw new KubeError(`GET ${path} answered what is nested too deep`, 0);
    return parsed;
  };
  const call = (
    method: string,
    path: string,
    body?: { type: string; text: string },
    mostBytes = oneBytes,
    own = false,
  ): Promise<string> =>
    new Promise<string>((resolve, reject) => {
      const url = new URL(path, access.address);
      const sent = request(
        url,
        {
          method,
          ...(own ? { ca: access.caPem, cert: access.certPem, key: access.keyPem.reveal(), agent: false } : { agent }),
          signal: AbortSignal.timeout(timeoutMs),
          headers: {
            Accept: "application/json",
            ...(body ? { "Content-Type": body.type, "Content-Length": Buffer.byteLength(body.text) } : {}),
          },
        },
        (answer) => {
          const status = answer.statusCode ?? 0;
          const isGood = status >= 200 && status < 300;
          const parts: Buffer[] = [];
          let size = 0;
          const refusal = () =>
            new KubeError(
              `${method} ${url.pathname} answered ${status}: ${saidIn(Buffer.concat(parts).toString("utf8"))}`,
              status,
            );
          answer.on("data", (part: Buffer) => {
            size += part.length;
            parts.push(part);
            if (size <= (isGood ? mostBytes : errorBytes)) return;
            reject(
              isGood
                ? new KubeError(`${method} ${url.pathname} answered more than ${mostBytes} bytes`, status)
                : refusal(),
            );
            answer.destroy();
          });
          answer.on("error", (error) => reject(new KubeError(error.message, null)));
          answer.on("end", () => {
            if (isGood) resolve(Buffer.concat(parts).toString("utf8"));
            else reject(refusal());
          });
        },
      );
      sent.on("error", (error) => {
        if (method === "GET" && wasClosedMeanwhile(sent, error)) {
          resolve(call(method, path, body, mostBytes, true));
          return;
        }
        const late = error.name === "TimeoutError" || error.name === "AbortError";
        reject(new KubeError(late ? `no answer within ${timeoutMs / 1000} s` : error.message, null));
      });
      sent.end(body?.text);
    });
  return {
    /** `v1.31.1`. */
    version: async () => z.object({ gitVersion: Version }).parse(await json("/version")).gitVersion,
    /** `ok`, or the KubeError of what is not. */
    readyz: async () => plain(await call("GET", "/readyz", undefined, errorBytes)),
    nodes: async () =>
      z
        .object({ items: z.array(Node) })
        .parse(await json("/api/v1/nodes?limit=1000", oneBytes + access.nodes * nodeBytes)).items,
    /** Null when there is no such node. */
    node: async (name: string) => {
      const found = await orNull(json(`/api/v1/nodes/${name}`));
      return found === null ? null : Node.parse(found);
    },
    /** A merge patch: what is null goes. With `metadata.resourceVersion` it fails by 409 when another was faster. */
    patchNode: async (name: string, patch: object) => {
      await call("PATCH", `/api/v1/nodes/${name}?fieldManager=${fieldManager}`, {
        type: "application/merge-patch+json",
        text: JSON.stringify(patch),
      });
    },
    /** Done as well when there is no such node. */
    deleteNode: async (name: string) => {
      await orNull(call("DELETE", `/api/v1/nodes/${name}`));
    },
    podsOn: async (node: string) =>
      z
        .object({ items: z.array(Pod) })
        .parse(await json(`/api/v1/pods?fieldSelector=spec.nodeName%3D${node}&limit=1000`, podsBytes)).items,
    /** The version in which this API takes an Eviction: `policy/v1`, before 1.22 `policy/v1beta1`. */
    evictionVersion: async () => {
      const { resources } = Resources.parse(await json("/api/v1"));
      const found = resources.find((one) => one.name === "pods/eviction");
      return `${found?.group ?? "policy"}/${found?.version ?? "v1"}`;
    },
    /** Null = the pod goes or is gone; else why the API refuses it now (429: a PodDisruptionBudget). */
    evict: async ({ metadata }: KubePod, apiVersion: string): Promise<KubeError | null> => {
      const { name, namespace } = metadata;
      const text = JSON.stringify({ apiVersion, kind: "Eviction", metadata: { name, namespace } });
      try {
        await call("POST", `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, { type: "application/json", text });
        return null;
      } catch (error) {
        if (!(error instanceof KubeError) || error.status === null) throw error;
        return error.status === 404 ? null : error;
      }
    },
    /** Null when there is no such ConfigMap. */
    configMap: async (namespace: string, name: string) => {
      const found = await orNull(json(`/api/v1/namespaces/${namespace}/configmaps/${name}`));
      return found === null ? null : z.object({ data: Words }).parse(found).data;
    },
    /** Of a DaemonSet's container; null when there is no such one. */
    daemonSetImage: async (namespace: string, name: string, container: string) => {
      const found = await orNull(json(`/apis/apps/v1/namespaces/${namespace}/daemonsets/${name}`));
      if (found === null) return null;
      const { containers } = PodTemplateOwner.parse(found).spec.template.spec;
      return containers.find((each) => each.name === container)?.image ?? null;
    },
    /** Leaves everything else of it as its maker has it. */
    setDaemonSetImage: async (namespace: string, name: string, container: string, image: string) => {
      await call("PATCH", `/apis/apps/v1/namespaces/${namespace}/daemonsets/${name}?fieldManager=${fieldManager}`, {
        type: "application/strategic-merge-patch+json",
        text: JSON.stringify({ spec: { template: { spec: { containers: [{ name: container, image }] } } } }),
      });
    },
    /** Server-side apply: applied twice it has the effect of once. Takes over fields that others hold. */
    apply: async (manifest: Manifest) => {
      await call("PATCH", `${manifestPath(manifest)}?fieldManager=${fieldManager}&force=true`, {
        type: "application/apply-patch+yaml",
        text: JSON.stringify(manifest),
      });
    },
  };
}
export type KubeApi = ReturnType<typeof kubeApi>;

/** Throws for a kind that has no row above. */
export function manifestPath({ apiVersion, kind, metadata }: Manifest): string {
  const plural = plurals[kind];
  if (plural === undefined) throw new Error(`no path is known for kind ${kind}`);
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
  return `${group}${namespace}/${plural}/${metadata.name}`;
}

const PodTemplateOwner = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({ containers: z.array(z.object({ name: z.string(), image: z.string().optional() })) }),
    }),
  }),
});

const Resources = z.object({
  resources: z.array(z.object({ name: z.string(), group: z.string().optional(), version: z.string().optional() })),
});

/** Null for an answer 404. */
function orNull<T>(answer: Promise<T>): Promise<T | null> {
  return answer.catch((error: unknown) => {
    if (error instanceof KubeError && error.status === 404) return null;
    throw error;
  });
}

/** Its words as they may be stored and shown. */
const plain = (text: string): string =>
  text
    .slice(0, saidLength)
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ")
    .trim();

function saidIn(text: string): string {
  try {
    const status = z.object({ message: z.string() }).safeParse(JSON.parse(text));
    if (status.success) return plain(status.data.message);
  } catch {
    // not JSON: the text itself is what it said
  }
  return plain(text);
}
