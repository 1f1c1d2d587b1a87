// Everybody who may call, what they find, and what they may have changed.
import { createHash, randomUUID } from "node:crypto";
import type { RequestContext } from "../../server/auth/context.ts";
import type { Policies } from "../../server/auth/policy.ts";
import type { Db } from "../../server/db/client.ts";
import type { NewAuthority } from "../../server/db/cluster-change.ts";
import { authorityKinds } from "../../server/domain/authority.ts";
import { makeAuthorities } from "../../server/pki/ca.ts";
import type { Deps } from "../../server/services/deps.ts";
import { aProject, writeCluster, writeTemplate } from "../../server/testing/builders.ts";
import { testContext, type TestPerson } from "../../server/testing/test-context.ts";

/**
 * `member`, `reader` and `roleless` are of the cluster's project; `owner` made the cluster and is a member, `formerOwner`
 * made it and has no role any more; `other` is a member of another project, `admin` an administrator in a third one;
 * `node` is the cluster's trustee, `otherNode` that of another cluster of the project; `stranger` has no token.
 */
export const people = [
  "stranger",
  "roleless",
  "formerOwner",
  "reader",
  "member",
  "owner",
  "other",
  "admin",
  "node",
  "otherNode",
] as const;
export type Person = (typeof people)[number];

export interface World {
  project: string;
  cluster: string;
  template: string;
  contexts: Record<Exclude<Person, "stranger">, RequestContext>;
}

/** A project of its own with a template, two clusters and everybody. */
export async function makeWorld(deps: Deps, policies: Policies, door: RequestContext["door"]): Promise<World> {
  const project = aProject();
  const owner = randomUUID();
  const person = (given: TestPerson) =>
    testContext({ projectId: project, userId: randomUUID(), ...given, door, policies, clouds: deps.clouds });
  const { scope } = person({});
  const template = await writeTemplate(deps.db, scope, { name: "k8s" });
  const clusterOf = async (name: string) => {
    const id = await writeCluster(deps.db, scope, {
      cluster: { name, clusterTemplateId: template, userId: owner },
      workers: 2,
      authorities: await someAuthorities(),
    });
    await deps.db.prisma.cluster.update({ where: { id }, data: { status: "CREATE_COMPLETE" } });
    await deps.db.prisma.nodeGroup.updateMany({ where: { clusterId: id }, data: { status: "CREATE_COMPLETE" } });
    return id;
  };
  const cluster = await clusterOf("web-1");
  const otherCluster = await clusterOf("web-2");
  return {
    project,
    cluster,
    template,
    contexts: {
      roleless: person({ roles: [] }),
      formerOwner: person({ userId: owner, roles: [] }),
      reader: person({ roles: ["reader"] }),
      member: person({}),
      owner: person({ userId: owner }),
      other: person({ projectId: aProject() }),
      admin: person({ projectId: aProject(), roles: ["admin", "member", "reader"] }),
      node: person({ userId: owner, nodeOf: cluster }),
      otherNode: person({ userId: owner, nodeOf: otherCluster }),
    },
  };
}

let made: ReturnType<typeof makeAuthorities> | null = null;

/** Made once: keys take their time, and nobody here needs others. */
async function someAuthorities(): Promise<NewAuthority[]> {
  made ??= makeAuthorities({ id: randomUUID(), name: "web-1" }, new Date());
  const authorities = await made;
  return authorityKinds.map((kind) => ({
    id: randomUUID(),
    kind,
    revision: 1,
    certPem: authorities[kind].certPem,
    key: "not asked for",
  }));
}

/** Empties the database, so that looking at all of it stays cheap. */
export async function forgetAll({ prisma }: Db): Promise<void> {
  await prisma.cluster.deleteMany();
  await prisma.clusterTemplate.deleteMany();
  await prisma.operation.deleteMany();
  await prisma.clusterEvent.deleteMany();
  await prisma.auditEvent.deleteMany();
  await prisma.change.deleteMany();
  await prisma.quota.deleteMany();
  await prisma.credential.deleteMany();
}

/** A fingerprint of all that is stored. */
export async function fingerprint({ prisma }: Db): Promise<string> {
  const tables = await Promise.all([
    prisma.clusterTemplate.findMany(),
    prisma.cluster.findMany(),
    prisma.nodeGroup.findMany(),
    prisma.node.findMany(),
    prisma.certificateAuthority.findMany(),
    prisma.issuedCertificate.findMany(),
    prisma.nodeProof.findMany(),
    prisma.credential.findMany(),
    prisma.quota.findMany(),
    prisma.operation.findMany(),
    prisma.clusterEvent.findMany(),
    prisma.auditEvent.findMany(),
    prisma.outbox.findMany(),
    prisma.change.findMany(),
    prisma.session.findMany(),
    prisma.idempotencyKey.findMany(),
    prisma.conductor.findMany(),
  ]);
  return createHash("sha256").update(JSON.stringify(tables)).digest("hex");
}
