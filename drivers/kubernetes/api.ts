// The few calls that we make to a cluster's own API, with the service's client certificate. Every call is bounded.
import { Agent, request } from "node:https";
import { z } from "zod";
import type { Desired } from "../driver.ts";
import type { Secret } from "../../server/domain/secret.ts";

export interface KubeAccess {
  /** `https://192.0.2.7:6443`. */
  address: string;
  caPem: string;
  certPem: string;
  keyPem: Secret;
}

/** An answer other than 2xx, or none at all (`status` null). The message is the API's own. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

const Node = z.object({
  metadata: z.object({ name: z.string(), creationTimestamp: z.string().optional() }),
  status: z.object({
    conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() })).default([]),
    nodeInfo: z.object({ kubeletVersion: z.string() }).optional(),
  }),
});
export type KubeNode = z.infer<typeof Node>;

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
    : { address, caPem: want.pki.caPem, certPem: want.admin.certPem, keyPem: want.admin.keyPem };
}

export function kubeApi(access: KubeAccess, timeoutMs = 5000) {
  const call = (method: string, path: string, body?: { type: string; text: string }) =>
    new Promise<string>((resolve, reject) => {
      const agent = new Agent({
        ca: access.caPem,
        cert: access.certPem,
        key: access.keyPem.reveal(),
        keepAlive: false,
      });
      const url = new URL(path, access.address);
      const sent = request(
        url,
        {
          method,
          agent,
          signal: AbortSignal.timeout(timeoutMs),
          headers: {
            Accept: "application/json",
            ...(body ? { "Content-Type": body.type, "Content-Length": Buffer.byteLength(body.text) } : {}),
          },
        },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on("data", (part: Buffer) => parts.push(part));
          answer.on("error", (error) => reject(new KubeError(error.message, null)));
          answer.on("end", () => {
            const text = Buffer.concat(parts).toString("utf8");
            const status = answer.statusCode ?? 0;
            if (status >= 200 && status < 300) resolve(text);
            else reject(new KubeError(`${method} ${url.pathname} answered ${status}: ${saidIn(text)}`, status));
          });
        },
      );
      sent.on("error", (error) =>
        reject(
          new KubeError(
            error.name === "TimeoutError" || error.name === "AbortError"
              ? `no answer within ${timeoutMs / 1000} s`
              : error.message,
            null,
          ),
        ),
      );
      sent.end(body?.text);
    });
  return {
    /** `v1.31.1`. */
    version: async () =>
      z.object({ gitVersion: z.string() }).parse(JSON.parse(await call("GET", "/version"))).gitVersion,
    /** `ok`, or the KubeError of what is not. */
    readyz: () => call("GET", "/readyz"),
    nodes: async () =>
      z.object({ items: z.array(Node) }).parse(JSON.parse(await call("GET", "/api/v1/nodes?limit=1000"))).items,
    /** Null when there is no such ConfigMap. */
    configMap: async (namespace: string, name: string) => {
      const text = await call("GET", `/api/v1/namespaces/${namespace}/configmaps/${name}`).catch((error: unknown) => {
        if (error instanceof KubeError && error.status === 404) return null;
        throw error;
      });
      return text === null
        ? null
        : z.object({ data: z.record(z.string(), z.string()).default({}) }).parse(JSON.parse(text)).data;
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

function saidIn(text: string): string {
  try {
    const status = z.object({ message: z.string() }).safeParse(JSON.parse(text));
    if (status.success) return status.data.message;
  } catch {
    // not JSON: the text itself is what it said
  }
  return text.slice(0, 300).trim();
}
