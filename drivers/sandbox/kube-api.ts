// A cluster's Kubernetes API: who asks is told by the client certificate, what is applied is kept, what kubectl prints comes
// as tables. Nothing runs.
import type { IncomingMessage, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import type { Core } from "./core.ts";
import {
  apiGroup,
  apiGroups,
  apiVersionOf,
  apiVersions,
  kindOf,
  kinds,
  openApiProtobuf,
  resourceList,
} from "./kube-kinds.ts";
import type { Kind } from "./kube-kinds.ts";
import { isObject, merge, objectsOf, store } from "./kube-objects.ts";
import { budgetAgainst, removePod } from "./kube-pods.ts";
import { keyOf } from "./kube-row.ts";
import { at, metadataOf, tableOf } from "./kube-table.ts";
import type { KubeObject } from "./kube-table.ts";
import type { Kubernetes } from "./model.ts";

interface User {
  name: string;
  groups: string[];
}

/** Ends a request with a Status object. */
class Refusal extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: object | undefined;
  constructor(code: number, reason: string, message: string, details?: object) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

const open = new Set(["/healthz", "/livez", "/readyz", "/version", "/version/"]);

export async function answerKubernetes(
  core: Core,
  row: Kubernetes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, body: unknown, type = "application/json") => {
    const bytes = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    response.writeHead(status, {
      "Content-Type": type,
      "Cache-Control": "no-cache, private",
      "Audit-Id": crypto.randomUUID(),
    });
    response.end(request.method === "HEAD" ? undefined : bytes);
  };
  try {
    const text = Buffer.concat(await request.toArray()).toString("utf8");
    await answer(core, row, request, response, text, send);
  } catch (error) {
    if (response.headersSent) return void response.end();
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal(500, "InternalError", error instanceof Error ? error.message : String(error));
    const { code, reason, message, details } = refusal;
    send(code, {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      reason,
      ...(details ? { details } : {}),
      code,
    });
  } finally {
    core.state.flush();
    // A node may have been asked for something.
    if (request.method === "PATCH" || request.method === "PUT") core.wake();
  }
}

/** Throws when a certificate was shown that the cluster's CA has not signed, or that has ended. */
function userOf(request: IncomingMessage): User {
  const { socket } = request;
  if (!(socket instanceof TLSSocket)) throw new Refusal(401, "Unauthorized", "Unauthorized");
  const certificate = z
    .looseObject({
      subject: z.looseObject({ CN: z.string().optional(), O: z.union([z.string(), z.array(z.string())]).optional() }),
    })
    .safeParse(socket.getPeerCertificate());
  if (!certificate.success) return { name: "system:anonymous", groups: ["system:unauthenticated"] };
  if (!socket.authorized) throw new Refusal(401, "Unauthorized", "Unauthorized");
  const { CN: name = "", O: groups = [] } = certificate.data.subject;
  return { name, groups: [groups].flat() };
}

const verbs: Readonly<Record<string, string>> = {
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};
const readableByNodes = new Set([
  "nodes",
  "pods",
  "services",
  "endpoints",
  "configmaps",
  "leases",
  "persistentvolumes",
  "csidrivers",
]);

function mayDo(user: User, verb: string, kind: Kind | null, name: string): boolean {
  if (user.groups.includes("system:masters")) return true;
  if (!kind) return user.name !== "system:anonymous";
  if (!user.groups.includes("system:nodes")) return false;
  if (["get", "list", "watch"].includes(verb)) return readableByNodes.has(kind.plural);
  return kind.plural === "nodes" && (verb === "create" || `system:node:${name}` === user.name);
}

function forbid(user: User, verb: string, kind: Kind, namespace: string, name: string): Refusal {
  const what = kind.plural + (kind.group === "" ? "" : `.${kind.group}`);
  const place = kind.namespaced && namespace !== "" ? `in the namespace "${namespace}"` : "at the cluster scope";
  return new Refusal(
    403,
    "Forbidden",
    `${what}${name === "" ? "" : ` "${name}"`} is forbidden: User "${user.name}" cannot ${verb} resource "${kind.plural}" in API group "${kind.group}" ${place}`,
    {
      ...(name === "" ? {} : { name }),
      ...(kind.group === "" ? {} : { group: kind.group }),
      kind: kind.plural,
    },
  );
}

