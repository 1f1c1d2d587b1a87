// Delegated identities. A row is written before the identity service is asked and goes after the identity went, so
// that whatever exists there has a row here.
import type { Db } from "./client.ts";
import type { ProjectScope, Scope } from "./scope.ts";

export interface StoredCredential {
  id: string;
  clusterId: string | null;
  projectId: string;
  region: string;
  trusteeName: string;
  /** Null until the trustee was made, or was found. */
  trusteeUserId: string | null;
  /** Sealed. */
  trusteePassword: string;
  trustId: string | null;
  revision: number;
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

/** One that has no cluster; null when it is gone or was attached. */
export async function getSpareCredential(db: Db, id: string): Promise<StoredCredential | null> {
  return db.prisma.credential.findFirst({ where: { id, clusterId: null } });
}

/** The cluster's credential, if it has one. */
export async function getCredential(db: Db, scope: Scope, clusterId: string): Promise<StoredCredential | null> {
  return db.prisma.credential.findFirst({
    where: { clusterId, ...(scope.kind === "project" ? { projectId: scope.projectId } : {}) },
  });
}

/**
 * Whose node comes with this trust, or as this trustee. `clusterId` null = its cluster is being made or is gone; null =
 * no cluster's trustee. Of all projects: this is how nodes are known.
 */
export async function findTrustee(
  db: Db,
  by: { trusteeUserId: string; trustId: string | null },
): Promise<{ clusterId: string | null; projectId: string; region: string } | null> {
  return db.prisma.credential.findFirst({
    where:
      by.trustId === null
        ? { trusteeUserId: by.trusteeUserId }
        : { OR: [{ trustId: by.trustId }, { trusteeUserId: by.trusteeUserId }] },
    select: { clusterId: true, projectId: true, region: true },
  });
}

/** Is this trustee another credential's? */
export async function trusteeIsShared(db: Db, trusteeUserId: string, exceptId: string): Promise<boolean> {
  return (await db.prisma.credential.count({ where: { trusteeUserId, id: { not: exceptId } } })) > 0;
}

/** Rows without a cluster that are older than a request can last: what they name is to be removed. Of all projects. */
export async function orphanCredentials(db: Db, olderThan: Date, limit = 20): Promise<StoredCredential[]> {
  return db.prisma.credential.findMany({
    where: { clusterId: null, createdAt: { lt: olderThan } },
    orderBy: { createdAt: "asc" },
    take: limit,
  });
}

/** After the identity went. May be repeated. */
export async function removeCredential(db: Db, id: string): Promise<void> {
  await db.prisma.credential.deleteMany({ where: { id } });
}
