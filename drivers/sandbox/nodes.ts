// Nodes: what drivers/kubernetes/node/coe-node does on a server, done here over the same wire: our REST API, the cluster's
// Kubernetes API, and one signal to Heat. Each node's way is in its row, so that a restart goes on and no node signals
// twice.
import { X509Certificate } from "node:crypto";
import { beginsCluster } from "../kubernetes/node-env.ts";
import type { NodeEnv } from "../kubernetes/node-env.ts";
import { bootstrapFiles, Final, newKey, readEnv, servingOf } from "./bootstrap.ts";
import type { Core } from "./core.ts";
import type { Kubernetes } from "./kubernetes.ts";
import type { Node, Server } from "./model.ts";
import { asksFor, scenarios } from "./scenarios.ts";

/** Seconds that each phase takes on a real node. */
const phases = {
  boot: 12,
  trust: 0.5,
  net: 2,
  disks: 2,
  runtime: 14,
  identity: 2,
  kubelet: 2,
  control: 22,
  addons: 0,
  ready: 5,
  report: 0,
} as const;
type Phase = keyof typeof phases;
const order = Object.keys(phases);
const isPhase = (word: string): word is Phase => word in phases;

/** What somebody refuses who may be wrong for minutes, but not longer. */
class Refused extends Error {}
const refusedSeconds = 300;

