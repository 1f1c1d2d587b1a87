// Orchestration v1 over the engine.
import { z } from "zod";
import { badRequest, conflict, Fault, notFound } from "../fault.ts";
import { callerOf, liveToken, paramOf, queryOf, type App, type Caller } from "../http.ts";
import { provokes } from "../scenarios.ts";
import type { World } from "../world.ts";
import type { Engine } from "./engine.ts";
import { parameterValues, readTemplate, type Resource, type Stack, type Template } from "./stack.ts";
import { resourceTypes } from "./types.ts";

const Wish = z.object({
  stack_name: z.string().optional(),
  template: z.unknown().optional(),
  files: z.record(z.string(), z.string()).nullish(),
  environment: z.unknown().optional(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  tags: z.string().nullish(),
  timeout_mins: z.coerce.number().nullish(),
  disable_rollback: z.boolean().nullish(),
  clear_parameters: z.array(z.string()).nullish(),
});

const tagsOf = (text: string | null | undefined) =>
  (text ?? "").split(",").flatMap((tag) => (tag.trim() === "" ? [] : [tag.trim()]));

export function addHeat(app: App, world: World, engine: Engine): void {
  const base = "/orchestration/v1/:project";
  const { rows, events } = engine.stacks;
  app.get("/orchestration", async (_request, reply) =>
    reply
      .code(300)
      .send({
        versions: [{ id: "v1.0", status: "CURRENT", links: [{ rel: "self", href: `${world.url}/orchestration/v1/` }] }],
      }),
  );

  const caller = (request: Parameters<typeof callerOf>[1]): Caller => {
    const who = callerOf(world, request);
    if (paramOf(request, "project") !== who.projectId)
      throw new Fault(403, "You are not authorized to use the requested project.", "Forbidden");
    return who;
  };
  const writer = (request: Parameters<typeof callerOf>[1]): Caller => {
    const who = caller(request);
    if (!who.roles.some((role) => role === "member" || role === "admin"))
      throw new Fault(403, "You are not authorized to complete this action.", "Forbidden");
    return who;
  };
  const missing = (name: string) => notFound(`The Stack (${name}) could not be found.`, "EntityNotFound");
  const stackOf = (who: Caller, idOrName: string): Stack => {
    const stack = rows.get(idOrName) ?? rows.find((row) => row.name === idOrName && row.projectId === who.projectId);
    if (stack?.projectId !== who.projectId) throw missing(idOrName);
    return stack;
  };
  const hrefOf = (stack: Stack) =>
    `${world.url}/orchestration/v1/${stack.projectId}/stacks/${encodeURIComponent(stack.name)}/${stack.id}`;
  const summary = (stack: Stack) => ({
    id: stack.id,
    stack_name: stack.name,
    description: stack.template.description,
    stack_status: `${stack.action}_${stack.state}`,
    stack_status_reason: stack.reason,
    creation_time: stack.createdAt,
    updated_time: stack.updatedAt,
    deletion_time: null,
    stack_owner: null,
    parent: stack.parent?.stackId ?? null,
    stack_user_project_id: stack.projectId,
    tags: stack.tags.length > 0 ? stack.tags : null,
    links: [{ rel: "self", href: hrefOf(stack) }],
  });
  function show(stack: Stack, outputs: boolean) {
    const values = parameterValues(stack);
    const parameters = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        stack.template.parameters[name]?.hidden
          ? "******"
          : Array.isArray(value)
            ? JSON.stringify(value)
            : String(value),
      ]),
    );
    return {
      stack: {
        ...summary(stack),
        parameters,
        capabilities: [],
        notification_topics: [],
        timeout_mins: stack.timeoutMinutes,
        disable_rollback: stack.disableRollback,
        template_description: stack.template.description,
        ...(outputs
          ? {
              outputs: engine
                .outputs(stack)
                .map((output) => ({
                  output_key: output.key,
                  output_value: output.value,
                  description: output.description,
                  ...(output.error === undefined ? {} : { output_error: output.error }),
                })),
            }
          : {}),
      },
    };
  }

  app.get(`${base}/stacks`, async (request) => {
    const who = caller(request);
    const query = queryOf(request);
    const wanted = tagsOf(query["tags"]);
    const statuses = query["status"]?.split(",");
    const found = rows
      .filter(
        (stack) =>
          stack.projectId === who.projectId &&
          (stack.parent === null || query["show_nested"]?.toLowerCase() === "true") &&
          wanted.every((tag) => stack.tags.includes(tag)) &&
          (query["name"] === undefined || stack.name === query["name"]) &&
          (query["id"] === undefined || stack.id === query["id"]) &&
          (statuses === undefined ||
            statuses.includes(stack.state) ||
            statuses.includes(`${stack.action}_${stack.state}`)),
      )
      .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
    const at = query["marker"] === undefined ? 0 : found.findIndex((stack) => stack.id === query["marker"]) + 1;
    const limit = query["limit"] === undefined ? found.length : Number(query["limit"]);
    const page = found.slice(at, at + limit);
    const last = page.at(-1);
    const rest = Object.entries(query).filter(([name]) => name !== "marker");
    return {
      stacks: page.map(summary),
      ...(last && at + limit < found.length
        ? {
            links: [
              {
                rel: "next",
                href: `${world.url}/orchestration/v1/${who.projectId}/stacks?${new URLSearchParams([...rest, ["marker", last.id]]).toString()}`,
              },
            ],
          }
        : {}),
    };
  });

  const outages = new Map<string, number>();
  app.post(`${base}/stacks`, async (request, reply) => {
    const who = writer(request);
    const wish = Wish.parse(request.body);
    const name = wish.stack_name ?? "";
    if (!/^[a-zA-Z][a-zA-Z0-9_.-]{0,254}$/.test(name))
      throw badRequest(
        `Invalid stack name ${name} must contain only alphanumeric or "_-." characters, must start with alpha and must be 255 characters or less.`,
        "StackValidationFailed",
      );
    if (provokes(name, "fail-heat") && (outages.get(name) ?? 0) < 3) {
      outages.set(name, (outages.get(name) ?? 0) + 1);
      throw new Fault(503, "The Heat engine does not answer.", "HTTPServiceUnavailable");
    }
    const trust = who.token.trustId === null ? undefined : world.trusts.get(who.token.trustId);
    // Heat makes a trust of its own from the token that a stack comes with; one that may not be handed on ends here.
    if (trust && trust.redelegations <= 0)
      throw new Fault(
        500,
        "Remote error: Forbidden Redelegation allowed for delegated by trust only (HTTP 403)",
        "RemoteError",
      );
    if (rows.find((stack) => stack.parent === null && stack.projectId === who.projectId && stack.name === name))
      throw conflict(`The Stack (${name}) already exists.`, "StackExists");
    const template = readTemplate(wish.template);
    checkTypes(template, wish.files ?? {});
    const whole = {
      name,
      template,
      files: wish.files ?? {},
      parameters: wish.parameters ?? {},
      tags: tagsOf(wish.tags),
      timeoutMinutes: wish.timeout_mins ?? 60,
      disableRollback: wish.disable_rollback ?? true,
    };
    checkParameters(template.parameters, whole.parameters);
    parameterValues({ ...whole, id: "", projectId: who.projectId });
    const stack = engine.create({ userId: who.userId, projectId: who.projectId }, whole);
    return reply.code(201).send({ stack: { id: stack.id, links: [{ rel: "self", href: hrefOf(stack) }] } });
  });
  app.post(`${base}/validate`, async (request) => {
    caller(request);
    const wish = Wish.parse(request.body);
    const template = readTemplate(wish.template);
    checkTypes(template, wish.files ?? {});
    return { Description: template.description, Parameters: {}, ParameterGroups: [] };
  });
  app.get(`${base}/stacks/:stack`, async (request, reply) => {
    const stack = stackOf(caller(request), paramOf(request, "stack"));
    return reply
      .code(302)
      .header("location", `${hrefOf(stack)}${new URL(request.url, "http://sandbox").search}`)
      .send();
  });
  const one = (request: Parameters<typeof callerOf>[1], who = caller(request)): Stack => {
    const stack = rows.get(paramOf(request, "id"));
    if (stack?.projectId !== who.projectId) throw missing(paramOf(request, "stack"));
    return stack;
  };
  const path = `${base}/stacks/:stack/:id`;
  app.get(path, async (request) => show(one(request), queryOf(request)["resolve_outputs"]?.toLowerCase() !== "false"));
  app.get(`${path}/template`, async (request) => one(request).template);
  for (const method of ["PATCH", "PUT"] as const)
    app.route({
      method,
      url: path,
      handler: async (request, reply) => {
        const stack = one(request, writer(request));
        const wish = Wish.parse(request.body);
        if (stack.action === "DELETE")
          throw conflict(`The Stack (${stack.name}) is being deleted.`, "ActionInProgress");
        const template =
          wish.template === undefined || wish.template === null ? stack.template : readTemplate(wish.template);
        // Of the stored parameters those stay that the template still has; asterisks are kept as they come.
        const kept =
          method === "PATCH"
            ? Object.fromEntries(
                Object.entries(stack.parameters).filter(
                  ([name]) => name in template.parameters && !(wish.clear_parameters ?? []).includes(name),
                ),
              )
            : {};
        checkParameters(template.parameters, wish.parameters ?? {});
        const parameters = { ...kept, ...(wish.parameters ?? {}) };
        parameterValues({ template, parameters, id: stack.id, name: stack.name, projectId: stack.projectId });
        engine.update(stack, {
          template,
          parameters,
          ...(wish.files ? { files: { ...stack.files, ...wish.files } } : {}),
          ...(wish.tags === undefined || wish.tags === null ? {} : { tags: tagsOf(wish.tags) }),
          ...(wish.timeout_mins ? { timeoutMinutes: wish.timeout_mins } : {}),
        });
        return reply.code(202).type("text/plain").send("");
      },
    });
  app.delete(path, async (request, reply) => {
    const stack = one(request, writer(request));
    if (stack.action === "DELETE" && stack.state === "IN_PROGRESS") return reply.code(204).send();
    if (
      provokes(stack.name, "fail-delete") &&
      stack.provoked === 0 &&
      Object.values(stack.resources).some((each) => each.type === "OS::Neutron::Net")
    ) {
      const network = Object.values(stack.resources).find((each) => each.type === "OS::Neutron::Net");
      const reason = `Conflict: resources.network: Unable to complete operation on network ${network?.physicalId ?? ""}. There are one or more ports still in use on the network.`;
      rows.put({
        ...stack,
        provoked: 1,
        action: "DELETE",
        state: "FAILED",
        reason: `Resource DELETE failed: ${reason}`,
        updatedAt: `${new Date().toISOString().slice(0, 19)}Z`,
        resources: {
          ...stack.resources,
          ...(network
            ? { [network.name]: { ...network, action: "DELETE" as const, state: "FAILED" as const, reason } }
            : {}),
        },
      });
      return reply.code(204).send();
    }
    engine.remove(stack);
    return reply.code(204).send();
  });

  function resourceBody(stack: Stack, resource: Resource) {
    const nested = rows.get(resource.physicalId ?? "");
    const href = `${hrefOf(stack)}/resources/${resource.name}`;
    return {
      resource_name: resource.name,
      logical_resource_id: resource.name,
      physical_resource_id: resource.physicalId ?? "",
      resource_type: resource.type,
      resource_status: `${resource.action}_${resource.state}`,
      resource_status_reason: resource.reason,
      required_by: Object.values(stack.resources)
        .filter((other) => other.requires.includes(resource.name))
        .map((other) => other.name),
      creation_time: stack.createdAt,
      updated_time: `${resource.updatedAt.slice(0, 19)}Z`,
      links: [
        { rel: "self", href },
        { rel: "stack", href: hrefOf(stack) },
        ...(nested ? [{ rel: "nested", href: hrefOf(nested) }] : []),
      ],
    };
  }
  app.get(`${path}/resources`, async (request) => {
    const stack = one(request);
    const query = queryOf(request);
    const depth = Number(query["nested_depth"] ?? 0);
    const listed: unknown[] = [];
    const add = (from: Stack, left: number, parent: string | null) => {
      for (const resource of Object.values(from.resources)) {
        if (query["type"] === undefined || resource.type === query["type"])
          listed.push({ ...resourceBody(from, resource), ...(parent === null ? {} : { parent_resource: parent }) });
        const child = left > 0 && resource.physicalId !== null ? rows.get(resource.physicalId) : undefined;
        if (child) add(child, left - 1, resource.name);
      }
    };
    add(stack, depth, null);
    return { resources: listed };
  });
  app.get(`${path}/resources/:resource`, async (request) => {
    const stack = one(request);
    const resource = stack.resources[paramOf(request, "resource")];
    if (!resource)
      throw notFound(
        `The Resource (${paramOf(request, "resource")}) could not be found in Stack ${stack.name}.`,
        "ResourceNotFound",
      );
    return { resource: { ...resourceBody(stack, resource), attributes: {}, description: "" } };
  });
  app.post(`${path}/resources/:resource/signal`, async (request) => {
    const token = liveToken(world, request.headers["x-auth-token"]);
    const stack = rows.get(paramOf(request, "id"));
    if (!token) throw new Fault(401, "The request you have made requires authentication.");
    if (!stack || token.projectId !== stack.projectId) throw missing(paramOf(request, "stack"));
    engine.signal(stack, paramOf(request, "resource"), z.record(z.string(), z.unknown()).catch({}).parse(request.body));
    return null;
  });
  app.get(`${path}/events`, async (request) => {
    const stack = one(request);
    const { marker, limit, nested_depth, sort_dir } = queryOf(request);
    const ids = new Map([
      [stack.id, stack],
      ...(nested_depth === undefined ? [] : engine.nested(stack.id).map((each) => [each.id, each] as const)),
    ]);
    const found = events
      .filter((event) => ids.has(event.stackId))
      .toSorted((a, b) => (sort_dir === "desc" ? b.at.localeCompare(a.at) : a.at.localeCompare(b.at)));
    const at = marker === undefined ? 0 : found.findIndex((event) => event.id === marker) + 1;
    return {
      events: found.slice(at, limit === undefined ? undefined : at + Number(limit)).map((event) => ({
        id: event.id,
        event_time: event.at,
        resource_name: event.resource,
        logical_resource_id: event.resource,
        physical_resource_id: event.physicalId,
        resource_status: event.status,
        resource_status_reason: event.reason,
        links: [{ rel: "stack", href: hrefOf(ids.get(event.stackId) ?? stack) }],
      })),
    };
  });
}

/** Types that neither Heat nor the files know. */
function checkTypes(template: Template, files: Record<string, string>): void {
  for (const { type } of Object.values(template.resources))
    if (!(type in resourceTypes) && type !== "OS::Heat::ResourceGroup" && !(type in files))
      throw badRequest(`ERROR: The Resource Type (${type}) could not be found.`, "StackValidationFailed");
}

function checkParameters(known: Record<string, unknown>, given: Record<string, unknown>): void {
  const unknown = Object.keys(given).find((name) => !(name in known));
  if (unknown !== undefined)
    throw badRequest(`The Parameter (${unknown}) was not defined in template.`, "UnknownUserParameter");
}
