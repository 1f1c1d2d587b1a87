// What nodes may prove themselves with: a row for each one that is coming up, written by the conductor, spent once.
import { z } from "zod";
import type { Db, Tx } from "./client.ts";
import type { StoredCredential } from "./credential.ts";
import { addEvents, type NewEvent } from "./operation.ts";
import { noteChange } from "./change.ts";
import type { ProjectScope } from "./scope.ts";
import { json } from "./tables.ts";

/** The cluster that a node says it is of: in any project, since a node has no token. Null = there is none. */
export async function findProofSubject(
  db: Db,
  clusterId: string,
): Promise<{ projectId: string; region: string; credential: StoredCredential | null } | null> {
  return db.prisma.cluster.findUnique({
    where: { id: clusterId },
    select: { projectId: true, region: true, credential: true },
  });
}

const Addresses = z.array(z.string());
/** Addresses that cannot be read are none: a certificate gets no more than what is known. */
const addressColumn = json(Addresses).catch([]);

export interface StoredProof {
  id: string;
  clusterId: string;
  nodegroupId: string;
  purpose: "boot" | "renew";
  name: string;
  addresses: string[];
  keyDigest: string | null;
  spentAt: Date | null;
  contestedAt: Date | null;
  closedAt: Date | null;
  closedWhy: string | null;
}

/** Null = nobody has opened it (yet). */
export async function getProof(
  db: Db,
  scope: ProjectScope,
  clusterId: string,
  id: string,
): Promise<StoredProof | null> {
  const row = await db.prisma.nodeProof.findFirst({ where: { id, ...ownCluster(scope, clusterId) } });
  return row && toProof(row);
}

/** The first key that asks gets it, and keeps it: true for that one, however often it asks while the proof is open. */
export async function spendProof(
  db: Db,
  scope: ProjectScope,
  { clusterId, id }: StoredProof,
  keyDigest: string,
  now: Date,
): Promise<boolean> {
  const open = { id, closedAt: null, ...ownCluster(scope, clusterId) };
  const first = await db.prisma.nodeProof.updateMany({
    where: { ...open, keyDigest: null },
    data: { keyDigest, spentAt: now },
  });
  return first.count === 1 || (await db.prisma.nodeProof.count({ where: { ...open, keyDigest } })) === 1;
}

/** Notes that another key has asked, with the event that tells of it: once for each proof. True = it is told now. */
export async function contestProof(
  db: Db,
  scope: ProjectScope,
  { clusterId, id }: StoredProof,
  event: NewEvent,
  now: Date,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const { count } = await tx.nodeProof.updateMany({
      where: { id, contestedAt: null, ...ownCluster(scope, clusterId) },
      data: { contestedAt: now },
    });
    if (count === 0) return false;
    await tellOfProof(db, tx, scope, clusterId, event, now);
    return true;
  });
}

/** An event of a node that has proved itself. */
export async function noteNode(
  db: Db,
  scope: ProjectScope,
  clusterId: string,
  event: NewEvent,
  now: Date,
): Promise<void> {
  await db.transaction((tx) => tellOfProof(db, tx, scope, clusterId, event, now));
}

async function tellOfProof(db: Db, tx: Tx, scope: ProjectScope, clusterId: string, event: NewEvent, now: Date) {
  const subject = { clusterId, projectId: scope.projectId };
  await addEvents(tx, subject, null, [event], now);
  await noteChange(db, tx, subject, now);
}

const ownCluster = (scope: ProjectScope, clusterId: string) => ({
  clusterId,
  cluster: { projectId: scope.projectId },
});

/** A node that the conductor has seen. */
export interface SeenMember {
  /** The back end's id of the member. */
  id: string;
  nodegroupId: string;
  name: string;
  addresses: readonly string[];
  /** It has neither reported nor failed. */
  coming: boolean;
  /** It lives, and may fetch its keys once more by the proof of that id; null = it may not, absent = not known now. */
  renewalId?: string | null;
}

/**
 * Opens a proof for each member that is coming up, once, and closes those of members that have come, have failed, or are
 * gone (`all`: no other members exist). What is closed stays closed.
 */
