// From a change to the screen: of a row (the feed alone), and of a stack at the sandbox (conductor and feed).
import { chromium, type Page } from "@playwright/test";
import { connect } from "../../server/db/client.ts";
import { noteChange } from "../../server/db/change.ts";
import { apiOf, makeCluster } from "../support/api.ts";
import { browserOptions } from "../support/browser.ts";
import { consoleUrl, ports, session, startProduct } from "./product.ts";
import { print, until } from "./report.ts";
import { stackStates } from "./stacks.ts";

/** When (epoch, ms) the page first showed the text in the row; the page itself looks at each frame. */
const shows = (page: Page, name: string, text: string): Promise<number> =>
  page.evaluate(
    ([wanted = "", word = ""]) =>
      new Promise<number>((resolve) => {
        const look = () => {
          const row = [...document.querySelectorAll("tr")].find((one) => one.textContent?.includes(wanted));
          if (row?.textContent?.includes(word)) resolve(Date.now());
          else requestAnimationFrame(look);
        };
        look();
      }),
    [name, text],
  );

export async function benchLatency(runs = 5): Promise<void> {
  const product = await startProduct();
  const browser = await chromium.launch(browserOptions());
  try {
    const api = await apiOf("demo", "demo", ports);
    const person = await session("demo");
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const [cookie = "", value = ""] = person.cookie.split("=");
    await context.addCookies([{ name: cookie, value, url: consoleUrl }]);
    const page = await context.newPage();
    await page.goto(`${consoleUrl}/p/${api.projectId}/clusters`);
    await page.getByRole("heading", { level: 1, name: "Clusters" }).waitFor();

    const stack: number[] = [];
    const ids: string[] = [];
    for (let run = 0; run < runs; run++) {
      const name = `latency-${run}`;
      const id = await makeCluster(api, name);
      ids.push(id);
      const seen = shows(page, name, "Ready");
      await until(
        async () => {
          const states = await stackStates(id);
          return states.length === 3 && states.every((state) => state === "CREATE_COMPLETE") ? true : null;
        },
        120_000,
        20,
      );
      const changed = Date.now();
      stack.push(Math.max(0, (await seen) - changed));
    }

    const row: number[] = [];
    const db = connect(product.databaseUrl);
    const cluster = { projectId: api.projectId, clusterId: ids[0] ?? "" };
    for (let run = 0; run < runs * 2; run++) {
      const name = `renamed-${run}`;
      const seen = shows(page, name, name);
      await db.transaction(async (tx) => {
        await tx.cluster.update({ where: { id: cluster.clusterId }, data: { name } });
        await noteChange(db, tx, cluster, new Date());
      });
      const changed = Date.now();
      row.push(Math.max(0, (await seen) - changed));
    }
    await db.close();
    print("from a change to the screen", [
      { what: "a row was written", unit: "ms", values: row },
      { what: "the last stack of a cluster became complete", unit: "ms", values: stack },
    ]);
  } finally {
    await browser.close();
    await product.stop();
  }
}
