import { afterAll, beforeAll, expect, it } from "vitest";
import { kubernetesFedoraCoreos } from "../../drivers/kubernetes-fedora-coreos/driver.ts";
import { driverRegistry } from "../../drivers/registry.ts";
import { insertQuota } from "../../server/db/quota.ts";
import { buildApi } from "../../server/rest/app.ts";
import { writeTemplate } from "../../server/testing/builders.ts";
import { openTestCloud, type TestCloud } from "../../server/testing/test-cloud.ts";
import { testContext } from "../../server/testing/test-context.ts";
import { onEveryDatabase } from "../../server/testing/test-db.ts";
import { testDeps } from "../../server/testing/test-deps.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

onEveryDatabase((database) => {
  it("of twenty creates at the same moment as many are accepted as the quota has places", async () => {
    const { db } = database;
    const now = new Date();
    const deps = testDeps(db, {
      clouds: cloud.clouds,
      clock: { now: () => new Date() },
      drivers: driverRegistry([kubernetesFedoraCoreos]).all,
    });
    const app = buildApi(deps);
    const { token, projectId, userId } = await cloud.token("demo", "demo");
    const { scope } = testContext({ projectId, userId, clouds: cloud.clouds });
    const template = await writeTemplate(db, scope, { imageId: "fedora-coreos-38", masterFlavorId: "m1.medium" });
    await insertQuota(db, scope, { projectId, hardLimit: 5 }, now);

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        app.inject({
          method: "POST",
          url: "/v1/clusters",
          headers: { "x-auth-token": token },
          payload: { name: `race-${n}`, cluster_template_id: template, keypair: "mykey" },
        }),
      ),
    );

    const statuses = answers.map(({ statusCode }) => statusCode);
    expect(statuses.filter((status) => status === 202)).toHaveLength(5);
    expect(statuses.filter((status) => status === 403)).toHaveLength(15);
    expect(await db.prisma.cluster.count({ where: { projectId } })).toBe(5);
    // Whoever came too late leaves no identity behind that belongs to nobody.
    expect(await db.prisma.credential.count({ where: { clusterId: { not: null } } })).toBe(5);
    await app.close();
  });
});
