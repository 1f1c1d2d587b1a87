// What a route is given, and how routes are declared: one table that says method, path, since when, and who answers.
import type { RequestContext } from "../auth/context.ts";
import type { PolicyName } from "../auth/policy.ts";
import type { Deps } from "../services/deps.ts";
import type { Negotiated } from "./microversion.ts";
import type { Query } from "./paging.ts";

export interface ApiRequest {
  deps: Deps;
  ctx: RequestContext;
  version: Negotiated;
  /** Scheme and host as the client sees them, for links. */
  root: string;
  /** A path parameter. */
  param(name: string): string;
  query: Query;
  body: unknown;
  /** Address of the caller, for the log. */
  from: string;
}

export interface ApiAnswer {
  status: number;
  /** Absent = an empty answer. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Content type of a body that is text. */
  type?: string;
}

export interface Route {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  path: string;
  /** First version that has it; 1 = all. */
  since: number;
  /** Magnum's internal name of the operation, for the refusal of older versions. */
  operation: string;
  /** All of these must allow it; with `allProjects` as well for an administrator. [] = anybody with a token. */
  policies: readonly PolicyName[];
  /** Lets an administrator reach other projects'. */
  allProjects?: PolicyName;
  handle(request: ApiRequest): Promise<ApiAnswer>;
}
