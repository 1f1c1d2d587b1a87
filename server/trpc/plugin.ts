// The tRPC door as Fastify takes it.
import type { FastifyTRPCPluginOptions } from "@trpc/server/adapters/fastify";
import { DomainError } from "../domain/error.ts";
import { retryAfterOf } from "../errors.ts";
import type { Deps } from "../services/deps.ts";
import { mostCalls } from "../domain/batch.ts";
import { createContext, type FromHttp, type TrpcContext } from "./context.ts";
import { appRouter, type AppRouter } from "./root.ts";

export const trpcPlugin = (
  deps: Deps,
  contextOf: (from: FromHttp) => Promise<TrpcContext> = (from) => createContext(deps, from),
): FastifyTRPCPluginOptions<AppRouter> => ({
  prefix: "/api/trpc",
  trpcOptions: {
    router: appRouter,
    maxBatchSize: mostCalls,
    createContext: contextOf,
    responseMeta({ errors }) {
      const waits = errors.flatMap(({ cause }) => (cause instanceof DomainError && retryAfterOf(cause)) || []);
      return waits.length > 0 ? { headers: { "retry-after": String(Math.max(...waits)) } } : {};
    },
    onError({ error, path, ctx }) {
      if (error.code === "INTERNAL_SERVER_ERROR")
        deps.log.error({ err: error.cause ?? error, path, requestId: ctx?.requestId }, "procedure failed");
    },
  },
});
