// The REST API as an OpenAPI 3.1 document, made from the same table of routes and the same schemas that serve it.
import { z } from "zod";
import { maximum, minimum } from "./microversion.ts";
import type { Route } from "./request.ts";
import { routes } from "./routes.ts";
import {
  BootstrapBody,
  ClusterCreateBody,
  ClusterLong,
  ClusterShort,
  ResizeBody,
  UpgradeBody,
} from "./schemas/cluster.ts";
import { Accepted, Errors, Unauthorized } from "./schemas/answer.ts";
import { Certificate, CertificateBody } from "./schemas/certificate.ts";
import { Template, TemplateCreateBody } from "./schemas/cluster-template.ts";
import { RootDocument, V1Document } from "./schemas/discovery.ts";
import { NodegroupCreateBody, NodegroupLong, NodegroupShort } from "./schemas/nodegroup.ts";
import { PatchBody } from "./json-patch.ts";
import { Quota, QuotaBody } from "./schemas/quota.ts";

/** JSON Schema, or any other part of the document. */
type Json = { [key: string]: unknown };

/** Schemas with a name of their own; the rest stands where it is used. */
const inputs: Readonly<Record<string, z.ZodType>> = {
  ClusterCreate: ClusterCreateBody,
  Resize: ResizeBody,
  Upgrade: UpgradeBody,
  Bootstrap: BootstrapBody,
  ClusterTemplateCreate: TemplateCreateBody,
  NodegroupCreate: NodegroupCreateBody,
  CertificateRequest: CertificateBody,
  QuotaWrite: QuotaBody,
  Patch: PatchBody,
};
const outputs: Readonly<Record<string, z.ZodType>> = {
  ClusterShort,
  Cluster: ClusterLong,
  ClusterTemplate: Template,
  NodegroupShort,
  Nodegroup: NodegroupLong,
  Certificate,
  Quota,
  Accepted,
  Errors,
  Unauthorized,
};

let made: { server: string; text: Buffer } | null = null;

/** The document for a server at `server`, as it is sent: made when it is first asked for, and once. */
export function openApiText(server: string): Buffer {
  if (made?.server !== server) made = { server, text: Buffer.from(JSON.stringify(openApi(server))) };
  return made.text;
}

export function openApi(server: string): Json {
  const paths: Record<string, Json> = {
    "/": { get: discovery("getVersions", "List API versions", RootDocument) },
    "/v1": { get: discovery("getV1", "Describe version 1", V1Document) },
    "/healthcheck": {
      get: {
        operationId: "getHealthcheck",
        tags: ["discovery"],
        summary: "Say that the service is up",
        security: [],
        responses: {
          "200": { description: "OK", content: { "text/plain": { schema: { type: "string", const: "OK" } } } },
        },
      },
    },
  };
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Container infrastructure management",
      description: "OpenStack Magnum's REST API, version 1, as Jeroboam serves it.",
      version: `1.${maximum}`,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: server.replace(/\/$/, "") }],
    security: [{ token: [] }],
    tags: [...new Set(routes.map(tagOf)), "discovery"].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        token: { type: "apiKey", in: "header", name: "X-Auth-Token", description: "A Keystone token." },
      },
      parameters: { version: versionParameter },
      headers,
      responses: errorResponses,
      schemas: { ...named(inputs, "input"), ...named(outputs, "output") },
    },
  };
}

const versionParameter = {
  name: "OpenStack-API-Version",
  in: "header",
  description: `Service and version, such as "container-infra 1.9" or "container-infra latest"; absent = 1.${minimum}. Versions: 1.${minimum} to 1.${maximum}.`,
  schema: { type: "string", examples: ["container-infra latest", "container-infrastructure-management 1.9"] },
};

const header = (description: string) => ({ description, schema: { type: "string" } });
const headers = {
  requestId: header("req- and a UUID: names this request in the logs."),
  version: header("Service and version that was asked for."),
  minimumVersion: header("Service and lowest version."),
  maximumVersion: header("Service and highest version."),
};
const headerReferences = {
  "X-OpenStack-Request-Id": { $ref: "#/components/headers/requestId" },
  "OpenStack-API-Version": { $ref: "#/components/headers/version" },
  "OpenStack-API-Minimum-Version": { $ref: "#/components/headers/minimumVersion" },
  "OpenStack-API-Maximum-Version": { $ref: "#/components/headers/maximumVersion" },
};

const json = (schema: Json) => ({ "application/json": { schema } });
const refusal = (description: string, schema = "Errors") => ({
  description,
  headers: headerReferences,
  content: json({ $ref: `#/components/schemas/${schema}` }),
});
const errorResponses = {
  BadRequest: refusal("What was sent cannot be used, or not in this state."),
  Unauthorized: refusal("No token, or one that is not valid.", "Unauthorized"),
  Forbidden: refusal("The policy, or a quota, does not allow it."),
  NotFound: refusal("There is no such thing that the caller may see."),
  NotAcceptable: refusal("The version cannot be read, is not served, or does not have the operation."),
  Conflict: refusal("Several have this name, or it is taken, or does not fit what is there."),
  TooMany: refusal("Too many wrong proofs were sent."),
  TooLarge: refusal("The body is larger than 1 MiB."),
  UnknownType: refusal("The body is not application/json."),
  Failed: refusal("Something failed on the server's side."),
  Unavailable: refusal("An OpenStack service that is needed does not answer."),
};

