// What watching settled clusters costs: calls of the back end and CPU, per minute. Real clusters at the sandbox, so
// few; what a call of Heat costs does not grow with their number (one survey per project), health checks do.
import { apiOf, makeCluster } from "../support/api.ts";
import { consoleUrl, ports, startProduct } from "./product.ts";
import { print, until } from "./report.ts";
import { z } from "zod";

const Listed = z.object({
  clusters: z.array(z.object({ name: z.string(), status: z.string(), status_reason: z.string().nullish() })),
});

async function metrics(): Promise<Map<string, number>> {
  const text = await (await fetch(`${consoleUrl}/metrics`)).text();
  return new Map(
    text.split("\n").flatMap((line): [string, number][] => {
      const at = line.lastIndexOf(" ");
      return line === "" || line.startsWith("#") ? [] : [[line.slice(0, at), Number(line.slice(at + 1))]];
    }),
  );
}

const sum = (read: Map<string, number>, part: string): number =>
  [...read].filter(([name]) => name.startsWith(part)).reduce((total, [, value]) => total + value, 0);

export async function benchConductor(perProject = 15, minutes = 3): Promise<void> {
  const product = await startProduct();
  try {
    const projects = await Promise.all((["demo", "other"] as const).map((name) => apiOf(name, name, ports)));
    const clusters = projects.length * perProject;
    for (const api of projects) for (let n = 0; n < perProject; n++) await makeCluster(api, `settled-${n}`);
    await until(
      async () => {
        const lists = await Promise.all(
          projects.map(async (api) => Listed.parse(await api.call("GET", "/clusters/detail?limit=100"))),
        );
        const waiting = lists.flatMap((list) => list.clusters).filter(({ status }) => status !== "CREATE_COMPLETE");
        const failed = waiting.find(({ status }) => status.endsWith("FAILED"));
        if (failed) throw new Error(`cluster ${failed.name} did not come up: ${failed.status_reason ?? "no reason"}`);
        return waiting.length === 0 ? true : null;
      },
      600_000,
      1000,
    );

    const calls = { survey: [] as number[], observe: [] as number[], health: [] as number[] };
    const cpu: number[] = [];
    const passes: number[] = [];
    for (let minute = 0; minute < minutes; minute++) {
      const before = await metrics();
      await new Promise((resolve) => setTimeout(resolve, 60_000 * Math.min(1, minutes)));
      const after = await metrics();
      const grown = (part: string) => sum(after, part) - sum(before, part);
      for (const kind of ["survey", "observe", "health"] as const)
        calls[kind].push(grown(`jeroboam_reconcile_backend_calls_total{call="${kind}"`));
      passes.push(grown("jeroboam_reconcile_passes_total"));
      cpu.push(grown("process_cpu_seconds_total"));
    }
    print(`conductor with ${clusters} settled clusters in ${projects.length} projects, per minute`, [
      { what: "looks at a cluster", unit: "", values: passes },
      { what: "Heat: lists of stacks (one answers for a project)", unit: "", values: calls.survey },
      { what: "clusters read in full", unit: "", values: calls.observe },
      { what: "health checks", unit: "", values: calls.health },
      { what: "CPU of the process (all roles and the sandbox)", unit: "s", values: cpu },
    ]);
  } finally {
    await product.stop();
  }
}
