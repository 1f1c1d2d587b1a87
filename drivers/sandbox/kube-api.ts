// A cluster's Kubernetes API on loopback: TLS with the cluster's own certificates, clients known by theirs. It answers
// what kubectl asks to look around and keeps what is applied; it runs no pods.
import { createServer, type Server as HttpsServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { apiGroups, kinds, resourceList, type Kind } from "./kube-objects.ts";
import type { Collection } from "./store.ts";

export interface KubeNode {
  name: string;
  serverId: string;
  role: string;
  nodegroup: string;
  version: string;
  address: string;
  publicAddress: string | null;
  ready: boolean;
  since: string;
}

/** An object as it was applied, by cluster. */
export interface KubeObject {
  id: string;
  clusterId: string;
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  body: Record<string, unknown>;
}

export interface KubeApiOptions {
  clusterId: string;
  host: string;
  port: number;
  certPem: string;
  keyPem: string;
  caPem: string;
  objects: Collection<KubeObject>;
  nodes(): KubeNode[];
  version(): string;
}

type Body = Record<string, unknown>;
interface Answer {
  status: number;
  body: unknown;
  type?: string;
}

const failure = (code: number, reason: string, message: string): Answer => ({
  status: code,
  body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code },
});

/** Listens when the address can be bound here. */
export async function openKubeApi(options: KubeApiOptions): Promise<{ close(): Promise<void> }> {
  const server: HttpsServer = createServer({
    cert: options.certPem,
    key: options.keyPem,
    ca: options.caPem,
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      let answer: Answer;
      try {
        answer = respond(options, request, Buffer.concat(chunks).toString("utf8"));
      } catch (error) {
        answer = failure(400, "BadRequest", error instanceof Error ? error.message : String(error));
      }
      const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
      response.writeHead(answer.status, {
        "content-type":
          answer.type ?? (typeof answer.body === "string" ? "text/plain; charset=utf-8" : "application/json"),
        "cache-control": "no-cache, private",
      });
      response.end(text);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function respond(options: KubeApiOptions, request: IncomingMessage, text: string): Answer {
  const url = new URL(request.url ?? "/", "https://kubernetes");
  const path = url.pathname;
  if (["/livez", "/readyz", "/healthz"].includes(path)) return { status: 200, body: "ok" };
  const who = userOf(request);
  if (path === "/version") {
    const version = options.version();
    const [, major = "1", minor = "0"] = version.match(/^v?(\d+)\.(\d+)/) ?? [];
    return {
      status: 200,
      body: {
        major,
        minor,
        gitVersion: version,
        gitCommit: "",
        gitTreeState: "clean",
        buildDate: "2026-01-01T00:00:00Z",
        goVersion: "",
        compiler: "",
        platform: "linux/amd64",
      },
    };
  }
  if (who === null) return failure(401, "Unauthorized", "Unauthorized");
  if (!who.groups.includes("system:masters") && !(who.groups.includes("system:nodes") && request.method === "GET"))
    return failure(
      403,
      "Forbidden",
      `User "${who.name}" cannot ${(request.method ?? "get").toLowerCase()} path "${path}"`,
    );
  if (path === "/api")
    return { status: 200, body: { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] } };
  if (path === "/apis") return { status: 200, body: apiGroups() };
  if (path === "/openapi/v2")
    return {
      status: 200,
      body: { swagger: "2.0", info: { title: "Kubernetes", version: options.version() }, paths: {}, definitions: {} },
    };
  const match = path.match(/^\/(?:api|apis\/([^/]+))\/v1(?:\/(.*))?$/);
  const group = match?.[1] ?? "";
  if (!match || (group !== "" && !kinds.some((each) => each.group === group)))
    return failure(404, "NotFound", "the server could not find the requested resource");
  const rest = (match[2] ?? "").split("/").filter((part) => part !== "");
  if (rest.length === 0) return { status: 200, body: resourceList(group) };
  const namespaced = rest[0] === "namespaces" && rest.length > 2;
  const namespace = namespaced ? (rest[1] ?? "") : "";
  const [plural = "", name] = namespaced ? rest.slice(2) : rest;
  const kind = kinds.find((each) => each.group === group && each.plural === plural);
  if (!kind) return failure(404, "NotFound", "the server could not find the requested resource");
  return act(options, request, { kind, namespace, name, url, text });
}

/** The client's subject, when the cluster's CA signed it. */
function userOf(request: IncomingMessage): { name: string; groups: string[] } | null {
  const socket = request.socket as TLSSocket;
  if (!socket.authorized) return null;
  const { subject } = socket.getPeerCertificate();
  const groups: unknown = subject?.O;
  const names: unknown = subject?.CN;
  return {
    name: typeof names === "string" ? names : "",
    groups: [groups].flat().flatMap((group) => (typeof group === "string" ? [group] : [])),
  };
}

interface Wish {
  kind: Kind;
  namespace: string;
  name: string | undefined;
  url: URL;
  text: string;
}

function act(options: KubeApiOptions, request: IncomingMessage, wish: Wish): Answer {
  const { kind, namespace, name } = wish;
  const missing = () =>
    failure(404, "NotFound", `${kind.plural}${kind.group ? `.${kind.group}` : ""} "${name ?? ""}" not found`);
  const idOf = (object: string) => [options.clusterId, kind.group, kind.kind, namespace, object].join("/");
  const apiVersion = kind.group === "" ? "v1" : `${kind.group}/v1`;
  const everything = (): Body[] =>
    kind.kind === "Node"
      ? options.nodes().map((node) => nodeObject(node, options))
      : [
          ...builtin(kind),
          ...options.objects
            .filter(
              (row) => row.clusterId === options.clusterId && row.apiVersion === apiVersion && row.kind === kind.kind,
            )
            .map((row) => row.body),
        ].filter((object) => namespace === "" || metadataOf(object).namespace === namespace);
  switch (request.method) {
    case "GET": {
      const table = /as=Table/.test(request.headers.accept ?? "");
      if (name === undefined) {
        const items = everything();
        const meta = { resourceVersion: "1" };
        return {
          status: 200,
          body: table ? tableOf(kind, items, meta) : { kind: `${kind.kind}List`, apiVersion, metadata: meta, items },
        };
      }
      const found = everything().find((object) => metadataOf(object).name === name);
      if (!found) return missing();
      return { status: 200, body: table ? tableOf(kind, [found], { resourceVersion: "1" }) : found };
    }
    case "POST":
    case "PUT":
    case "PATCH": {
      if (kind.kind === "Node") return failure(403, "Forbidden", "nodes are what the sandbox says they are");
      const given = z.record(z.string(), z.unknown()).parse(parseYaml(wish.text));
      const object = name ?? metadataOf(given).name;
      const had = options.objects.get(idOf(object));
      if (request.method === "POST" && had)
        return failure(409, "AlreadyExists", `${kind.plural} "${object}" already exists`);
      const merged = merge(had?.body ?? {}, given);
      const version = Number(metadataOf(merged).resourceVersion || 0) + 1;
      const metadata = {
        ...(typeof merged["metadata"] === "object" ? merged["metadata"] : {}),
        name: object,
        ...(kind.namespaced ? { namespace: namespace || "default" } : {}),
        resourceVersion: String(version),
        uid: idOf(object),
        creationTimestamp: metadataOf(merged).creationTimestamp || new Date().toISOString().replace(/\.\d+Z/, "Z"),
      };
      const body = { ...merged, apiVersion, kind: kind.kind, metadata };
      options.objects.put({
        id: idOf(object),
        clusterId: options.clusterId,
        apiVersion,
        kind: kind.kind,
        namespace,
        name: object,
        body,
      });
      return { status: had ? 200 : 201, body };
    }
    case "DELETE": {
      if (name === undefined || !options.objects.get(idOf(name))) return missing();
      options.objects.delete(idOf(name));
      return { status: 200, body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" } };
    }
    default:
      return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
  }
}

const Metadata = z.looseObject({
  name: z.string().default(""),
  namespace: z.string().default(""),
  resourceVersion: z.string().default(""),
  creationTimestamp: z.string().default(""),
});
const metadataOf = (object: Body) => Metadata.parse(object["metadata"] ?? {});

function merge(base: Body, patch: Body): Body {
  const merged: Body = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    const old = merged[key];
    if (value === null) Reflect.deleteProperty(merged, key);
    else if (isPlain(value) && isPlain(old)) merged[key] = merge(old, value);
    else merged[key] = value;
  }
  return merged;
}
const isPlain = (value: unknown): value is Body => typeof value === "object" && value !== null && !Array.isArray(value);

function builtin(kind: Kind): Body[] {
  if (kind.kind !== "Namespace") return [];
  return ["default", "kube-node-lease", "kube-public", "kube-system"].map((name) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, uid: name, resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" },
    status: { phase: "Active" },
  }));
}