export async function keepProofs(
  tx: Tx,
  clusterId: string,
  members: readonly SeenMember[],
  all: boolean,
  now: Date,
): Promise<void> {
  const coming = members.filter((member) => member.coming);
  const renewing = members.flatMap(({ renewalId, ...member }) => (renewalId ? [{ ...member, id: renewalId }] : []));
  const rows = await tx.nodeProof.findMany({
    where: { clusterId, OR: [{ closedAt: null }, { id: { in: [...coming, ...renewing].map(({ id }) => id) } }] },
  });
  const known = new Map(rows.map((row) => [row.id, row]));
  for (const { id, nodegroupId, name, addresses } of coming) {
    const row = known.get(id);
    const facts = { name, addresses: JSON.stringify(addresses) };
    if (!row)
      await tx.nodeProof.create({ data: { id, clusterId, nodegroupId, purpose: "boot", openedAt: now, ...facts } });
    else if (row.closedAt === null && (row.name !== name || row.addresses !== facts.addresses))
      await tx.nodeProof.updateMany({ where: { id, clusterId, closedAt: null }, data: facts });
  }
  for (const proof of renewing) if (!known.has(proof.id)) await openRenewal(tx, clusterId, proof, now);
  const seen = new Map(members.map((member) => [member.id, member]));
  const names = new Set(members.map(({ name }) => name));
  const isGone = (row: (typeof rows)[number]) =>
    all && !(row.purpose === "renew" ? names.has(row.name) : seen.has(row.id));
  const isAnswered = (row: (typeof rows)[number]) => {
    const renewalId = members.find(({ name }) => row.purpose === "renew" && name === row.name)?.renewalId;
    return renewalId !== undefined && renewalId !== row.id;
  };
  const close = (why: string, ids: string[]) =>
    ids.length === 0 ? null : closeWhere(tx, { clusterId, id: { in: ids } }, why, now);
  const open = rows.filter((row) => row.closedAt === null);
  await close(
    "settled",
    open.filter((row) => seen.get(row.id)?.coming === false || isAnswered(row)).map(({ id }) => id),
  );
  await close(
    "gone",
    open.filter(isGone).map(({ id }) => id),
  );
}

/**
 * A further proof for a node that lives, for one renewal of what it holds: `id` is new, and its secret is
 * derived as any other's. It is closed by `closeProof`, when the node is gone, and with the credential.
 */
export async function openRenewal(
  tx: Tx,
  clusterId: string,
  proof: { id: string; nodegroupId: string; name: string; addresses: readonly string[] },
  now: Date,
): Promise<void> {
  const { id, nodegroupId, name, addresses } = proof;
  await tx.nodeProof.create({
    data: { id, nodegroupId, name, clusterId, purpose: "renew", addresses: JSON.stringify(addresses), openedAt: now },
  });
}

/** The node has what it asked for. May be repeated. */
export async function closeProof(tx: Tx, clusterId: string, id: string, now: Date): Promise<void> {
  await closeWhere(tx, { clusterId, id }, "settled", now);
}

/** The cluster has another credential. */
export async function voidProofs(tx: Tx, clusterId: string, now: Date): Promise<void> {
  await closeWhere(tx, { clusterId }, "rotated", now);
}

/** Those that were closed before. Nothing opens again with them gone: a node comes up once. Of all projects. */
export async function forgetProofs(db: Db, before: Date): Promise<void> {
  await db.prisma.nodeProof.deleteMany({ where: { closedAt: { lt: before } } });
}

async function closeWhere(
  tx: Tx,
  where: { clusterId: string; id?: string | { in: string[] } },
  closedWhy: string,
  now: Date,
): Promise<void> {
  await tx.nodeProof.updateMany({ where: { ...where, closedAt: null }, data: { closedAt: now, closedWhy } });
}

function toProof(row: {
  id: string;
  clusterId: string;
  nodegroupId: string;
  purpose: string;
  name: string;
  addresses: string;
  keyDigest: string | null;
  spentAt: Date | null;
  contestedAt: Date | null;
  closedAt: Date | null;
  closedWhy: string | null;
}): StoredProof {
  const { id, clusterId, nodegroupId, name, keyDigest, spentAt, contestedAt, closedAt, closedWhy } = row;
  return {
    id,
    clusterId,
    nodegroupId,
    purpose: row.purpose === "renew" ? "renew" : "boot",
    name,
    addresses: addressColumn.parse(row.addresses),
    keyDigest,
    spentAt,
    contestedAt,
    closedAt,
    closedWhy,
  };
}
