// Clusters whose flavors and images a sandbox cloud really has, and people with tokens of it.
import type { ClusterDriver } from "../../../drivers/driver.ts";
import type { RequestContext } from "../../auth/context.ts";
import type { Db } from "../../db/client.ts";
import { projectScope, type ProjectScope } from "../../db/scope.ts";
import type { ClusterStatus } from "../../domain/cluster-status.ts";
import type { ClusterTemplate } from "../../domain/cluster-template.ts";
import type { NodeGroupFacts } from "../../domain/facts.ts";
import type { Labels } from "../../domain/labels.ts";
import { aNodegroup, writeCluster, writeTemplate } from "../../testing/builders.ts";
import type { TestClock } from "../../testing/test-context.ts";
import type { TestCloud } from "../../testing/test-cloud.ts";
import { testDeps } from "../../testing/test-deps.ts";
import type { Deps } from "../deps.ts";

export interface CloudStage {
  deps: Deps;
  member: RequestContext;
  reader: RequestContext;
  admin: RequestContext;
  scope: ProjectScope;
  facts: NodeGroupFacts;
  template(given?: Partial<ClusterTemplate>): Promise<string>;
  /** A cluster as the conductor would have left it, of a template with the same labels unless another is given. */
  cluster(given?: {
    status?: ClusterStatus;
    labels?: Labels;
    template?: string;
    apiAddress?: string | null;
    pools?: Parameters<typeof aNodegroup>[0][];
    rollbackOnFailure?: boolean;
  }): Promise<string>;
}

export async function openCloudStage(
  db: Db,
  cloud: TestCloud,
  driver: ClusterDriver,
  clock: TestClock,
): Promise<CloudStage> {
  const deps = testDeps(db, { clouds: cloud.clouds, drivers: [driver], clock });
  const person = async (user: string, project: string) =>
    deps.auth.apiContext((await cloud.token(user, project)).token, `req-${user}`, "change");
  const [member, reader, admin] = await Promise.all([
    person("demo", "demo"),
    person("reader", "demo"),
    person("admin", "admin"),
  ]);
  const scope = projectScope(member.project.id);
  const openstack = member.cloud();
  const [[image], flavor] = await Promise.all([
    openstack.glance.findImages("fedora-coreos-38"),
    openstack.nova.findFlavor("m1.small"),
  ]);
  if (!image || !flavor) throw new Error("the sandbox has not what it should have");
  const facts: NodeGroupFacts = {
    image: { id: image.id, name: image.name, minDiskGib: image.minDiskGib },
    flavor: { id: flavor.id, name: flavor.name, vcpus: flavor.vcpus, ramMib: flavor.ramMib, diskGib: flavor.diskGib },
    nodeRevision: driver.nodeRevision,
    version: null,
  };
  const template = (given: Partial<ClusterTemplate> = {}) =>
    writeTemplate(db, scope, { imageId: "fedora-coreos-38", ...given });
  return {
    deps,
    member,
    reader,
    admin,
    scope,
    facts,
    template,
    async cluster({
      status = "CREATE_COMPLETE",
      labels = {},
      pools = [],
      apiAddress = "https://192.0.2.7:6443",
      ...rest
    } = {}) {
      const group = { labels, facts, imageId: "fedora-coreos-38" };
      const id = await writeCluster(db, scope, {
        cluster: {
          labels,
          clusterTemplateId: rest.template ?? (await template({ labels })),
          rollbackOnFailure: rest.rollbackOnFailure ?? false,
        },
        nodegroups: [
          aNodegroup({ ...group, name: "default-master", role: "master", nodeCount: 3, minNodeCount: 1 }),
          aNodegroup({ ...group, nodeCount: 2 }),
          ...pools.map((given) => aNodegroup({ ...group, name: "pool", isDefault: false, ...given })),
        ],
      });
      await db.prisma.cluster.update({ where: { id }, data: { status, apiAddress } });
      await db.prisma.nodeGroup.updateMany({ where: { clusterId: id }, data: { status } });
      return id;
    },
  };
}