function nodeObject(node: KubeNode, options: KubeApiOptions): Body {
  const condition = (type: string, status: string, reason: string) => ({
    type,
    status,
    reason,
    message: "",
    lastHeartbeatTime: new Date().toISOString().replace(/\.\d+Z/, "Z"),
    lastTransitionTime: node.since,
  });
  void options;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: node.name,
      uid: node.serverId,
      resourceVersion: "1",
      creationTimestamp: node.since,
      labels: {
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "magnum.openstack.org/role": node.role,
        "magnum.openstack.org/nodegroup": node.nodegroup,
        ...(node.role === "master" ? { "node-role.kubernetes.io/control-plane": "" } : {}),
      },
    },
    spec: {
      providerID: `openstack:///${node.serverId}`,
      ...(node.role === "master"
        ? { taints: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }] }
        : {}),
    },
    status: {
      conditions: [
        condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
        condition("Ready", node.ready ? "True" : "False", node.ready ? "KubeletReady" : "KubeletNotReady"),
      ],
      addresses: [
        { type: "InternalIP", address: node.address },
        ...(node.publicAddress === null ? [] : [{ type: "ExternalIP", address: node.publicAddress }]),
        { type: "Hostname", address: node.name },
      ],
      nodeInfo: {
        kubeletVersion: node.version,
        kubeProxyVersion: node.version,
        containerRuntimeVersion: "containerd://2.0.0",
        osImage: "Fedora CoreOS (simulated)",
        kernelVersion: "6.12.0",
        operatingSystem: "linux",
        architecture: "amd64",
        bootID: "",
        machineID: "",
        systemUUID: node.serverId,
      },
      capacity: { cpu: "2", memory: "4Gi", pods: "110" },
      allocatable: { cpu: "2", memory: "4Gi", pods: "110" },
    },
  };
}

