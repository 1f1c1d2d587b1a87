// Delegated identities. A row is written before the identity service is asked and goes after the identity went, so
// that whatever exists there has a row here.
import type { Db, Tx } from "./client.ts";
import { voidProofs } from "./node-proof.ts";
import type { ProjectScope, Scope } from "./scope.ts";

export interface StoredCredential {
  id: string;
  clusterId: string | null;
  projectId: string;
  region: string;
  trusteeName: string;
  /** Null until the trustee was made, or was found. */
  trusteeUserId: string | null;
  /** Sealed; empty = closed: nobody knows it any more. */
  trusteePassword: string;
  trustId: string | null;
  revision: number;
  /** The cluster whose stacks were made with it while another one is the cluster's now; null = nobody needs it so. */
  retiredFor: string | null;
  createdAt: Date;
}

export interface CredentialIntent {
  id: string;
  region: string;
  trusteeName: string;
  /** Sealed. */
  trusteePassword: string;
  now: Date;
}

/** Says what is about to be made. */
export async function insertIntent(db: Db, scope: ProjectScope, intent: CredentialIntent): Promise<void> {
  const { now, ...columns } = intent;
  await db.prisma.credential.create({ data: { ...columns, projectId: scope.projectId, createdAt: now } });
}

/** Adds what the identity service answered; may be called after each step. */
export async function completeCredential(
  db: Db,
  scope: ProjectScope,
  id: string,
  made: { trusteeUserId?: string; trustId?: string },
): Promise<void> {
  const { count } = await db.prisma.credential.updateMany({ where: { id, projectId: scope.projectId }, data: made });
  if (count !== 1) throw new Error(`credential ${id} is gone`);
}

/** One that nobody uses; null when it is gone, was attached, or is still on a cluster's older nodes. */
export async function getSpareCredential(db: Db, id: string): Promise<StoredCredential | null> {
  return db.prisma.credential.findFirst({ where: { id, ...unused } });
}

const unused = { clusterId: null, retiredFor: null };

/**
 * Makes a completed spare credential the cluster's. The one before becomes a retired one, as long as older nodes' stacks
 * hang on it; what its nodes could still prove themselves with is void. Throws when the spare one is not there.
 */
export async function replaceCredential(
  tx: Tx,
  clusterId: string,
  projectId: string,
  id: string,
  now: Date,
): Promise<void> {
  const before = await tx.credential.findUnique({ where: { clusterId }, select: { id: true, revision: true } });
  if (before)
    await tx.credential.update({ where: { id: before.id }, data: { clusterId: null, retiredFor: clusterId } });
  const { count } = await tx.credential.updateMany({
    where: { id, projectId, ...unused },
    data: { clusterId, revision: (before?.revision ?? 0) + 1 },
  });
  if (count !== 1) throw new Error(`credential ${id} is not there to be attached`);
  await voidProofs(tx, clusterId, now);
}

/** Forgets the password of a retired one. May be repeated. */
export async function closeCredential(db: Db, id: string): Promise<void> {
  await db.prisma.credential.updateMany({
    where: { id, clusterId: null, retiredFor: { not: null } },
    data: { trusteePassword: "" },
  });
}

/** The cluster is gone: what it retired is the sweeper's. */
export async function releaseRetired(tx: Tx, clusterId: string): Promise<void> {
  await tx.credential.updateMany({ where: { retiredFor: clusterId }, data: { retiredFor: null } });
}

/** The cluster's credential, if it has one. */
export async function getCredential(db: Db, scope: Scope, clusterId: string): Promise<StoredCredential | null> {
  return db.prisma.credential.findFirst({
    where: { clusterId, ...(scope.kind === "project" ? { projectId: scope.projectId } : {}) },
  });
}

/**
 * Which cluster's own identity comes with this trust, or as this trustee. `clusterId` null = its cluster is being made or
 * is gone; null = no cluster's trustee. Of all projects: this is how they are known.
 */
export async function findTrustee(
  db: Db,
  by: { trusteeUserId: string; trustId: string | null },
): Promise<{ clusterId: string | null; projectId: string; region: string } | null> {
  const found = await db.prisma.credential.findFirst({
    where:
      by.trustId === null
        ? { trusteeUserId: by.trusteeUserId }
        : { OR: [{ trustId: by.trustId }, { trusteeUserId: by.trusteeUserId }] },
    select: { clusterId: true, retiredFor: true, projectId: true, region: true },
  });
  return found && { clusterId: found.clusterId ?? found.retiredFor, projectId: found.projectId, region: found.region };
}

/** Is this trustee another credential's? */
export async function trusteeIsShared(db: Db, trusteeUserId: string, exceptId: string): Promise<boolean> {
  return (await db.prisma.credential.count({ where: { trusteeUserId, id: { not: exceptId } } })) > 0;
}

/** Rows that no cluster uses and that are older than a request can last: what they name is to be removed. Of all projects. */
export async function orphanCredentials(db: Db, olderThan: Date, limit = 20): Promise<StoredCredential[]> {
  return db.prisma.credential.findMany({
    where: { ...unused, createdAt: { lt: olderThan } },
    orderBy: { createdAt: "asc" },
    take: limit,
  });
}

/** After the identity went. May be repeated. */
export async function removeCredential(db: Db, id: string): Promise<void> {
  await db.prisma.credential.deleteMany({ where: { id } });
}
