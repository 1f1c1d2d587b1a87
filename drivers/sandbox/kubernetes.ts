// The clusters' own APIs: one per cluster, brought up by its first master, reachable at its floating address for as long as
// the way to a living master is there.
import { createServer } from "node:https";
import type { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import { z } from "zod";
import { beginsCluster } from "../kubernetes/node-env.ts";
import type { NodeEnv } from "../kubernetes/node-env.ts";
import { annotations } from "../kubernetes/nodes.ts";
import { readRenewal } from "../kubernetes/renewal.ts";
import { isLoopback } from "./address.ts";
import { bootstrapFiles, newKey, readEnv, servingOf } from "./bootstrap.ts";
import type { Core } from "./core.ts";
import { answerKubernetes } from "./kube-api.ts";
import { changeNode, nodeObject, serverOf, silence } from "./kube-nodes.ts";
import { isControlPlane, nodesOf, when } from "./kube-row.ts";
import { at, metadataOf } from "./kube-table.ts";
import type { KubeObject } from "./kube-table.ts";
import type { Kubernetes as Row, KubernetesMaster, Server } from "./model.ts";
import { asksFor } from "./scenarios.ts";

export type Kubernetes = ReturnType<typeof openKubernetes>;

/** Until a node has seen that it is asked to leave, and has left. */
const leaveSeconds = 8;
/** How long a node that is changed in place brings what it needs, and how long its API is away then. */
const renewal = { bringSeconds: 30, awaySeconds: 45 } as const;

interface Listening {
  server: HttpsServer;
  at: string;
  /** Server ids of those that answer. */
  masters: string[];
  sockets: Map<Socket, string>;
}

export function openKubernetes(core: Core) {
  const { state } = core;
  const listening = new Map<string, Listening>();
  const complained = new Set<string>();
  /** When a node that is asked will have left; a restart may forget it. */
  const leaving = new Map<string, number>();
  /** Since when nodes are being changed in place; a restart lets them begin again, as on a real node. */
  const renewing = new Map<string, number>();
  const fetching = new Map<string, Promise<void>>();
  const fetched = new Map<string, KubernetesMaster>();
  for (const row of state.kubernetes.all()) adopt(core, row);

  /** The first control plane node makes the cluster, others become members of it. May be repeated. */
  function join(env: NodeEnv, server: Server, serving: KubernetesMaster): void {
    const known = state.kubernetes.get(env.CLUSTER_UUID);
    const isLost = known && Object.keys(known.masters).every((id) => !state.servers.get(id));
    // One that begins the cluster joins nothing: where nobody is left, its store is empty.
    if (known && !(isLost && beginsCluster(env))) {
      // As the node's program does before it joins: members whose server is gone make the store ask in vain.
      const masters = Object.entries(known.masters).filter(([id]) => state.servers.get(id));
      state.kubernetes.change(known, { masters: { ...Object.fromEntries(masters), [server.id]: serving } });
      return;
    }
    if (!beginsCluster(env)) return;
    const begun: Row = {
      id: env.CLUSTER_UUID,
      name: env.CLUSTER_NAME,
      projectId: server.projectId,
      apiAddress: env.API_PUBLIC_ADDRESS || env.FLOATING_ADDRESS || null,
      privateAddress: env.API_ADDRESS,
      port: Number(env.API_PORT) || 6443,
      version: env.KUBE_TAG,
      objects: {},
      revision: known?.revision ?? 100,
      startedAt: core.now(),
      masters: { [server.id]: serving },
      placements: {},
    };
    if (known) state.kubernetes.change(known, begun);
    else state.kubernetes.save(begun);
    core.wake();
  }

  /** Does the cluster have an API, seen from inside its network? */
  function isUp(clusterId: string): boolean {
    const row = state.kubernetes.get(clusterId);
    return row !== undefined && mastersOf(row).length > 0;
  }
  /** Those that answer: none when most members of the store are gone, since it can agree on nothing then. */
  function mastersOf(row: Row): Server[] {
    const members = Object.keys(row.masters);
    const living = members.flatMap((id) => state.servers.get(id) ?? []).filter((one) => one.status === "ACTIVE");
    return living.length * 2 > members.length ? living : [];
  }

  function register(env: NodeEnv, server: Server): void {
    const row = state.kubernetes.get(env.CLUSTER_UUID);
    if (!row) return;
    const flavor = state.flavors.get(server.flavorId);
    row.revision++;
    row.objects[`nodes//${env.NODE_NAME}`] = nodeObject(env, server, flavor, core.now(), row.revision);
    state.kubernetes.save(row);
  }

  const isAway = (row: Row) => {
    const since = renewing.get(row.id);
    return (
      since !== undefined && !fetching.has(row.id) && core.now() >= since + (renewal.bringSeconds * 1000) / core.speed
    );
  };

  /** Fetches the keys of other authorities by the proof that came with the wish; what fails is tried again. */
  function bring(row: Row, asNew: NodeEnv): void {
    if (fetching.has(row.id)) return;
    const ask = async (method: string, url: string, headers: Record<string, string>, body?: unknown) => {
      const answer = await fetch(url, {
        method,
        headers: { ...headers, "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(60_000),
      });
      if (!answer.ok) throw new Error(`${method} ${url} answered ${answer.status}`);
      return answer;
    };
    const work = newKey()
      .then((key) => bootstrapFiles(asNew, key, ask))
      .then((file) => servingOf(asNew, file))
      .then((serving) => void fetched.set(row.id, serving))
      .catch((error: unknown) => core.log.warn({ cluster: row.name, error: String(error) }, "renewal"))
      .finally(() => {
        fetching.delete(row.id);
        core.wake();
      });
    fetching.set(row.id, work);
  }

  /** As the program of a control plane node does it that is asked to change in place; null = nobody asked, or done. */
  function renew(row: Row, node: KubeObject): number | null {
    const said = (annotation: string) => {
      const word = at(node, "metadata", "annotations", annotation);
      return typeof word === "string" ? word : "";
    };
    const asked = said(annotations.renew);
    const [to = ""] = asked.split(" ");
    const { name } = metadataOf(node);
    const [id = ""] = serverOf(node);
    const own = row.masters[id];
    if (asked === "" || !own || said(annotations.renewFailed).startsWith(asked) || said(annotations.generation) === to)
      return null;
    const since = renewing.get(row.id) ?? core.now();
    renewing.set(row.id, since);
    const server = state.servers.get(id);
    const env = server && readEnv(server);
    const sent = env ? readRenewal(row.objects["secrets/kube-system/coe-renew"], env) : null;
    const isNew = sent !== null && sent.CLUSTER_CA.replace(/\s/g, "") !== own.caPem.replace(/\s/g, "");
    if (isNew && !fetched.has(row.id)) {
      bring(row, sent);
      return core.now() + 1000 / core.speed;
    }
    const [bringing, whole] = [renewal.bringSeconds, renewal.bringSeconds + renewal.awaySeconds].map(
      (seconds) => since + (seconds * 1000) / core.speed,
    );
    if (core.now() < (whole ?? 0)) return core.now() < (bringing ?? 0) ? (bringing ?? null) : (whole ?? null);
    renewing.delete(row.id);
    const serving = fetched.get(row.id) ?? own;
    fetched.delete(row.id);
    const tag = sent?.KUBE_TAG ?? "";
    if (tag === "" || asksFor("renewFailure", row.name)) {
      const why =
        "kubeadm init phase control-plane all failed: error execution phase: timed out waiting for the condition";
      changeNode(core, row, name, { metadata: { annotations: { [annotations.renewFailed]: `${asked} ${why}` } } });
      return null;
    }
    row.masters = { ...row.masters, [id]: { ...serving, version: tag } };
    changeNode(core, row, name, {
      metadata: { annotations: { [annotations.generation]: to } },
      status: { nodeInfo: { kubeletVersion: tag, kubeProxyVersion: tag } },
    });
    return null;
  }

  /** The address at which the outside reaches it now, and who answers there; null = the way is cut. */
  function wayTo(row: Row): { at: string; masters: Server[] } | null {
    if (row.apiAddress === null || !isLoopback(row.apiAddress)) return null;
    const floating = state.floatingIps.find((one) => one.address === row.apiAddress && one.portId !== null);
    if (!floating) return null;
    const behind = (masters: Server[]) => (masters.length > 0 ? { at: floating.address, masters } : null);
    const living = mastersOf(row);
    const balancer = state.balancers.find((one) => one.vipPortId === floating.portId);
    if (!balancer) return behind(living.filter((one) => one.portIds.includes(floating.portId ?? "")));
    if (balancer.provisioningStatus === "ERROR" || balancer.provisioningStatus === "PENDING_DELETE") return null;
    const listener = state.listeners.find((one) => one.balancerId === balancer.id && one.protocolPort === row.port);
    const pool = state.pools.find((one) => one.id === listener?.defaultPoolId);
    const members = state.members.filter((one) => one.poolId === pool?.id).map((one) => one.address);
    const addressesOf = (one: Server) =>
      one.portIds.flatMap((id) => state.ports.get(id)?.fixedIps.map((ip) => ip.ip_address) ?? []);
    return behind(living.filter((one) => addressesOf(one).some((address) => members.includes(address))));
  }

  /** When a control plane node that was asked to leave does so, as the node's program does; null = nobody asked, or done. */
  function leave(row: Row, node: KubeObject): number | null {
    const said = (annotation: string) => at(node, "metadata", "annotations", annotation) !== undefined;
    if (!said(annotations.leave) || said(annotations.left) || asksFor("neverLeaves", row.name)) return null;
    const { name } = metadataOf(node);
    const [id] = serverOf(node);
    if (id === undefined || !isControlPlane(node)) return null;
    const { [id]: own, ...others } = row.masters;
    if (own && Object.keys(others).length === 0) return null;
    const key = `${row.id} ${name}`;
    const due = leaving.get(key) ?? core.after(leaveSeconds);
    leaving.set(key, due);
    if (core.now() < due || mastersOf(row).length === 0) return Math.max(due, core.now() + 1000 / core.speed);
    leaving.delete(key);
    row.masters = others;
    changeNode(core, row, name, { metadata: { annotations: { [annotations.left]: when(core.now()) } } });
    return null;
  }

  function advance(): number | null {
    let next = core.now() + 2000;
    for (const row of state.kubernetes.all()) {
      for (const node of nodesOf(row)) {
        const [id] = serverOf(node);
        if (id !== undefined && state.servers.get(id))
          next = Math.min(next, leave(row, node) ?? next, renew(row, node) ?? next);
        else silence(core, row, node);
      }
      const [oldest] = mastersOf(row);
      const version = oldest && row.masters[oldest.id]?.version;
      if (version !== undefined && version !== row.version) state.kubernetes.change(row, { version });
      const silent = asksFor("apiSilent", row.name) && core.now() - row.startedAt > (600 * 1000) / core.speed;
      const way = silent || isAway(row) ? null : wayTo(row);
      const open = listening.get(row.id);
      if (open && open.at !== way?.at) {
        listening.delete(row.id);
        open.server.close();
        open.server.closeAllConnections();
      } else if (open && way) keepTo(open, way.masters);
      if (way && !listening.has(row.id)) listen(row, way);
      if (
        !Object.keys(row.masters).some((id) => state.servers.get(id)) &&
        !state.stacks.find((one) => one.deletedAt === null && one.tags.includes(`coe-cluster-${row.id}`))
      )
        state.kubernetes.remove(row.id);
    }
    return state.kubernetes.size > 0 ? next : null;
  }

  /** Connections to those that answer no longer end, as they do when a node or its API server goes. */
  function keepTo(open: Listening, masters: readonly Server[]): void {
    open.masters = masters.map((one) => one.id);
    for (const [socket, id] of open.sockets) if (!open.masters.includes(id)) socket.destroy();
  }

  function listen(row: Row, { at, masters }: { at: string; masters: Server[] }): void {
    const open: Listening = { at, masters: masters.map((one) => one.id), sockets: new Map(), server: createServer() };
    const servingOf = (id: string | undefined) => {
      const { caPem = "", certPem = "", keyPem = "" } = row.masters[id ?? ""] ?? {};
      return { ca: caPem, cert: certPem, key: keyPem };
    };
    const server = createServer(
      { ...servingOf(open.masters[0]), requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        void answerKubernetes(core, row, request, response);
      },
    );
    open.server = server;
    // Each new connection goes to the next one, as a balancer's do; each has its own certificate and trust.
    let turn = 0;
    server.prependListener("connection", (socket: Socket) => {
      const id = open.masters[turn++ % Math.max(1, open.masters.length)];
      if (id === undefined || !row.masters[id]) return void socket.destroy();
      server.setSecureContext(servingOf(id));
      open.sockets.set(socket, id);
      socket.on("close", () => open.sockets.delete(socket));
    });
    server.on("tlsClientError", () => {});
    server.on("error", (error) => {
      listening.delete(row.id);
      if (!complained.has(row.id))
        core.log.warn({ cluster: row.name, at, error: error.message }, "the Kubernetes API cannot listen there");
      complained.add(row.id);
    });
    server.listen(row.port, at);
    listening.set(row.id, open);
  }

  return {
    join,
    isUp,
    versionOf: (clusterId: string): string | null => state.kubernetes.get(clusterId)?.version ?? null,
    register,
    advance,
    async close() {
      await Promise.allSettled(fetching.values());
      for (const { server } of listening.values()) {
        server.closeAllConnections();
        await new Promise<void>((resolve) => server.close(() => resolve()));
      }
      listening.clear();
    },
  };
}

/** Clusters in a state file of the time when each had one certificate and one authority. */
function adopt(core: Core, row: Row): void {
  const Old = z.object({
    caPem: z.string(),
    certPem: z.string(),
    keyPem: z.string(),
    version: z.string(),
    nodeIds: z.array(z.string()),
  });
  const old = Old.safeParse(row);
  if (!old.success || "masters" in row) return;
  const { nodeIds, ...serving } = old.data;
  core.state.kubernetes.save({
    ...z.custom<Row>().parse(row),
    masters: Object.fromEntries(nodeIds.map((id) => [id, serving])),
    placements: {},
  });
}