/** What `kubectl get` prints. */
function tableOf(kind: Kind, items: Body[], metadata: unknown): Body {
  const column = (name: string, priority = 0) => ({
    name,
    type: "string",
    format: name === "Name" ? "name" : "",
    description: "",
    priority,
  });
  const age = (object: Body) => {
    const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(metadataOf(object).creationTimestamp)) / 1000));
    return seconds < 120
      ? `${seconds}s`
      : seconds < 7200
        ? `${Math.floor(seconds / 60)}m`
        : seconds < 172_800
          ? `${Math.floor(seconds / 3600)}h`
          : `${Math.floor(seconds / 86_400)}d`;
  };
  const at = (object: Body, ...path: string[]): unknown =>
    path.reduce<unknown>((value, key) => (isPlain(value) ? value[key] : undefined), object);
  const row = (object: Body, cells: unknown[]) => ({
    cells,
    object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object["metadata"] },
  });
  const shapes: Record<string, { columns: ReturnType<typeof column>[]; cells: (object: Body) => unknown[] }> = {
    Node: {
      columns: [
        column("Name"),
        column("Status"),
        column("Roles"),
        column("Age"),
        column("Version"),
        column("Internal-IP", 1),
        column("External-IP", 1),
        column("OS-Image", 1),
        column("Kernel-Version", 1),
        column("Container-Runtime", 1),
      ],
      cells: (object) => {
        const conditions: unknown = at(object, "status", "conditions");
        const ready =
          Array.isArray(conditions) &&
          conditions.some((each: unknown) => isPlain(each) && each["type"] === "Ready" && each["status"] === "True");
        const addresses: unknown = at(object, "status", "addresses");
        const address = (type: string) =>
          (Array.isArray(addresses)
            ? addresses.flatMap((each: unknown) => (isPlain(each) && each["type"] === type ? [each["address"]] : []))[0]
            : undefined) ?? "<none>";
        const master =
          isPlain(at(object, "metadata", "labels")) &&
          "node-role.kubernetes.io/control-plane" in Object(at(object, "metadata", "labels"));
        return [
          metadataOf(object).name,
          ready ? "Ready" : "NotReady",
          master ? "control-plane" : "<none>",
          age(object),
          at(object, "status", "nodeInfo", "kubeletVersion"),
          address("InternalIP"),
          address("ExternalIP"),
          at(object, "status", "nodeInfo", "osImage"),
          at(object, "status", "nodeInfo", "kernelVersion"),
          at(object, "status", "nodeInfo", "containerRuntimeVersion"),
        ];
      },
    },
    Namespace: {
      columns: [column("Name"), column("Status"), column("Age")],
      cells: (object) => [metadataOf(object).name, at(object, "status", "phase") ?? "Active", age(object)],
    },
  };
  const shape = shapes[kind.kind] ?? {
    columns: [column("Name"), column("Age")],
    cells: (object: Body) => [metadataOf(object).name, age(object)],
  };
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: shape.columns,
    rows: items.map((object) => row(object, shape.cells(object))),
  };
}
