// The tRPC door: what every procedure has in common.
import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import type { ErrorDetails, Reason } from "../domain/error.ts";

/** What the screens find in an error's `data` besides tRPC's own. */
export interface ErrorData extends ErrorDetails {
  reason: Reason | null;
  requestId: string;
}

export interface TrpcContext {
  requestId: string;
}

const t = initTRPC.context<TrpcContext>().create({
  transformer: superjson,
  errorFormatter: ({ shape, ctx }) => {
    const data: ErrorData = { reason: null, requestId: ctx?.requestId ?? "" };
    return { ...shape, data: { ...shape.data, ...data } };
  },
  sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 30_000 } },
});

export const router = t.router;
export const publicProcedure = t.procedure;
export const createCallerFactory = t.createCallerFactory;
