// The api role in a process of its own over an empty database, the sandbox that knows its callers in another, and rows
// as many as a measurement wants.
import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { connect } from "../../server/db/client.ts";
import { cleanEnv } from "../support/clean-env.ts";
import { enter, sandboxKeystone } from "../support/enter.ts";
import { ended } from "./product.ts";
import { until } from "./report.ts";

const ports = { api: 3942, sandbox: 3943 };
const root = `http://127.0.0.1:${ports.api}`;

const Made = z.object({ uuid: z.string() });

export interface ApiProduct {
  root: string;
  headers: Record<string, string>;
  /** A template that clusters can be made from. */
  templateId: string;
  /** Made as every cluster is, with its authorities. */
  clusterId: string;
  /** Copies the cluster until there are so many. */
  grow(clusters: number): Promise<void>;
  /** Ids in the order of the list, each `every`th. */
  ids(every: number): Promise<string[]>;
  /** Resident memory of the api process, MiB. */
  memory(): Promise<number>;
  /** Processor time that the api process has had. */
  cpuSeconds(): Promise<number>;
  /** Starts a conductor: from now on clusters are made. Resolves when the first stack is there. */
  conduct(): Promise<void>;
  /** Bare Fastify with these bodies by path. Resolves to its address. */
  reference(bodies: Record<string, string>): Promise<string>;
  stop(): Promise<void>;
}

/** `databaseUrl`: null = a new SQLite file. `nodeArguments`: for a profile, say. */
export async function startApi(databaseUrl: string | null, nodeArguments: readonly string[] = []): Promise<ApiProduct> {
  const folder = mkdtempSync(join(tmpdir(), "jeroboam-bench-api-"));
  const url = databaseUrl ?? `file:${join(folder, "jeroboam.db")}`;
  const children: ChildProcess[] = [];
  const start = (role: string, more: readonly string[] = []) => {
    const child = spawn(process.execPath, [...more, "--disable-warning=ExperimentalWarning", "server/main.ts", role], {
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        ...cleanEnv(),
        NODE_ENV: "production",
        DATABASE_URL: url,
        SECRETS_KEY: Buffer.alloc(32, 7).toString("base64"),
        API_PORT: String(ports.api),
        SANDBOX_PORT: String(ports.sandbox),
        SANDBOX_SPEED: "100",
        // As in production: each request is logged, to nowhere.
        LOG_LEVEL: role === "api" ? "info" : "error",
      },
    });
    children.push(child);
    return child;
  };
  const stop = async () => {
    for (const child of children.splice(0).reverse()) await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const answers = (address: string, child: ChildProcess) => async (): Promise<true | null> => {
    if (child.exitCode !== null) throw new Error(`a process ended with ${child.exitCode}`);
    return fetch(address).then(
      ({ status }) => (status < 500 ? true : null),
      () => null,
    );
  };
  try {
    await until(answers(sandboxKeystone(ports.sandbox), start("sandbox")), 60_000);
    await until(answers(`${root}/readyz`, start("api", nodeArguments)), 60_000);
    const { token, projectId } = await enter(sandboxKeystone(ports.sandbox), "demo");
    const headers = {
      "x-auth-token": token,
      "openstack-api-version": "container-infra latest",
      "content-type": "application/json",
    };
    const make = async (path: string, body: object) => {
      const answer = await fetch(`${root}/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return Made.parse(await answer.json()).uuid;
    };
    const templateId = await make("/clustertemplates", {
      name: "bench",
      coe: "kubernetes",
      image_id: "fedora-coreos-38",
      external_network_id: "public",
      flavor_id: "m1.small",
      master_flavor_id: "m1.medium",
      labels: { kube_tag: "v1.34.1", auto_healing_enabled: "false" },
    });
    const db = connect(url);
    await db.prisma.quota.create({
      data: { projectId, resource: "Cluster", hardLimit: 1_000_000, createdAt: new Date() },
    });
    const clusterId = await make("/clusters", { name: "bench", cluster_template_id: templateId, node_count: 3 });
    await db.prisma.cluster.update({
      where: { id: clusterId },
      data: {
        status: "CREATE_COMPLETE",
        stackId: randomUUID(),
        apiAddress: "https://192.0.2.1:6443",
        coeVersion: "v1.34.1",
        healthStatus: "HEALTHY",
        healthReason: JSON.stringify({ api: "ok", "bench-0.Ready": "True" }),
        masterAddresses: JSON.stringify(["192.0.2.1"]),
        nodeAddresses: JSON.stringify(["192.0.2.2", "192.0.2.3", "192.0.2.4"]),
      },
    });
    return {
      root,
      headers,
      templateId,
      clusterId,
      async grow(clusters) {
        const { seq: _, ...model } = await db.prisma.cluster.findUniqueOrThrow({ where: { id: clusterId } });
        const groups = await db.prisma.nodeGroup.findMany({ where: { clusterId } });
        for (let have = await db.prisma.cluster.count({ where: { projectId } }); have < clusters;) {
          const made = Array.from({ length: Math.min(500, clusters - have) }, (__, n) => {
            const name = `bench-${have + n}`;
            return { ...model, id: randomUUID(), name, nameFold: name, nameSort: name };
          });
          await db.prisma.cluster.createMany({ data: made });
          await db.prisma.nodeGroup.createMany({
            data: made.flatMap(({ id }) =>
              groups.map(({ seq: __, ...group }) => ({ ...group, id: randomUUID(), clusterId: id })),
            ),
          });
          have += made.length;
        }
      },
      async ids(every) {
        const rows = await db.prisma.cluster.findMany({
          where: { projectId },
          orderBy: { seq: "asc" },
          select: { id: true },
        });
        return rows.filter((_, index) => index % every === 0).map(({ id }) => id);
      },
      memory: async () => (await metric("process_resident_memory_bytes")) / 2 ** 20,
      cpuSeconds: () => metric("process_cpu_seconds_total"),
      async conduct() {
        start("conductor");
        await until(
          async () =>
            (await db.prisma.cluster.count({ where: { status: "CREATE_IN_PROGRESS", stackId: { not: null } } })) > 0
              ? true
              : null,
          60_000,
        );
      },
      async reference(bodies) {
        const file = join(folder, "reference.json");
        writeFileSync(file, JSON.stringify(bodies));
        const child = spawn(process.execPath, ["e2e/bench/reference.ts", file], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        children.push(child);
        return new Promise<string>((resolve, reject) => {
          child.stdout.on("data", (data) => resolve(String(data).trim()));
          child.on("exit", (code) => reject(new Error(`the reference ended with ${code}`)));
        });
      },
      async stop() {
        await db.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${root}/metrics`)).text();
  const found = text.split("\n").find((each) => each.startsWith(`${name} `));
  return Number(found?.slice(name.length) ?? NaN);
}
