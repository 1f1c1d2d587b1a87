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
  /** Told what it is, with host and port and all, when a check begins to fail. */
  onProblem?: (check: string, error: unknown) => void;
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
  const failing = new Set<string>();
  const answerOf = async (name: string, check: () => Promise<string | null>) => {
    const problem = await within(check, 3000);
    if (!problem) failing.delete(name);
    else if (!failing.has(name)) {
      failing.add(name);
      readiness.onProblem?.(name, problem.error);
    }
    return [name, problem?.said ?? "ok"] as const;
  };
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const { checks, stopping } = readiness;
    if (stopping) return reply.code(503).send({ status: "stopping", checks: {} });
    const results = await Promise.all(Object.entries(checks).map(([name, check]) => answerOf(name, check)));
    const ready = results.every(([, answer]) => answer === "ok");
    return reply.code(ready ? 200 : 503).send({
      status: ready ? "ok" : "not ready",
      checks: Object.fromEntries(results),
    });
  });
  app.get("/metrics", async (_request, reply) => reply.type(register.contentType).send(await register.metrics()));
}

interface Failed {
  error: unknown;
  /** To whoever asks. */
  said: string;
}

async function within(check: () => Promise<string | null>, ms: number): Promise<Failed | null> {
  const { promise: late, resolve } = Promise.withResolvers<Failed>();
  const said = "does not answer";
  const timer = setTimeout(() => resolve({ error: new Error(`no answer in ${ms} ms`), said }), ms);
  try {
    return await Promise.race([check().then((said) => (said === null ? null : { error: said, said })), late]);
  } catch (error) {
    return { error, said: error instanceof DomainError ? error.message : said };
  } finally {
    clearTimeout(timer);
  }
}
