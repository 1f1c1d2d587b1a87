import type { AuthorityKind, PkiState } from "../domain/authority.ts";
import type { Prisma } from "./generated/sqlite/client.ts";
import type { IssuedCertificate } from "../domain/certificate.ts";
import { noteChange } from "./change.ts";
import type { Db } from "./client.ts";
import { notFound, toPkiState } from "./cluster.ts";
import { addEvents, type NewEvent } from "./operation.ts";
import { rowReader } from "./row.ts";
import { clustersIn, partsIn, type Scope } from "./scope.ts";
import { keepId, keepText, tables } from "./tables.ts";

const { clusterId: _, ...authority } = tables.CertificateAuthority;

export interface StoredAuthority {
  id: string;
  kind: AuthorityKind;
  revision: number;
  /** Of a service account: the public key. */
  certPem: string;
  /** Sealed, or a reference to where it is kept. */
  key: string;
  createdAt: Date;
}

/** One that cannot be read is of revision 0, which neither signs nor is trusted. */
export function toAuthority(row: Prisma.CertificateAuthorityGetPayload<object>): StoredAuthority {
  const { damage, ...stored } = readAuthority(row);
  return damage ? { ...stored, revision: 0 } : stored;
}

const readAuthority = rowReader(
  authority,
  { id: "", kind: "kubernetes", revision: 0, certPem: "", key: "", createdAt: new Date(0) },
  { id: keepId, key: keepId },
);

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
      data: { ...certificate, projectId: cluster.projectId },
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
  return rows.map((row) => {
    const { projectId: _project, damage: _damage, ...certificate } = readIssued(row);
    return certificate;
  });
}

const never = new Date(0);
const readIssued = rowReader(
  tables.IssuedCertificate,
  {
    id: "",
    clusterId: "",
    projectId: "",
    serial: "",
    subject: "?",
    caType: "kubernetes",
    fingerprint: "",
    notBefore: never,
    notAfter: never,
    userId: "",
    purpose: "request",
    createdAt: never,
  },
  { ...keepText(tables.IssuedCertificate), id: keepId, clusterId: keepId },
);
