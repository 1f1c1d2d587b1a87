import { z } from "zod";
import { authorityKinds, PkiPhase, type PkiState } from "../domain/authority.ts";
import { IssuedCertificate } from "../domain/certificate.ts";
import { noteChange } from "./change.ts";
import type { Db } from "./client.ts";
import { notFound } from "./cluster.ts";
import { addEvents, type NewEvent } from "./operation.ts";
import { clustersIn, partsIn, type Scope } from "./scope.ts";

const StoredAuthority = z.object({
  id: z.string(),
  kind: z.enum(authorityKinds),
  revision: z.int(),
  /** Of a service account: the public key. */
  certPem: z.string(),
  /** Sealed, or a reference to where it is kept. */
  key: z.string(),
  createdAt: z.date(),
});
export type StoredAuthority = z.infer<typeof StoredAuthority>;

export const toAuthority = (row: unknown): StoredAuthority => StoredAuthority.parse(row);

/** Where the rotation of a cluster's authorities stands, of its row. */
export const toPkiState = (row: { pkiRevision: number; pkiPhase: string | null }): PkiState => ({
  revision: row.pkiRevision,
  phase: PkiPhase.nullable().parse(row.pkiPhase),
});

/** All kinds and revisions of a cluster, and which of them signs. Throws cluster_not_found. */
export async function loadAuthorities(
  db: Db,
  scope: Scope,
  clusterId: string,
): Promise<{ stored: StoredAuthority[]; state: PkiState }> {
  const row = await db.prisma.cluster.findFirst({
    where: { AND: [clustersIn(scope), { id: clusterId }] },
    select: { pkiRevision: true, pkiPhase: true, authorities: true },
  });
  if (!row) throw notFound(clusterId);
  return { stored: row.authorities.map(toAuthority), state: toPkiState(row) };
}

/** Which of these authorities are some cluster's. Of all projects. */
export async function knownAuthorities(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const rows = await db.prisma.certificateAuthority.findMany({ where: { id: { in: [...ids] } }, select: { id: true } });
  return new Set(rows.map(({ id }) => id));
}

/** Records a certificate that was signed, with the event that tells of it. Throws cluster_not_found. */
export async function insertIssued(
  db: Db,
  scope: Scope,
  certificate: IssuedCertificate,
  event: NewEvent | null = null,
): Promise<void> {
  const { clusterId, createdAt } = certificate;
  await db.transaction(async (tx) => {
    const cluster = await tx.cluster.findFirst({
      where: { AND: [clustersIn(scope), { id: clusterId }] },
      select: { projectId: true },
    });
    if (!cluster) throw notFound(clusterId);
    const subject = { clusterId, projectId: cluster.projectId };
    await tx.issuedCertificate.create({
      data: { ...IssuedCertificate.parse(certificate), projectId: cluster.projectId },
    });
    if (event) await addEvents(tx, subject, null, [event], createdAt);
    await noteChange(db, tx, subject, createdAt);
  });
}

/** Newest first, at most `size`. */
export async function listIssued(db: Db, scope: Scope, clusterId: string, size = 200): Promise<IssuedCertificate[]> {
  const rows = await db.prisma.issuedCertificate.findMany({
    where: partsIn(scope, clusterId),
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    take: size,
  });
  return rows.map((row) => IssuedCertificate.parse(row));
}
