"use client";
// The one way from a screen to the server. Only the router's type is imported, never its code.
import { QueryCache, QueryClient, MutationCache } from "@tanstack/react-query";
import {
  createTRPCClient,
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  TRPCClientError,
  type TRPCClient,
} from "@trpc/client";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import superjson from "superjson";
import { mostCalls } from "@/server/domain/batch";
import type { AppRouter } from "@/server/trpc/root";

export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

export type Outputs = inferRouterOutputs<AppRouter>;
export type Inputs = inferRouterInputs<AppRouter>;

const url = "/api/trpc";

export function makeClient(): TRPCClient<AppRouter> {
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (op) => op.type === "subscription",
        true: httpSubscriptionLink({ url, transformer: superjson }),
        false: httpBatchLink({ url, transformer: superjson, maxURLLength: 4000, maxItems: mostCalls }),
      }),
    ],
  });
}

/** The session has ended: every screen learns it by this event, and session-guard.tsx decides what to do. */
export const signedOutEvent = "jeroboam:signed-out";

export function isSignedOut(error: unknown): boolean {
  return error instanceof TRPCClientError && error.data?.code === "UNAUTHORIZED";
}

function tellSignedOut(error: unknown, meta: Record<string, unknown> | undefined): void {
  if (isSignedOut(error) && meta?.["signIn"] !== true) window.dispatchEvent(new Event(signedOutEvent));
}

/** Refusals do not get better by asking again; a silent network may. */
function worthRetrying(failures: number, error: unknown): boolean {
  if (!(error instanceof TRPCClientError)) return false;
  const status: unknown = error.data?.httpStatus;
  return failures < 2 && (typeof status !== "number" || status >= 502);
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: (error, query) => tellSignedOut(error, query.meta) }),
    mutationCache: new MutationCache({ onError: (error, _in, _ctx, mutation) => tellSignedOut(error, mutation.meta) }),
    defaultOptions: {
      queries: { staleTime: 5_000, retry: worthRetrying, refetchOnWindowFocus: true },
      mutations: { retry: false },
    },
  });
}
