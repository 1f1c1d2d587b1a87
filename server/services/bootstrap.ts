// What a control plane node fetches once when it starts: the keys that make it one. Never in user data, never in the
// public API; only for the cluster's own identity and a server that the cloud knows as one of its masters.
import type { RequestContext } from "../auth/context.ts";
import { authorize } from "../auth/policy.ts";
import { grantBootstrap, loadAuthorities } from "../db/certificate.ts";
import { listNodegroups, listNodes } from "../db/nodegroup.ts";
import {
  authorityKinds,
  bundle,
  signingAuthority,
  trustedAuthorities,
  type AuthorityKind,
} from "../domain/authority.ts";
import type { Cluster } from "../domain/cluster.ts";
import { DomainError } from "../domain/error.ts";
import { orNull } from "../../drivers/openstack/error.ts";
import { wishOf } from "../../drivers/wish.ts";
import { targetOf } from "./cluster/can.ts";
import { loadParts } from "./cluster/parts.ts";
import { driverOf, findCluster } from "./cluster/read.ts";
import type { Deps } from "./deps.ts";

/** `pki/...` goes under /etc/kubernetes, `manifests/...` under /etc/coe. */
export interface BootstrapFile {
  name: string;
  content: string;
}

/** Certificates and public keys of all that are trusted, the one that signs first, and the key of that one. */
const places: Record<AuthorityKind, { cert: string; key: string }> = {
  kubernetes: { cert: "pki/ca.crt", key: "pki/ca.key" },
  etcd: { cert: "pki/etcd/ca.crt", key: "pki/etcd/ca.key" },
  "front-proxy": { cert: "pki/front-proxy-ca.crt", key: "pki/front-proxy-ca.key" },
  "service-account": { cert: "pki/sa.pub", key: "pki/sa.key" },
};

/**
 * The files of a control plane node. May be repeated for the same server until that node is ready, as answers get
 * lost; afterwards it throws conflict. Throws forbidden for whoever is not this cluster's node, and for servers that
 * are not among its masters.
 */
export async function bootstrapMaster(
  deps: Deps,
  ctx: RequestContext,
  what: string,
  serverId: string,
  from: string | undefined,
): Promise<BootstrapFile[]> {
  const cluster = await findCluster(deps, ctx, what);
  authorize(ctx, "cluster:bootstrap", targetOf(cluster));
  await refuseOthers(deps, ctx, cluster, serverId);
  const nodes = await listNodes(deps.db, ctx.scope, cluster.id);
  if (nodes.some((node) => node.serverId === serverId && node.ready === true))
    throw new DomainError("conflict", `Server ${serverId} has started already: it has what it needs.`);
  const first = await grantBootstrap(deps.db, ctx.scope, cluster.id, serverId, deps.clock.now());
  ctx.log[first ? "info" : "warn"]({ clusterId: cluster.id, serverId, from, first }, "control plane keys handed out");
  const { stored, state } = await loadAuthorities(deps.db, ctx.scope, cluster.id);
  const files = await Promise.all(
    authorityKinds.map(async (kind) => {
      const signing = signingAuthority(stored, kind, state);
      if (!signing) return [];
      return [
        { name: places[kind].cert, content: bundle(trustedAuthorities(stored, kind, state)) },
        { name: places[kind].key, content: await deps.keys.get(signing.id, signing.key) },
      ];
    }),
  );
  return [...files.flat(), ...(await manifests(deps, ctx, cluster))];
}

/** What the first master applies itself, since the conductor may not reach the cluster's API. */
async function manifests(deps: Deps, ctx: RequestContext, cluster: Cluster): Promise<BootstrapFile[]> {
  const driver = driverOf(deps, cluster);
  if (!driver.manifests) return [];
  const parts = await loadParts(deps, ctx.scope, cluster);
  const files = driver.manifests(wishOf(parts.cluster, parts.nodegroups));
  return files.map(({ name, content }) => ({ name: `manifests/${name}`, content }));
}

/** The cloud itself says which server is a master of this cluster: the driver marked it when it was made. */
async function refuseOthers(deps: Deps, ctx: RequestContext, cluster: Cluster, serverId: string): Promise<void> {
  const [server, nodegroups] = await Promise.all([
    orNull(ctx.cloud().nova.getServer(serverId)),
    listNodegroups(deps.db, ctx.scope, cluster.id),
  ]);
  const group = nodegroups.find((each) => each.name === server?.metadata["coe-nodegroup"]);
  if (server?.metadata["coe-cluster"] !== cluster.id || group?.role !== "master")
    throw new DomainError("forbidden", `Server ${serverId} is not a control plane node of cluster ${cluster.id}.`);
}