const tagOf = ({ path }: Route): string => path.split("/")[2] ?? "";

function operation(route: Route): Json {
  const { method, path, since, until, operation: word, summary, body, policies, allProjects } = route;
  return {
    operationId: operationId(route),
    tags: [tagOf(route)],
    summary,
    ...(route.open ? { security: [] } : {}),
    parameters: [
      { $ref: "#/components/parameters/version" },
      ...[...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => pathParameter(name)),
      ...queryParameters(route.query),
    ],
    ...(body ? { requestBody: { required: true, content: json(schemaOf(body, "input")) } } : {}),
    responses: {
      ...success(route.success),
      ...(route.atFirst
        ? { [route.atFirst.status]: { ...answer(route.atFirst.schema), description: "At 1.1: the whole of it." } }
        : {}),
      ...errors(method),
      ...(route.open ? { 429: { $ref: "#/components/responses/TooMany" } } : {}),
    },
    ...(until === undefined ? {} : { deprecated: true, "x-max-version": `1.${until}` }),
    "x-min-version": `1.${since}`,
    "x-operation": word,
    "x-policies": [...policies, ...(allProjects ? [allProjects] : [])],
  };
}

/** `getClusters`, `postClustersClusterActionsResize`: unique, since method and path are. */
const operationId = ({ method, path }: Route) =>
  method.toLowerCase() +
  path
    .split("/")
    .slice(2)
    .map((part) => part.replace(":", "By-"))
    .join("-")
    .replaceAll(/(^|-)(\w)/g, (_, _dash, letter: string) => letter.toUpperCase());

function success({ status, schema, text, location }: Route["success"]): Json {
  const response = schema
    ? answer(schema)
    : {
        description: text ? "Text." : "Accepted or done; the answer is empty.",
        headers: headerReferences,
        ...(text ? { content: { "text/plain": { schema: { type: "string" } } } } : {}),
      };
  return {
    [status]: location
      ? { ...response, headers: { ...headerReferences, Location: header("Address of the new thing.") } }
      : response,
  };
}

const answer = (schema: z.ZodType) => ({
  description: "Done or accepted.",
  headers: headerReferences,
  content: json(schemaOf(schema, "output")),
});

const always = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  406: "NotAcceptable",
  409: "Conflict",
  500: "Failed",
  503: "Unavailable",
} as const;
const withBody = { ...always, 413: "TooLarge", 415: "UnknownType" } as const;

const errors = (method: Route["method"]): Json =>
  Object.fromEntries(
    Object.entries<keyof typeof errorResponses>(method === "GET" ? always : withBody).map(([status, name]) => [
      status,
      { $ref: `#/components/responses/${name}` },
    ]),
  );

const pathWords: Readonly<Record<string, string>> = {
  cluster: "Id or name of a cluster.",
  template: "Id or name of a cluster template.",
  nodegroup: "Id, integer id or name of a node group.",
  federation: "Id or name of a federation.",
  project: "Id of a project.",
  resource: "Cluster.",
  type: "kubernetes, etcd or front-proxy.",
};

const pathParameter = (name: string) => ({
  name,
  in: "path",
  required: true,
  description: pathWords[name] ?? name,
  schema: { type: "string" },
});

const queryParameters = (query: z.ZodObject) =>
  Object.entries(query.shape).map(([name, schema]) => ({
    name,
    in: "query",
    required: false,
    schema: schemaOf(schema, "input"),
  }));

const discovery = (id: string, summary: string, schema: z.ZodType) => ({
  operationId: id,
  tags: ["discovery"],
  summary,
  security: [],
  responses: { "200": { description: "OK", content: json(schemaOf(schema, "output")) } },
});

type Side = "input" | "output";

const namedAs = (side: Side) => (side === "input" ? inputs : outputs);

/** A reference to a named schema, or the schema itself with references inside. */
function schemaOf(schema: z.ZodType | z.core.$ZodType, side: Side): Json {
  const name = Object.entries(namedAs(side)).find(([, each]) => each === schema)?.[0];
  return name === undefined ? plain(schema, side) : { $ref: `#/components/schemas/${name}` };
}

const named = (schemas: Readonly<Record<string, z.ZodType>>, side: Side): Json =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, plain(schema, side)]));

function plain(schema: z.ZodType | z.core.$ZodType, side: Side): Json {
  const names = new Map<unknown, string>(Object.entries(namedAs(side)).map(([name, each]) => [each, name]));
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: side,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const name = zodSchema === schema ? undefined : names.get(zodSchema);
      if (name !== undefined) {
        for (const key of Object.keys(jsonSchema)) delete jsonSchema[key as keyof typeof jsonSchema];
        jsonSchema.$ref = `#/components/schemas/${name}`;
      }
      // The bounds of whole numbers in JavaScript are no rule of the API.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return rest;
}
