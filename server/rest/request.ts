// What a route is given, and how routes are declared: as data that says method, path, since when, who may, what is sent
// and answered. Whatever listens and whatever documents reads the same.
import type { z } from "zod";
import type { RequestContext } from "../auth/context.ts";
import type { PolicyName } from "../auth/policy.ts";
import type { Problem } from "../domain/problem.ts";
import type { Deps } from "../services/deps.ts";
import type { Negotiated } from "./microversion.ts";
import { readBody, readQuery } from "./read.ts";
import { anyQuery, noQuery } from "./schemas/query.ts";

/** As it came in. */
export interface ApiRequest {
  deps: Deps;
  ctx: RequestContext;
  version: Negotiated;
  /** Scheme and host as the client sees them, for links. */
  root: string;
  /** A path parameter. */
  param(name: string): string;
  query: unknown;
  body: unknown;
  /** Address of the caller, for the log. */
  from: string;
}

/** After its parameters and its body were held against their schemas. */
export type ReadRequest<B, Q> = Omit<ApiRequest, "body" | "query"> & { body: B; query: Q };

/** Of a route that looks at no token. */
export type OpenRequest<B> = Omit<ReadRequest<B, unknown>, "ctx">;

export interface ApiAnswer {
  status: number;
  /** Absent = an empty answer. */
  body?: unknown;
  headers?: Record<string, string>;
  /** What was accepted and is not what it seems to be: each in a header `Warning`. */
  warnings?: readonly Problem[];
  /** Content type of a body that is text. */
  type?: string;
}

interface Described {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  path: string;
  /** First version that has it; 1 = all. */
  since: number;
  /** Last version that has it; absent = still. */
  until?: number;
  /** Magnum's internal name of the operation, for the refusal of older versions. */
  operation: string;
  /** All of these must allow it; with `allProjects` as well for an administrator. [] = anybody with a token. */
  policies: readonly PolicyName[];
  /** Lets an administrator reach other projects'. */
  allProjects?: PolicyName;
  /** One line for the documentation. */
  summary: string;
  /** What it answers when all is well; no schema = nothing, or text. */
  success: { status: number; schema?: z.ZodType; text?: true; location?: true };
  /** What it answers at 1.1 instead, where that differs. */
  atFirst?: { status: number; schema: z.ZodType };
}

interface Shaped extends Described {
  query: z.ZodObject;
  body?: z.ZodType;
}

interface TokenRoute extends Shaped {
  open?: false;
  handle(request: ApiRequest): Promise<ApiAnswer>;
}

/** Whoever asks proves it by what is sent, so that no token is looked at. */
interface OpenRoute extends Shaped {
  open: true;
  handle(request: Omit<ApiRequest, "ctx">): Promise<ApiAnswer>;
}

export type Route = TokenRoute | OpenRoute;

interface Spec<B, Q> extends Described {
  query?: z.ZodObject & z.ZodType<Q>;
  /** Absent = whatever is sent is not looked at. */
  body?: z.ZodType<B>;
  /** Magnum's name of the body, for refusals. */
  argument?: string;
  handle(request: ReadRequest<B, Q>): Promise<ApiAnswer>;
}

/** A route whose handler gets what its schemas made of body and parameters. */
export function route<B = undefined, Q = unknown>(spec: Spec<B, Q>): Route;
export function route(spec: Spec<unknown, unknown>): Route {
  const { body, query, argument = "body", handle, ...described } = spec;
  const parameters = query ?? (described.method === "GET" ? anyQuery : noQuery);
  return {
    ...described,
    query: parameters,
    ...(body ? { body } : {}),
    handle: (request) =>
      handle({
        ...request,
        query: readQuery(parameters, request.query),
        body: body ? readBody(body, request.body, argument) : undefined,
      }),
  };
}

/** A route for who has no token: its handler has to prove who asks. */
export function openRoute<B>(
  spec: Omit<Described, "policies" | "allProjects"> & {
    body: z.ZodType<B>;
    argument: string;
    handle(request: OpenRequest<B>): Promise<ApiAnswer>;
  },
): Route {
  const { body, argument, handle, ...described } = spec;
  return {
    ...described,
    policies: [],
    open: true,
    query: noQuery,
    body,
    handle: (request) =>
      handle({ ...request, query: readQuery(noQuery, request.query), body: readBody(body, request.body, argument) }),
  };
}
