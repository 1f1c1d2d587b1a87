// A cluster's certificate authorities, and what they sign. Who may is the policy's to say: by default the person who
// made the cluster (magnum-api 18). Nodes have their certificates from bootstrap.ts.
import { randomUUID } from "node:crypto";
import type { RequestContext } from "../auth/context.ts";
import { authorize, may } from "../auth/policy.ts";
import { insertIssued, listIssued, loadAuthorities, type StoredAuthority } from "../db/certificate.ts";
import type { Scope } from "../db/scope.ts";
import { bundle, signingAuthority, trustedAuthorities } from "../domain/authority.ts";
import { caTypes, type CaType, type IssuedCertificate } from "../domain/certificate.ts";
import type { Cluster } from "../domain/cluster.ts";
import { DomainError } from "../domain/error.ts";
import { readCertificate } from "../pki/ca.ts";
import { readRequest, signRequest, type RequestFacts } from "../pki/csr.ts";
import { targetOf } from "./cluster/can.ts";
import { findCluster, readable } from "./cluster/read.ts";
import type { Deps } from "./deps.ts";
import { reach } from "./reach.ts";
import type { AuthorityView, SignedCertificate } from "./views.ts";

/** Of what the console hands out: it is a click to have another. */
const configDays = 365;
/** Of everything else, as at Magnum: scripts keep what they had signed. */
const usualDays = 5 * 365;

/**
 * All CAs of a cluster that are trusted; of each kind the one that signs comes first.
 * Throws cluster_not_found, certificate_forbidden.
 */
export async function listAuthorities(deps: Deps, ctx: RequestContext, id: string): Promise<AuthorityView[]> {
  const cluster = await readable(deps, ctx, id);
  refuseStrangers(ctx, "certificate:get", cluster);
  const { stored, state } = await loadAuthorities(deps.db, ctx.scope, cluster.id);
  return caTypes.flatMap((type) =>
    trustedAuthorities(stored, type, state).map(({ certPem, revision }) => ({
      type,
      pem: certPem,
      signs: revision === state.revision,
      ...readCertificate(certPem),
    })),
  );
}

/**
 * The CA certificate for the REST API; while a rotation runs both, the one that signs first, so that whoever trusts what
 * is answered here goes on trusting the cluster. `what` is id or name.
 */
export async function getAuthority(
  deps: Deps,
  ctx: RequestContext,
  what: string,
  type: CaType,
): Promise<{ clusterId: string; pem: string }> {
  const scope = reach(ctx, "cluster:get_one_all_projects");
  const cluster = await findCluster(deps, ctx, what, scope);
  authorize(ctx, "certificate:get", targetOf(cluster));
  const { caPem } = await authorityOf(deps, scope, cluster, type);
  return { clusterId: cluster.id, pem: caPem };
}

export interface SignWish {
  /** PEM. */
  csr: string;
  caType?: CaType;
  purpose: "config" | "request";
  /** Address of who asks, for the log. */
  from?: string | undefined;
}

/**
 * Signs a request by the cluster's CA and records it. People get the subject they ask for (`O=system:masters` is full
 * power); the cluster's own identity next to nothing. Throws certificate_invalid, certificate_forbidden, tls_disabled.
 */
export async function signCertificate(
  deps: Deps,
  ctx: RequestContext,
  what: string,
  wish: SignWish,
): Promise<SignedCertificate & { clusterId: string }> {
  const scope = reach(ctx, "cluster:get_one_all_projects");
  const cluster = await findCluster(deps, ctx, what, scope);
  if (ctx.door === "console") refuseStrangers(ctx, "certificate:create", cluster);
  else authorize(ctx, "certificate:create", targetOf(cluster));
  if (cluster.tlsDisabled)
    throw new DomainError("tls_disabled", `Cluster ${cluster.name} has no TLS, so there is nothing to sign.`);
  const type = wish.caType ?? "kubernetes";
  const request = await readRequest(wish.csr);
  if (ctx.clusterIdOfTrustee !== null) refuseMoreThanProxy(request, type);
  const { signing: authority, caPem } = await authorityOf(deps, scope, cluster, type);
  const keyPem = await deps.keys.get(authority.id, authority.key);
  const now = deps.clock.now();
  const ca = { certPem: authority.certPem, keyPem };
  const pem = await signRequest(request, ca, now, wish.purpose === "config" ? configDays : usualDays);
  const { subject, serial, fingerprint, notBefore, notAfter } = readCertificate(pem);
  const { purpose, from } = wish;
  ctx.log.info({ clusterId: cluster.id, subject, serial, purpose, from }, "certificate signed");
  await insertIssued(
    deps.db,
    scope,
    {
      id: randomUUID(),
      clusterId: cluster.id,
      serial,
      subject,
      caType: type,
      fingerprint,
      notBefore,
      notAfter,
      userId: ctx.user.id,
      userName: ctx.user.name,
      purpose,
      createdAt: now,
    },
    {
      level: "info",
      message: `${ctx.user.name} had a certificate signed: ${subject}.`,
      detail: `Serial ${serial}, valid until ${notAfter.toISOString()}.`,
    },
  );
  deps.changes.nudge();
  return { clusterId: cluster.id, pem, caPem, serial, subject, fingerprint, notAfter };
}

/** Newest first: everything that people and nodes had signed. */
export async function listIssuedCertificates(
  deps: Deps,
  ctx: RequestContext,
  id: string,
): Promise<IssuedCertificate[]> {
  const cluster = await readable(deps, ctx, id);
  return listIssued(deps.db, ctx.scope, cluster.id);
}

/** Says whose cluster it is rather than which rule refused. */
function refuseStrangers(
  ctx: RequestContext,
  policy: "certificate:get" | "certificate:create",
  cluster: Cluster,
): void {
  if (may(ctx, policy, targetOf(cluster))) return;
  throw new DomainError(
    "certificate_forbidden",
    ctx.user.id === cluster.userId
      ? `Policy doesn't allow ${policy} to be performed.`
      : `Certificates belong to the person who made the cluster: ${cluster.userName ?? cluster.userId}.`,
    { remedy: "Ask that person for a config, or an administrator." },
  );
}

/**
 * What runs in clusters and was written for Magnum comes as the cluster's own identity at the cloud (docs/adr/0020). It may
 * have the proxy's identity, as Magnum's nodes ask for it, and no node's or person's. Every name of the subject counts:
 * readers differ in which one they take.
 */
function refuseMoreThanProxy({ commonNames, organizations, kinds, names, subject }: RequestFacts, type: CaType): void {
  const others = kinds.filter((kind) => kind !== "CN" && kind !== "O");
  const proxy =
    commonNames.join() === "system:kube-proxy" && ["", "system:node-proxier"].includes(organizations.join());
  if (type !== "kubernetes" || !proxy || others.length > 0 || names.length > 0)
    throw new DomainError(
      "certificate_forbidden",
      `A cluster's own identity may not have a certificate for ${subject || "nobody"}.`,
      { field: "csr" },
    );
}

/** The authority that signs, and all that are trusted as one PEM text. */
async function authorityOf(
  deps: Deps,
  scope: Scope,
  cluster: Cluster,
  type: CaType,
): Promise<{ signing: StoredAuthority; caPem: string }> {
  const { stored, state } = await loadAuthorities(deps.db, scope, cluster.id);
  const signing = signingAuthority(stored, type, state);
  if (!signing) throw new Error(`cluster ${cluster.id} has no CA of kind ${type}`);
  return { signing, caPem: bundle(trustedAuthorities(stored, type, state)) };
}
