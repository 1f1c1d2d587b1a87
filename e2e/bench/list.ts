// The clusters page with a thousand clusters: the server's answer, its bytes, and the page in Chromium.
import { chromium } from "@playwright/test";
import { randomUUID } from "node:crypto";
import { connect } from "../../server/db/client.ts";
import { projectScope } from "../../server/db/scope.ts";
import { aClusterToCreate, writeTemplate } from "../../server/testing/builders.ts";
import { createClusterRecord } from "../../server/db/cluster-change.ts";
import { apiOf } from "../support/api.ts";
import { browserOptions } from "../support/browser.ts";
import { consoleUrl, ports, session, startProduct } from "./product.ts";
import { print, timed } from "./report.ts";

/**
 * Rows as a settled cluster has them. SQLite never gives up the thread by itself: between two rows others have their turn, so
 * that a kept connection which the product has closed meanwhile is known to be closed when it is wanted again.
 */
export async function seedClusters(databaseUrl: string, projectId: string, count: number): Promise<void> {
  const db = connect(databaseUrl);
  const scope = projectScope(projectId, "RegionOne", null);
  const clusterTemplateId = await writeTemplate(db, scope);
  for (let n = 0; n < count; n++) {
    await createClusterRecord(
      db,
      scope,
      aClusterToCreate({
        cluster: { id: randomUUID(), name: `bench-${String(n).padStart(4, "0")}`, clusterTemplateId },
        quotaLimit: count,
        workers: 3,
        now: new Date(),
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
  }
  await db.prisma.cluster.updateMany({
    where: { projectId },
    data: {
      status: "CREATE_COMPLETE",
      apiAddress: "https://192.0.2.1:6443",
      healthStatus: "HEALTHY",
      coeVersion: "v1.34.1",
    },
  });
  await db.close();
}

export async function benchList(clusters = 1000, runs = 25): Promise<void> {
  // Without a conductor: nobody looks after clusters that exist only as rows.
  const product = await startProduct(["sandbox", "api", "console"]);
  const browser = await chromium.launch(browserOptions());
  try {
    const [many, few] = [await apiOf("demo", "demo", ports), await apiOf("other", "other", ports)];
    await seedClusters(product.databaseUrl, many.projectId, clusters);
    await seedClusters(product.databaseUrl, few.projectId, 1);
    const person = await session("demo");
    const lists = async (project: string, input: object, times: number) => {
      const values: number[] = [];
      let bytes = 0;
      for (let run = 0; run < times + 3; run++) {
        const { ms, result } = await timed(async () =>
          (await person.query("cluster.list", { project, ...input })).text(),
        );
        if (run >= 3) values.push(ms);
        bytes = result.length;
      }
      return { values, bytes };
    };
    const page = { sort: "-created", size: 25 };
    const [first, hundred, search, reference] = [
      await lists(many.projectId, page, runs),
      await lists(many.projectId, { ...page, size: 100 }, runs),
      await lists(many.projectId, { ...page, q: "bench-07" }, runs),
      await lists(few.projectId, page, runs),
    ];

    const shown: number[] = [];
    const usable: number[] = [];
    const loaded: number[] = [];
    for (let run = 0; run < 5; run++) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
      const [name = "", value = ""] = person.cookie.split("=");
      await context.addCookies([{ name, value, url: consoleUrl }]);
      const tab = await context.newPage();
      const network = await context.newCDPSession(tab);
      let bytes = 0;
      network.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
      await network.send("Network.enable");
      const began = performance.now();
      await tab.goto(`${consoleUrl}/p/${many.projectId}/clusters`, { waitUntil: "commit" });
      await tab
        .getByRole("link", { name: /^bench-/ })
        .first()
        .waitFor();
      shown.push(performance.now() - began);
      await tab
        .getByRole("button", { name: /^Actions for bench-/ })
        .first()
        .click();
      await tab.getByRole("menuitem").first().waitFor();
      usable.push(performance.now() - began);
      loaded.push(bytes / 1024);
      await context.close();
    }
    print(`clusters page with ${clusters} clusters`, [
      { what: "server: first page of 25", unit: "ms", values: first.values },
      { what: "server: page of 100", unit: "ms", values: hundred.values },
      { what: "server: search", unit: "ms", values: search.values },
      { what: "server: the same in a project with 1 cluster", unit: "ms", values: reference.values },
      { what: "answer of the first page", unit: "KiB", values: [first.bytes / 1024] },
      { what: "Chromium, cold cache: bytes of the whole page", unit: "KiB", values: loaded },
      { what: "Chromium: rows on the screen", unit: "ms", values: shown },
      { what: "Chromium: a row's menu opened (interactive)", unit: "ms", values: usable },
    ]);
  } finally {
    await browser.close();
    await product.stop();
  }
}
