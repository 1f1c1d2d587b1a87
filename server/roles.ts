// The four roles, started together or one by one on one runtime.
import Fastify, { type FastifyInstance } from "fastify";
import { join } from "node:path";
import { drainOf } from "./drain.ts";
import type { Env } from "./env.ts";
import { checkAtStart } from "./check/at-start.ts";
import { addHealthEndpoints } from "./health-endpoints.ts";
import { openLog } from "./log.ts";
import { startNotifications } from "./notifications/main.ts";
import { startConductor } from "./reconcile/main.ts";
import { buildApi } from "./rest/app.ts";
import { openRuntime } from "./runtime.ts";

export interface Running {
  /** What to tell the person who started it. */
  announcement: string[];
  /** `noticeMs`: how long listeners still answer while they say that they end (see Drain). */
  stop(noticeMs: number): Promise<void>;
}

const quieter = (level: string) => (level === "info" ? "warn" : level);

/** Starts what is named, in an order in which each finds what it needs; all that works ends at once, what it needs after it. */
export async function startRoles(
  env: Env,
  roles: readonly ("sandbox" | "api" | "conductor" | "console")[],
  { tellsRequests }: { tellsRequests: boolean },
): Promise<Running> {
  /** Those who work for others or by themselves. */
  const workers: ((noticeMs: number) => Promise<unknown>)[] = [];
  /** What they stand on. */
  const grounds: (() => Promise<void>)[] = [];
  const announcement: string[] = [];
  const stop = async (noticeMs: number) => {
    await Promise.all(workers.splice(0).map((end) => end(noticeMs)));
    for (const end of grounds.splice(0).reverse()) await end();
  };
  const listen = async (app: FastifyInstance, port: number) => {
    const drain = drainOf(app.server);
    await app.listen({ host: env.host, port });
    workers.push((noticeMs) => drain.end(noticeMs).then(() => app.close()));
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
      grounds.push(() => sandbox.close());
      announcement.push(`sandbox cloud     ${sandbox.url}/identity/v3   (a simulated OpenStack)`);
    }
    const rest = roles.filter((role) => role !== "sandbox");
    if (rest.length > 0) {
      const runtime = await openRuntime(env, openLog(env.logLevel, rest.length === 1 ? (rest[0] ?? "") : "all"));
      grounds.push(() => runtime.stop());
      workers.push(async () => {
        runtime.readiness.stopping = true;
      });
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
        const log = tellsRequests ? runtime.log : runtime.log.child({}, { level: quieter(env.logLevel) });
        await listen(buildApi({ ...served, log }), env.apiPort);
        announcement.unshift(`Magnum REST API   ${env.apiPublicUrl}/v1`);
      }
      if (roles.includes("conductor")) {
        const conductor = startConductor(runtime);
        wakeConductor = conductor.nudge;
        workers.push(() => conductor.stop());
        // The sandbox is as the product needs it.
        const check = env.sandbox ? Promise.resolve() : checkAtStart(runtime);
        workers.push(() => check);
        const notifications = startNotifications(runtime);
        workers.push(() => notifications.stop());
        if (rest.length === 1 && env.metricsPort !== null) {
          const metrics = Fastify();
          addHealthEndpoints(metrics, runtime.readiness);
          await listen(metrics, env.metricsPort);
        }
      }
      if (roles.includes("console")) {
        const { startConsole } = await import("./console.ts");
        const console = await startConsole(served);
        workers.push((noticeMs) => console.close(noticeMs));
        announcement.unshift(`console           ${env.publicUrl}`);
      }
    }
  } catch (error) {
    await stop(0);
    throw error;
  }
  if (roles.includes("sandbox"))
    announcement.push("sign in as        demo / demo, other / other or admin / admin   (domain Default)");
  return { announcement, stop };
}
