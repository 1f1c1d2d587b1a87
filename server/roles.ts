// The four roles, started together or one by one on one runtime.
import Fastify from "fastify";
import { join } from "node:path";
import type { Env } from "./env.ts";
import { addHealthEndpoints } from "./health-endpoints.ts";
import { openLog } from "./log.ts";
import { startNotifications } from "./notifications/main.ts";
import { startConductor } from "./reconcile/main.ts";
import { buildApi } from "./rest/app.ts";
import { openRuntime } from "./runtime.ts";

export interface Running {
  /** What to tell the person who started it. */
  announcement: string[];
  stop(): Promise<void>;
}

/** Starts what is named, in an order in which each finds what it needs; stops in the reverse order. */
export async function startRoles(
  env: Env,
  roles: readonly ("sandbox" | "api" | "conductor" | "console")[],
): Promise<Running> {
  const stops: (() => Promise<void>)[] = [];
  const announcement: string[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    if (roles.includes("sandbox")) {
      // Roles that are not started are not loaded: Next alone is a third of a second.
      const { startSandbox } = await import("../drivers/sandbox/main.ts");
      const sandbox = await startSandbox({
        host: "127.0.0.1",
        port: env.sandboxPort,
        statePath: join(env.dataDirectory, "sandbox.db"),
        speed: env.sandboxSpeed,
        apiUrl: `${env.apiPublicUrl}/v1`,
        log: openLog(env.logLevel, "sandbox"),
      });
      stops.push(() => sandbox.close());
      announcement.push(`sandbox cloud     ${sandbox.url}/identity/v3   (a simulated OpenStack)`);
    }
    const rest = roles.filter((role) => role !== "sandbox");
    if (rest.length > 0) {
      const runtime = await openRuntime(env, openLog(env.logLevel, rest.length === 1 ? (rest[0] ?? "") : "all"));
      stops.push(() => runtime.stop());
      if (roles.includes("sandbox")) {
        const { publishSandboxTemplates } = await import("./sandbox-templates.ts");
        await publishSandboxTemplates(runtime);
      }
      let wakeConductor = () => {};
      const { changes } = runtime;
      /** What this process accepts its conductor sees at once. */
      const served = {
        ...runtime,
        changes: {
          ...changes,
          nudge() {
            changes.nudge();
            wakeConductor();
          },
        },
      };
      if (roles.includes("api")) {
        const api = buildApi(served);
        await api.listen({ host: env.host, port: env.apiPort });
        stops.push(() => api.close());
        announcement.unshift(`Magnum REST API   ${env.apiPublicUrl}/v1`);
      }
      if (roles.includes("conductor")) {
        const conductor = startConductor(runtime);
        wakeConductor = conductor.nudge;
        stops.push(() => conductor.stop());
        const notifications = startNotifications(runtime);
        stops.push(() => notifications.stop());
        if (rest.length === 1 && env.metricsPort !== null) {
          const metrics = Fastify();
          addHealthEndpoints(metrics, runtime.readiness);
          await metrics.listen({ host: env.host, port: env.metricsPort });
          stops.push(() => metrics.close());
        }
      }
      if (roles.includes("console")) {
        const { startConsole } = await import("./console.ts");
        const console = await startConsole(served);
        stops.push(() => console.close());
        announcement.unshift(`console           ${env.publicUrl}`);
      }
    }
  } catch (error) {
    await stop();
    throw error;
  }
  if (roles.includes("sandbox"))
    announcement.push("sign in as        demo / demo, other / other or admin / admin   (domain Default)");
  return { announcement, stop };
}
