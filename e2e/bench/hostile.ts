// What clusters whose own API is hostile cost the others: how long another project's cluster takes to come up beside none and
// beside many of them. Their API is real TLS on this machine: a third never answers, a third trickles, a third floods. The
// back end is scripted, so that nothing else takes time.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubernetesHealth } from "../../drivers/kubernetes/health.ts";
import { serve } from "../../drivers/openstack/testing/local-server.ts";
import { systemClock } from "../../server/testing/test-context.ts";
import { connect } from "../../server/db/client.ts";
import { migrate } from "../../server/db/migrate.ts";
import { projectScope } from "../../server/db/scope.ts";
import { Secret } from "../../server/domain/secret.ts";
import { loopDefaults, startLoop } from "../../server/reconcile/loop.ts";
import { openStage } from "../../server/reconcile/testing/stage.ts";
import { aProject } from "../../server/testing/builders.ts";
import { print, timed, until, type Measure } from "./report.ts";

function misbehave(request: number, response: ServerResponse): void {
  if (request % 3 === 0) return;
  response.writeHead(200);
  const part = "x".repeat(request % 3 === 1 ? 1 : 256 * 1024);
  const timer = setInterval(() => response.write(part), request % 3 === 1 ? 100 : 1);
  response.on("close", () => clearInterval(timer));
}

export async function benchHostile(many = 200, runs = 5): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "jeroboam-hostile-"));
  const file = (name: string) => join(folder, name);
  const subject = ["-subj", "/CN=hostile", "-addext", "subjectAltName=IP:127.0.0.1"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file("key")];
  execFileSync("openssl", ["req", "-x509", ...key, "-out", file("cert"), "-days", "1", ...subject], { stdio: "pipe" });
  const pem = { cert: readFileSync(file("cert"), "utf8"), key: readFileSync(file("key"), "utf8") };
  let requests = 0;
  const server = await serve(
    (_request, response) => misbehave(requests++, response),
    "https",
    (listener) => createServer(pem, listener),
  );
  const measures: Measure[] = [];
  try {
    for (const hostile of [0, many]) {
      const url = `file:${file(`${hostile}.db`)}`;
      await migrate(url);
      const db = connect(url);
      const stage = openStage(db, { real: systemClock });
      stage.world.buildMs = 50;
      const well = stage.world.health;
      const crowd = new Set<string>();
      stage.world.health = (want, seen) =>
        crowd.has(want.key.id)
          ? kubernetesHealth(
              {
                ...want,
                pki: { ...want.pki, caPem: pem.cert },
                admin: { certPem: pem.cert, keyPem: new Secret(pem.key) },
              },
              { ...seen, apiAddress: server.url, apiReachable: true },
            )
          : well(want, seen);
      const loop = startLoop(stage.conductor(), loopDefaults);
      const isUp = (id: string) => async () =>
        (await db.prisma.cluster.findUnique({ where: { id } }))?.status === "CREATE_COMPLETE" ? true : null;
      const other = projectScope(aProject(), "RegionOne");
      for (let n = 0; n < hostile; n++) crowd.add(await stage.cluster());
      for (const id of crowd) await until(isUp(id), 300_000, 200);
      const values: number[] = [];
      for (let run = 0; run < runs; run++) {
        const { ms } = await timed(async () => until(isUp(await stage.cluster({ scope: other })), 120_000, 10));
        values.push(ms);
      }
      await loop.stop();
      await db.close();
      measures.push({ what: `beside ${hostile} clusters with a hostile API`, unit: "ms", values });
    }
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
  print("another project's cluster, from its row to CREATE_COMPLETE", measures);
}
