// The tRPC door: what every procedure has in common.
import { initTRPC, TRPCError, type TRPC_ERROR_CODE_KEY } from "@trpc/server";
import superjson from "superjson";
import { ZodError } from "zod";
import { isStorable, unstorable } from "../domain/column.ts";
import { DomainError, type ErrorDetails, type Reason } from "../domain/error.ts";
import { wireField } from "../domain/field.ts";
import { asDomainError, reasonTable, type Kind } from "../errors.ts";
import type { TrpcContext } from "./context.ts";
import { InProject } from "./inputs.ts";

/** What the screens find in an error's `data` besides tRPC's own. `field` and `problems` use the wire's names. */
export interface ErrorData extends ErrorDetails {
  reason: Reason | null;
  requestId: string;
}

const codes: Record<Kind, TRPC_ERROR_CODE_KEY> = {
  input: "BAD_REQUEST",
  unauthenticated: "UNAUTHORIZED",
  forbidden: "FORBIDDEN",
  missing: "NOT_FOUND",
  conflict: "CONFLICT",
  too_many: "TOO_MANY_REQUESTS",
  unavailable: "SERVICE_UNAVAILABLE",
};

const t = initTRPC.context<TrpcContext>().create({
  transformer: superjson,
  // Never a stack trace, whatever NODE_ENV says.
  isDev: false,
  errorFormatter: ({ shape, error, ctx }) => {
    const { message, ...details } = said(error);
    const data: ErrorData = { ...details, requestId: ctx?.requestId ?? "" };
    return { ...shape, message, data: { ...shape.data, ...data } };
  },
  sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 30_000 } },
});

function said(error: TRPCError): ErrorDetails & { reason: Reason | null; message: string } {
  const { cause } = error;
  if (cause instanceof DomainError) return { ...cause.details, reason: cause.reason, message: cause.message };
  if (cause instanceof ZodError) {
    const problems = cause.issues.map(({ path, message }) => ({ field: wireField(path.join(".")), message }));
    const [first] = problems;
    return {
      reason: "invalid_input",
      message: first ? `${first.field} ${first.message}` : "The input is not valid.",
      ...(first ? { field: first.field } : {}),
      problems,
    };
  }
  if (error.code === "INTERNAL_SERVER_ERROR") return { reason: null, message: "Something failed on our side." };
  return { reason: null, message: error.message };
}

/** In tRPC's codes; anything unknown is an internal error, which is logged whole. */
export function translate(error: unknown): TRPCError {
  const known = asDomainError(error);
  if (known)
    return new TRPCError({ code: codes[reasonTable[known.reason].kind], message: known.message, cause: known });
  return new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause: error });
}

const translated = t.middleware(async ({ next }) => {
  const result = await next();
  if (!result.ok && asDomainError(result.error.cause)) throw translate(result.error.cause);
  return result;
});

/** A form of another site could send the cookie along: writes must come from our own pages. */
const sameSite = t.middleware(({ ctx, type, next }) => {
  if (type === "mutation" && !ctx.sameOrigin)
    throw new DomainError("forbidden", "This request came from another site.", {
      remedy: "Open the console itself and do it there.",
    });
  return next();
});

/** Whatever a procedure looks for or writes: what no database keeps is refused here, once. */
const storable = t.middleware(async ({ getRawInput, next }) => {
  const field = unstorableIn(await getRawInput(), []);
  if (field) throw new DomainError("invalid_input", `${wireField(field)} ${unstorable}`, { field: wireField(field) });
  return next();
});

/** Where such a text is, `labels.a`; null = nowhere. */
function unstorableIn(value: unknown, path: readonly string[]): string | null {
  if (typeof value === "string") return isStorable(value) ? null : path.join(".");
  if (typeof value !== "object" || value === null) return null;
  for (const [key, part] of Object.entries(value)) {
    const found = isStorable(key) ? unstorableIn(part, [...path, key]) : [...path, "key"].join(".");
    if (found !== null) return found;
  }
  return null;
}

/** Changes and opened pages are a person's doing: the session stays in use. */
const noticed = t.middleware(async ({ ctx, type, next }) => {
  if (type === "mutation" || ctx.opensPage) await ctx.deps.auth.sessions.used(ctx.session);
  return next();
});

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

/** Anybody, also without a session. */
export const publicProcedure = t.procedure.use(translated).use(sameSite).use(storable).use(noticed);

/** What must not be tried many times in one request comes in a request of its own. */
export const loneProcedure = publicProcedure.use(({ ctx, next }) => {
  if (ctx.calls > 1) throw new DomainError("invalid_input", "This call must be sent alone, not in a batch.");
  return next();
});

/** In one project: `ctx.request` is who asks, with a token of that project. */
export const projectProcedure = publicProcedure.input(InProject).use(async ({ ctx, type, input, next }) => {
  const request = await ctx.inProject(input.project, type === "mutation" ? "change" : "read");
  return next({ ctx: { ...ctx, request } });
});
