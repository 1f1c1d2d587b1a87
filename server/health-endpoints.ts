// What every role answers to those who run it: alive, ready, metrics.
import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, register } from "prom-client";
import { DomainError } from "./domain/error.ts";

export interface Readiness {
  /**
   * Each check by name: null, or what is wrong in plain words, since anybody may read it. Of what a check throws only a
   * DomainError's message is shown.
   */
  checks: Record<string, () => Promise<string | null>>;
  /** The process ends: whatever else holds, nothing more is to be sent here. */
  stopping: boolean;
}

let defaults = false;

/** Adds `/healthz` (the process lives), `/readyz` (503 and what is missing) and Prometheus' `/metrics`. */
export function addHealthEndpoints(app: FastifyInstance, readiness: Readiness): void {
  if (!defaults) {
    defaults = true;
    collectDefaultMetrics();
  }
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const { checks, stopping } = readiness;
    if (stopping) return reply.code(503).send({ status: "stopping", checks: {} });
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await within(check, 3000)] as const),
    );
    const ready = results.every(([, problem]) => problem === null);
    return reply.code(ready ? 200 : 503).send({
      status: ready ? "ok" : "not ready",
      checks: Object.fromEntries(results.map(([name, problem]) => [name, problem ?? "ok"])),
    });
  });
  app.get("/metrics", async (_request, reply) => reply.type(register.contentType).send(await register.metrics()));
}

async function within(check: () => Promise<string | null>, ms: number): Promise<string | null> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve("does not answer"), ms);
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    return error instanceof DomainError ? error.message : "does not answer";
  } finally {
    clearTimeout(timer);
  }
}