async function answer(
  core: Core,
  row: Kubernetes,
  request: IncomingMessage,
  response: ServerResponse,
  text: string,
  send: (status: number, body: unknown, type?: string) => void,
): Promise<void> {
  const url = new URL(request.url ?? "/", "https://kubernetes");
  const path = url.pathname;
  const method = request.method ?? "GET";
  const user = userOf(request);
  if (["/healthz", "/livez", "/readyz"].some((each) => path === each || path.startsWith(`${each}/`)))
    return send(200, "ok", "text/plain; charset=utf-8");
  if (path === "/version" || path === "/version/") {
    const [, major = "1", minor = "0"] = /^v?(\d+)\.(\d+)/.exec(row.version) ?? [];
    return send(200, {
      major, minor, gitVersion: row.version, gitCommit: "0000000000000000000000000000000000000000", gitTreeState: "clean",
      buildDate: "2024-01-01T00:00:00Z", goVersion: "go1.21.0", compiler: "gc", platform: "linux/amd64",
    }); // prettier-ignore
  }
  const discovery = () => {
    if (!open.has(path) && user.name === "system:anonymous")
      throw new Refusal(403, "Forbidden", `forbidden: User "system:anonymous" cannot get path "${path}"`, {});
  };
  const parts = path.split("/").filter((part) => part !== "");
  const missing = () => new Refusal(404, "NotFound", "the server could not find the requested resource", {});
  if (path === "/api")
    return (discovery(), send(200, apiVersions(`${row.apiAddress ?? row.privateAddress}:${row.port}`)));
  if (path === "/apis") return (discovery(), send(200, apiGroups()));
  if (path === "/openapi/v2") {
    discovery();
    return /protobuf/.test(request.headers.accept ?? "")
      ? send(200, openApiProtobuf(row.version), "application/com.github.proto-openapi.spec.v2@v1.0+protobuf")
      : send(200, { swagger: "2.0", info: { title: "Kubernetes", version: row.version }, paths: {}, definitions: {} });
  }
  if (parts[0] !== "api" && parts[0] !== "apis") {
    discovery();
    if (path === "/")
      return send(200, {
        paths: ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v2", "/readyz", "/version"],
      });
    throw missing();
  }
  const group = parts[0] === "api" ? "" : (parts[1] ?? "");
  const [version = "", ...rest] = parts[0] === "api" ? parts.slice(1) : parts.slice(2);
  if (version === "") {
    const found = apiGroup(group);
    if (!found) throw missing();
    return (discovery(), send(200, found));
  }
  if (rest.length === 0) {
    const found = resourceList(group, version);
    if (!found) throw missing();
    return (discovery(), send(200, found));
  }
  if (group === "authorization.k8s.io" && method === "POST") return send(201, review(user, text));

  const inNamespace = rest[0] === "namespaces" && rest.length > 2 && rest[2] !== "status" && rest[2] !== "finalize";
  const namespace = inNamespace ? (rest[1] ?? "") : "";
  const [plural = "", name = "", sub = ""] = inNamespace ? rest.slice(2) : rest;
  const kind = kinds.find((one) => one.group === group && one.version === version && one.plural === plural);
  if (!kind) throw missing();
  const watching = url.searchParams.get("watch") === "true" || url.searchParams.get("watch") === "1";
  const verb =
    method === "GET" && name === "" ? (watching ? "watch" : "list") : (verbs[method] ?? method.toLowerCase());
  if (!mayDo(user, verb, kind, name)) throw forbid(user, verb, kind, namespace, name);
  const what = plural + (group === "" ? "" : `.${group}`);
  const notFound = (one: string) =>
    new Refusal(404, "NotFound", `${what} "${one}" not found`, {
      name: one,
      ...(group === "" ? {} : { group }),
      kind: plural,
    });
  const now = core.now();
  const table = /as=Table/.test(request.headers.accept ?? "");
  const meta = { resourceVersion: String(row.revision) };
  const live = (): KubeObject[] => objectsOf(core, row, kind, namespace).filter(selected(url));
  const find = (one: string) => objectsOf(core, row, kind, namespace).find((object) => metadataOf(object).name === one);

  if (method === "GET" || method === "HEAD") {
    if (name !== "" && sub === "log") return send(200, "", "text/plain");
    if (watching) return watch(core, response, kind, live, table, url);
    if (name === "") {
      const objects = live();
      return send(
        200,
        table
          ? tableOf(kind, objects, meta, now)
          : { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata: meta, items: objects },
      );
    }
    const found = find(name);
    if (!found) throw notFound(name);
    return send(200, table ? tableOf(kind, [found], meta, now) : found);
  }
  const key = keyOf(kind, namespace, name);
  const list = (each: string) => objectsOf(core, row, kindOf(each), "");
  // What waits for a node has got one before anything changes.
  list("pods");
  if (sub === "eviction" && kind.kind === "Pod" && method === "POST") {
    const pod = find(name);
    if (!pod) throw notFound(name);
    evictable(pod, list("poddisruptionbudgets"));
    removePod(core, row, pod, list);
    return send(201, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
  }
  if (method === "DELETE") {
    if (name === "") {
      for (const object of live())
        delete row.objects[keyOf(kind, metadataOf(object).namespace ?? "", metadataOf(object).name)];
      row.revision++;
      core.state.kubernetes.save(row);
      return send(200, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" });
    }
    const found = find(name);
    if (!found) throw notFound(name);
    if (kind.kind === "Pod") removePod(core, row, found, list);
    else delete row.objects[key];
    if (kind.kind === "Namespace")
      for (const each of Object.keys(row.objects)) if (each.split("/").at(-2) === name) delete row.objects[each];
    row.revision++;
    core.state.kubernetes.save(row);
    return send(200, {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { name, kind: plural, uid: metadataOf(found)["uid"] },
    });
  }
  const body = read(text);
  if (
    kind.namespaced &&
    namespace !== "" &&
    !objectsOf(core, row, namespaceKind, "").some((one) => metadataOf(one).name === namespace)
  )
    throw new Refusal(404, "NotFound", `namespaces "${namespace}" not found`, { name: namespace, kind: "namespaces" });
  if (method === "POST") {
    const generated = z
      .looseObject({ generateName: z.string().optional() })
      .catch({})
      .parse(body["metadata"]).generateName;
    const own =
      metadataOf(body).name || (generated === undefined ? "" : `${generated}${crypto.randomUUID().slice(0, 5)}`);
    if (own === "")
      throw new Refusal(
        422,
        "Invalid",
        `${kind.kind} "" is invalid: metadata.name: Required value: name or generateName is required`,
        {},
      );
    if (find(own))
      throw new Refusal(409, "AlreadyExists", `${what} "${own}" already exists`, { name: own, kind: plural });
    return send(
      201,
      dry(url, () => store(core, row, kind, namespace, own, body), body),
    );
  }
  const old = find(name);
  if (method === "PUT") {
    if (!old) throw notFound(name);
    const wanted = metadataOf(body).resourceVersion;
    if (wanted !== "0" && wanted !== metadataOf(old).resourceVersion) throw conflict(what, name, plural);
    return send(
      200,
      dry(url, () => store(core, row, kind, namespace, name, body), body),
    );
  }
  if (method === "PATCH") {
    const type = request.headers["content-type"] ?? "";
    if (type.startsWith("application/apply-patch")) {
      if (url.searchParams.get("fieldManager") === null)
        throw new Refusal(
          422,
          "Invalid",
          'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
          {},
        );
      const merged = merge(old ?? {}, body, true);
      return send(
        old ? 200 : 201,
        dry(url, () => store(core, row, kind, namespace, name, isObject(merged) ? merged : body), body),
      );
    }
    if (!old) throw notFound(name);
    const meant = at(body, "metadata", "resourceVersion");
    if (meant !== undefined && meant !== metadataOf(old).resourceVersion) throw conflict(what, name, plural);
    if (type.startsWith("application/json-patch"))
      throw new Refusal(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: application/apply-patch+yaml, application/merge-patch+json, application/strategic-merge-patch+json",
        {},
      );
    const merged = merge(old, body, type.startsWith("application/strategic"));
    return send(
      200,
      dry(url, () => store(core, row, kind, namespace, name, isObject(merged) ? merged : body), body),
    );
  }
  throw new Refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

const namespaceKind = kindOf("namespaces");

const conflict = (what: string, name: string, kind: string): Refusal =>
  new Refusal(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${what} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    { name, kind },
  );

/** Throws 429 where a budget forbids it now. */
function evictable(pod: KubeObject, budgets: readonly KubeObject[]): void {
  const budget = budgetAgainst(pod, budgets);
  if (!budget) return;
  const { desiredHealthy, currentHealthy } = z
    .looseObject({ desiredHealthy: z.number(), currentHealthy: z.number() })
    .parse(budget["status"]);
  const message = `The disruption budget ${metadataOf(budget).name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  throw new Refusal(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: "DisruptionBudget", message }],
  });
}
const dry = (url: URL, act: () => KubeObject, body: KubeObject): KubeObject =>
  url.searchParams.get("dryRun") === "All" ? body : act();

function read(text: string): KubeObject {
  const [document] = parseAllDocuments(text);
  const value: unknown = document && "toJS" in document ? document.toJS() : null;
  if (isObject(value)) return value;
  throw new Refusal(400, "BadRequest", "the object provided is unrecognized (must be of type JSON or YAML)", {});
}

/** Label and field selectors: `=`, `!=`, and the bare word. */
function selected(url: URL): (object: KubeObject) => boolean {
  const terms = (url.searchParams.get("labelSelector") ?? "").split(",").filter((term) => term !== "");
  const fields = (url.searchParams.get("fieldSelector") ?? "").split(",").filter((term) => term !== "");
  return (object) => {
    const { labels, name, namespace } = metadataOf(object);
    const spec = isObject(object["spec"]) ? object["spec"] : {};
    const known: Record<string, unknown> = {
      "metadata.name": name,
      "metadata.namespace": namespace,
      "spec.nodeName": spec["nodeName"],
    };
    const fits = (of: Record<string, unknown>) => (term: string) => {
      const [, key = "", sign, value = ""] = /^([^!=]+)(==|=|!=)?(.*)$/.exec(term.trim()) ?? [];
      if (sign === undefined) return key.startsWith("!") ? !(key.slice(1) in of) : key in of;
      return sign === "!=" ? of[key] !== value : of[key] === value;
    };
    return terms.every(fits(labels)) && fields.every(fits(known));
  };
}

function review(user: User, text: string): object {
  const Body = z.looseObject({
    spec: z
      .looseObject({
        resourceAttributes: z
          .looseObject({
            verb: z.string().optional(),
            resource: z.string().optional(),
            group: z.string().optional(),
            name: z.string().optional(),
          })
          .optional(),
      })
      .optional(),
  });
  const body = Body.parse(read(text));
  const { verb = "get", resource = "", name = "" } = body.spec?.resourceAttributes ?? {};
  const kind = kinds.find((one) => one.plural === resource) ?? null;
  const allowed = user.groups.includes("system:masters") || (kind !== null && mayDo(user, verb, kind, name));
  return { ...body, status: { allowed } };
}

/** Tells changes until the client goes or its time is over. */
function watch(
  core: Core,
  response: ServerResponse,
  kind: Kind,
  live: () => KubeObject[],
  table: boolean,
  url: URL,
): void {
  response.writeHead(200, { "Content-Type": "application/json" });
  response.flushHeaders();
  const id = (object: KubeObject) => `${metadataOf(object).namespace ?? ""}/${metadataOf(object).name}`;
  const from = url.searchParams.get("resourceVersion") ?? "0";
  let known = new Map((from === "0" || from === "" ? [] : live()).map((object) => [id(object), object]));
  const tell = (type: string, object: KubeObject) =>
    response.write(`${JSON.stringify({ type, object: table ? tableOf(kind, [object], {}, core.now()) : object })}\n`);
  const look = () => {
    const now = new Map(live().map((object) => [id(object), object]));
    for (const [key, object] of now) {
      const before = known.get(key);
      if (!before) tell("ADDED", object);
      else if (metadataOf(before).resourceVersion !== metadataOf(object).resourceVersion) tell("MODIFIED", object);
    }
    for (const [key, object] of known) if (!now.has(key)) tell("DELETED", object);
    known = now;
  };
  look();
  const timer = setInterval(look, 500);
  const end = setTimeout(() => response.end(), Number(url.searchParams.get("timeoutSeconds") ?? 300) * 1000);
  response.on("close", () => {
    clearInterval(timer);
    clearTimeout(end);
  });
}
