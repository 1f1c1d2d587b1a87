// Federations: part of Magnum's API, done by no driver of Magnum's and by none of ours. Lists are empty, single ones are
// not found, and new ones are refused (magnum-api 10.4).
import { z } from "zod";
import { authorize, type PolicyName } from "../auth/policy.ts";
import { DomainError } from "../domain/error.ts";
import { PatchBody } from "./json-patch.ts";
import { route, type ApiAnswer, type ReadRequest, type Route } from "./request.ts";
import { Accepted } from "./schemas/answer.ts";
import { reference } from "./schemas/field.ts";

const FederationBody = z.strictObject({
  name: z.string().nullable().optional(),
  hostcluster_id: reference(),
  member_ids: z.array(z.string()).nullable().optional(),
  properties: z.record(z.string(), z.unknown(), { error: "Mandatory field missing." }),
});

const Federation = z.strictObject({ uuid: z.uuid(), name: z.string() });
const FederationList = z.strictObject({ federations: z.array(z.never()).length(0) });

type Any = Pick<ReadRequest<unknown, unknown>, "ctx" | "param">;

async function list({ ctx }: Any, policy: PolicyName): Promise<ApiAnswer> {
  authorize(ctx, policy);
  return { status: 200, body: { federations: [] } };
}

async function missing({ ctx, param }: Any, policy: PolicyName): Promise<ApiAnswer> {
  authorize(ctx, policy);
  throw new DomainError("not_found", `Federation ${param("federation")} could not be found.`);
}

async function refuse({ ctx }: Any): Promise<ApiAnswer> {
  authorize(ctx, "federation:create");
  throw new DomainError("not_supported_by_driver", "Creating a federation is not supported by any driver.");
}

const path = "/v1/federations";
const one = `${path}/:federation`;

export const federationRoutes: readonly Route[] = [
  route({
    method: "GET",
    path,
    since: 1,
    operation: "get_all",
    policies: ["federation:get_all"],
    summary: "List federations: there are none",
    success: { status: 200, schema: FederationList },
    handle: (request) => list(request, "federation:get_all"),
  }),
  route({
    method: "GET",
    path: `${path}/detail`,
    since: 1,
    operation: "detail",
    policies: ["federation:detail"],
    summary: "List federations with all their fields: there are none",
    success: { status: 200, schema: FederationList },
    handle: (request) => list(request, "federation:detail"),
  }),
  route({
    method: "POST",
    path,
    since: 1,
    operation: "post",
    policies: ["federation:create"],
    summary: "Create a federation: refused, since no driver does it",
    argument: "federation",
    body: FederationBody,
    success: { status: 202, schema: Accepted },
    handle: refuse,
  }),
  route({
    method: "GET",
    path: one,
    since: 1,
    operation: "get_one",
    policies: ["federation:get"],
    summary: "Show a federation: there are none",
    success: { status: 200, schema: Federation },
    handle: (request) => missing(request, "federation:get"),
  }),
  route({
    method: "PATCH",
    path: one,
    since: 1,
    operation: "patch",
    policies: ["federation:update"],
    summary: "Change a federation: there are none",
    argument: "patch",
    body: PatchBody,
    success: { status: 202, schema: Accepted },
    handle: (request) => missing(request, "federation:update"),
  }),
  route({
    method: "DELETE",
    path: one,
    since: 1,
    operation: "delete",
    policies: ["federation:delete"],
    summary: "Delete a federation: there are none",
    success: { status: 204 },
    handle: (request) => missing(request, "federation:delete"),
  }),
];
