// What a node fetches when it comes up: its kubelet's certificate, or the keys that make it a control plane node. Never in
// user data, never for a token: only for the node's own proof, and only for the key that it first came with.
import { randomUUID } from "node:crypto";
import type { NodeCaller } from "../auth/node.ts";
import { insertIssued, loadAuthorities } from "../db/certificate.ts";
import { getCluster } from "../db/cluster.ts";
import { contestProof, getProof, noteNode, spendProof, type StoredProof } from "../db/node-proof.ts";
import { listNodegroups } from "../db/nodegroup.ts";
import {
  authorityKinds,
  bundle,
  signingAuthority,
  trustedAuthorities,
  type AuthorityKind,
} from "../domain/authority.ts";
import type { Cluster } from "../domain/cluster.ts";
import { DomainError } from "../domain/error.ts";
import { readCertificate } from "../pki/ca.ts";
import { keyDigest, readRequest, signNode, type SigningRequest } from "../pki/csr.ts";
import { wishOf } from "../../drivers/wish.ts";
import { loadParts } from "./cluster/parts.ts";
import { driverOf } from "./cluster/read.ts";
import type { Deps } from "./deps.ts";

/** `pki/...` goes under /etc/kubernetes, `manifests/...` under /etc/coe, `kubelet.crt` is a worker's own certificate. */
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

/** Nodes live long and renew their certificates by themselves. */
const nodeDays = 5 * 365;

/**
 * The files of a node. May be repeated with the same key until the node has come, as answers get lost. Null = the service
 * has not seen this node yet: ask again. Throws forbidden, too_many_attempts, certificate_invalid, and conflict when the
 * proof is void or another key came first.
 */
export async function bootstrapNode(
  deps: Deps,
  clusterId: string,
  given: { proof: string; csr: string },
  from: string,
): Promise<BootstrapFile[] | null> {
  const caller = await deps.auth.nodes.identify(clusterId, given.proof, from);
  const request = await readRequest(given.csr);
  const proof = await getProof(deps.db, caller.scope, clusterId, caller.proofId);
  if (!proof || proof.addresses.length === 0) return null;
  const now = deps.clock.now();
  const spent =
    proof.nodegroupId === caller.nodegroupId &&
    (await spendProof(deps.db, caller.scope, proof, keyDigest(request), now));
  if (!spent) throw await refusal(deps, caller, proof.id, request, from);
  const cluster = await getCluster(deps.db, caller.scope, clusterId);
  const group = (await listNodegroups(deps.db, caller.scope, clusterId)).find(({ id }) => id === proof.nodegroupId);
  if (!group) throw new DomainError("conflict", `The node group of ${proof.name} is gone.`);
  return group.role === "master"
    ? controlPlane(deps, caller, cluster, proof, from)
    : worker(deps, caller, proof, request, from);
}

/** Why a right proof is refused. Whoever else has it has stolen it, or it was stolen before: people are told, once. */
async function refusal(
  deps: Deps,
  { scope, clusterId }: NodeCaller,
  proofId: string,
  request: SigningRequest,
  from: string,
): Promise<DomainError> {
  const proof = await getProof(deps.db, scope, clusterId, proofId);
  if (!proof) return new DomainError("conflict", "The node is gone.");
  const { name, spentAt, closedWhy } = proof;
  if (proof.keyDigest !== null && proof.keyDigest !== keyDigest(request)) {
    deps.log.warn({ clusterId, node: name, from, spentAt }, "somebody else has asked with the proof of a node");
    const told = await contestProof(deps.db, scope, proof, stolen(proof, from), deps.clock.now());
    if (told) deps.changes.nudge();
    return new DomainError(
      "conflict",
      `The proof of node ${name} was used with another key before: somebody else may have what it opens.`,
      { remedy: "Find out who reads the project's stacks and servers, then rotate the certificate authority." },
    );
  }
  return new DomainError("conflict", `The proof of node ${name} is void: ${voidWords(closedWhy)}.`);
}

const voidWords = (why: string | null): string =>
  why === "gone"
    ? "the node is gone"
    : why === "rotated"
      ? "the cluster has got another credential since"
      : "the node has come up, or failed, before";

const stolen = ({ name, spentAt, closedAt }: StoredProof, from: string) => ({
  level: "warning" as const,
  message: `Somebody else has asked with the proof of node ${name}.`,
  detail:
    `It came from ${from} with another key than the one of ${spentAt?.toISOString() ?? "before"}, and got nothing. ` +
    (closedAt === null
      ? "If the node itself does not come up, the other one was first: rotate the certificate authority."
      : "The node had come up before: somebody reads the project's stacks or servers."),
});

async function worker(
  deps: Deps,
  { scope, clusterId }: NodeCaller,
  { name, addresses }: StoredProof,
  request: SigningRequest,
  from: string,
): Promise<BootstrapFile[]> {
  const { stored, state } = await loadAuthorities(deps.db, scope, clusterId);
  const authority = signingAuthority(stored, "kubernetes", state);
  if (!authority) throw new Error(`cluster ${clusterId} has no CA of kind kubernetes`);
  const ca = { certPem: authority.certPem, keyPem: await deps.keys.get(authority.id, authority.key) };
  const now = deps.clock.now();
  const pem = await signNode(request, { name, addresses }, ca, now, nodeDays);
  const { subject, serial, fingerprint, notBefore, notAfter } = readCertificate(pem);
  deps.log.info({ clusterId, node: name, serial, from }, "certificate of a node signed");
  await insertIssued(
    deps.db,
    scope,
    {
      id: randomUUID(),
      clusterId,
      serial,
      subject,
      caType: "kubernetes",
      fingerprint,
      notBefore,
      notAfter,
      userId: `system:node:${name}`,
      userName: name,
      purpose: "node",
      createdAt: now,
    },
    {
      level: "info",
      message: `Signed the certificate of node ${name}.`,
      detail: `Serial ${serial}, valid until ${notAfter.toISOString()}.`,
    },
  );
  deps.changes.nudge();
  return [
    { name: places.kubernetes.cert, content: bundle(trustedAuthorities(stored, "kubernetes", state)) },
    { name: "kubelet.crt", content: pem },
  ];
}

/** A control plane node makes its certificates by itself. */
async function controlPlane(
  deps: Deps,
  { scope, clusterId }: NodeCaller,
  cluster: Cluster,
  { name }: StoredProof,
  from: string,
): Promise<BootstrapFile[]> {
  const { stored, state } = await loadAuthorities(deps.db, scope, clusterId);
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
  deps.log.info({ clusterId, node: name, from }, "control plane keys handed out");
  const event = { level: "info" as const, message: `Gave node ${name} the keys of the control plane.` };
  await noteNode(deps.db, scope, clusterId, event, deps.clock.now());
  deps.changes.nudge();
  return [...files.flat(), ...(await manifests(deps, scope, cluster))];
}

/** What the first master applies itself, since the conductor may not reach the cluster's API. */
async function manifests(deps: Deps, scope: NodeCaller["scope"], cluster: Cluster): Promise<BootstrapFile[]> {
  const driver = driverOf(deps, cluster);
  if (!driver.manifests) return [];
  const parts = await loadParts(deps, scope, cluster);
  const files = driver.manifests(wishOf(parts.cluster, parts.nodegroups));
  return files.map(({ name, content }) => ({ name: `manifests/${name}`, content }));
}