export function openNodes(core: Core, kubernetes: Kubernetes) {
  const { state } = core;
  const busy = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  const envs = new Map<string, NodeEnv | null>();
  /** Since when nodes have been refused what they ask for; a restart may forget it. */
  const refused = new Map<string, number>();

  /** Null = this server is nobody's node. */
  function envOf(server: Server): NodeEnv | null {
    const known = envs.get(server.id);
    if (known !== undefined) return known;
    const env = readEnv(server);
    envs.set(server.id, env);
    return env;
  }

  function advance(now: number): number | null {
    let next: number | null = null;
    for (const server of state.servers.all()) {
      if (server.status !== "ACTIVE" || server.userData === null || state.nodes.get(server.id)) continue;
      const env = envOf(server);
      const console = ["Booting...", `[    0.000000] Linux version 6.5.6-200.fc38.x86_64`, `${server.name} login: `];
      state.nodes.save({
        id: server.id, phase: env ? "boot" : "idle", dueAt: core.after(phases.boot), startedAt: now, phaseSince: now, console, reported: false, failure: null,
        attempts: 0, clusterId: env?.CLUSTER_UUID ?? null, name: server.name,
      }); // prettier-ignore
    }
    for (const node of state.nodes.all()) {
      if (!isPhase(node.phase) || node.reported || busy.has(node.id)) continue;
      if (node.dueAt > now) {
        next = Math.min(next ?? Infinity, node.dueAt);
        continue;
      }
      const work = step(node)
        .catch((error: unknown) => core.log.warn({ node: node.name, error: String(error) }, "node"))
        .finally(() => {
          busy.delete(node.id);
          if (!stopping.signal.aborted) core.wake();
        });
      busy.set(node.id, work);
    }
    return next;
  }

  const alive = (node: Node) =>
    state.nodes.get(node.id) === node && state.servers.get(node.id)?.status === "ACTIVE" && !stopping.signal.aborted;
  const say = (node: Node, line: string) => node.console.push(line);

  async function step(node: Node): Promise<void> {
    const server = state.servers.get(node.id);
    const env = server && envOf(server);
    if (!server || !env || !isPhase(node.phase)) return;
    const { phase } = node;
    const began = node.phaseSince;
    try {
      await act(phase, node, server, env);
      if (!alive(node)) return;
      if (phase !== "boot" && phase !== "report")
        say(node, `coe: phase ${phase} done ${Math.max(0, Math.round(((core.now() - began) * core.speed) / 1000))}s`);
      if (phase === "report") {
        say(node, "coe: reported");
        state.nodes.change(node, { reported: true });
        return;
      }
      const following = order[order.indexOf(phase) + 1] ?? "report";
      const isSlow = asksFor("slow", server.name) ? 4 : 1;
      const seconds = isPhase(following) && !(following === "control" && env.ROLE !== "master") ? phases[following] : 0;
      state.nodes.change(node, {
        phase: following,
        dueAt: core.after(seconds * isSlow),
        phaseSince: core.now(),
        attempts: 0,
      });
    } catch (error) {
      if (!alive(node)) return;
      const said = error instanceof Error ? error.message : String(error);
      const attempts = node.attempts + 1;
      if (phase !== "report" && isLast(node, env, error) && !isSilent(server)) {
        say(node, `coe: phase ${phase} failed: ${said}`);
        state.nodes.change(node, {
          failure: `phase ${phase}: ${said}`,
          phase: "report",
          dueAt: core.now(),
          phaseSince: core.now(),
          attempts: 0,
        });
        return;
      }
      if (attempts === 1) say(node, `coe: phase ${phase}: ${said}`);
      state.nodes.change(node, {
        attempts,
        dueAt: core.now() + Math.max(100, Math.min(30_000, 2000 * 2 ** Math.min(attempts, 4)) / core.speed),
      });
    } finally {
      state.flush();
    }
  }

  /** As the node's program has it: whatever may pass is tried again for as long as the cluster's time allows. */
  function isLast(node: Node, env: NodeEnv, error: unknown): boolean {
    if (error instanceof Final) return true;
    if (core.now() >= node.startedAt + (Number(env.TIME_SECONDS) || 3300) * 1000) return true;
    if (!(error instanceof Refused)) {
      refused.delete(node.id);
      return false;
    }
    const since = refused.get(node.id) ?? core.now();
    refused.set(node.id, since);
    return core.now() - since > (refusedSeconds * 1000) / core.speed;
  }

  async function act(phase: Phase, node: Node, server: Server, env: NodeEnv): Promise<void> {
    switch (phase) {
      case "runtime":
        if (asksFor("upgradeFailure", server.name) && isOther(kubernetes.versionOf(env.CLUSTER_UUID), env.KUBE_TAG))
          throw new Final(
            `could not download https://dl.k8s.io/release/${env.KUBE_TAG}/bin/linux/amd64/kubelet: curl: (22) The requested URL returned error: 404`,
          );
        if (fails(server, env))
          throw new Final("could not download https://dl.k8s.io/kubelet: curl: (6) Could not resolve host: dl.k8s.io");
        return;
      case "identity":
        return identity(node, env);
      case "control":
        if (env.ROLE !== "master") return;
        if (!beginsCluster(env)) requireApi(env);
        if (node.serving) kubernetes.join(env, server, node.serving);
        return;
      case "ready":
        if (isSilent(server)) throw new Error("the node is not Ready in Kubernetes: no reason given");
        requireApi(env);
        kubernetes.register(env, server);
        return;
      case "report":
        return report(node, env);
      default:
        return;
    }
  }
  const isOther = (version: string | null, tag: string) => version !== null && version !== tag;
  const flavorOf = (server: Server) => state.flavors.get(server.flavorId)?.name;
  const isSilent = (server: Server) =>
    asksFor("waitTimeout", server.name) || flavorOf(server) === scenarios.silentNode.values[0];
  const fails = (server: Server, env: NodeEnv) =>
    asksFor("nodeFailure", server.name) ||
    flavorOf(server) === scenarios.failingNode.values[0] ||
    (flavorOf(server) === scenarios.failingOnce.values[0] && env.INDEX === "0");
  function requireApi(env: NodeEnv): void {
    if (!kubernetes.isUp(env.CLUSTER_UUID))
      throw new Error(`the Kubernetes API: connect to ${env.API_ADDRESS}:${env.API_PORT} failed`);
  }

  async function ask(method: string, url: string, headers: Record<string, string>, body?: unknown): Promise<Response> {
    const answer = await fetch(url, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(60_000)]),
    });
    if (answer.ok) return answer;
    const said = `${method} ${url} answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`;
    if (answer.status === 408 || answer.status === 429 || answer.status >= 500) throw new Error(said);
    throw new Refused(said);
  }

  /** The node proves itself with a key of its own and gets what its role needs. */
  async function identity(node: Node, env: NodeEnv): Promise<void> {
    const keyPem = node.keyPem ?? (await newKey());
    if (!alive(node)) return;
    if (node.keyPem === undefined) {
      state.nodes.change(node, { keyPem });
      state.flush();
    }
    const file = await bootstrapFiles(env, keyPem, ask);
    const ca = file("pki/ca.crt");
    if (env.CLUSTER_CA !== "" && ca.replace(/\s/g, "") !== env.CLUSTER_CA.replace(/\s/g, ""))
      throw new Final("the service answered another CA than the one this node was made for");
    if (env.ROLE !== "master") {
      if (!new X509Certificate(file("kubelet.crt")).verify(new X509Certificate(ca).publicKey))
        throw new Final("the certificate is not from the cluster's CA");
      return;
    }
    const serving = await servingOf(env, file);
    if (alive(node)) state.nodes.change(node, { serving });
  }

  async function report(node: Node, env: NodeEnv): Promise<void> {
    const body = {
      status: node.failure === null ? "SUCCESS" : "FAILURE",
      reason: node.failure ?? `node ${env.NODE_NAME} is ready`,
      data: env.KUBE_TAG,
      id: env.NODE_NAME,
    };
    await ask("POST", env.SIGNAL_URL, { "X-Auth-Token": env.SIGNAL_TOKEN }, body).catch((error: unknown) => {
      if (error instanceof Refused) say(node, "coe: Heat did not take the signal");
      else throw error;
    });
  }

  return {
    advance,
    async close() {
      stopping.abort();
      await Promise.allSettled(busy.values());
    },
  };
}
