// Heat v1 over HTTP.
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Fault, seconds } from "../core.ts";
import type { Core } from "../core.ts";
import { addService, page, Reply, titledFault, titleOf } from "../http.ts";
import type { Authenticate, Call, FaultBody } from "../http.ts";
import type { Resource, Stack, StackEvent } from "../model.ts";
import { asksFor } from "../scenarios.ts";
import type { Engine } from "./engine.ts";
import { parseTemplate, readParameters, shownParameter } from "./template.ts";
import { handlers, stackLimit } from "./types.ts";

const explanations: Readonly<Record<number, string>> = {
  400: "The server could not comply with the request since it is either malformed or otherwise incorrect.",
  403: "Access was denied to this resource.",
  404: "The resource could not be found.",
  409: "There was a conflict when trying to complete your request.",
  500: "The server has either erred or is incapable of performing the requested operation.",
};
const faults: FaultBody = (fault, core) =>
  fault.status === 401
    ? titledFault(fault, core)
    : {
        body: JSON.stringify({
          code: fault.status,
          title: titleOf(fault.status),
          explanation: explanations[fault.status] ?? "",
          error: { type: fault.type, traceback: null, message: fault.message },
        }),
      };
const missingStack = (name: string) => new Fault(404, "EntityNotFound", `The Stack (${name}) could not be found.`);

const Tags = z
  .union([z.string().transform((text) => (text === "" ? [] : text.split(","))), z.array(z.string())])
  .nullish();
const Environment = z
  .union([z.string().transform((text): unknown => (text.trim() === "" ? {} : JSON.parse(text))), z.unknown()])
  .transform((value) =>
    z
      .looseObject({
        parameters: z.record(z.string(), z.unknown()).nullish(),
        parameter_defaults: z.record(z.string(), z.unknown()).nullish(),
        resource_registry: z.record(z.string(), z.unknown()).nullish(),
      })
      .nullish()
      .parse(value),
  );
const Body = z.looseObject({
  stack_name: z.string().optional(),
  template: z.unknown().optional(),
  files: z.record(z.string(), z.string()).nullish(),
  environment: Environment.optional(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  clear_parameters: z.array(z.string()).nullish(),
  tags: Tags,
  timeout_mins: z.coerce.number().int().nullish(),
  disable_rollback: z.union([z.boolean(), z.string().transform((word) => /^(true|1)$/i.test(word))]).nullish(),
});

export function serveHeat(
  app: FastifyInstance,
  core: Core,
  authenticate: Authenticate,
  engine: Engine,
  nameOf: (userId: string) => string,
  trustStands: (id: string) => boolean,
): void {
  const { state } = core;
  addService(app, core, authenticate, { prefix: "/orchestration", faults }, (routes) => {
    routes.open(
      "GET",
      "/",
      () =>
        new Reply(300, {
          versions: [
            { id: "v1.0", status: "CURRENT", links: [{ rel: "self", href: `${core.url()}/orchestration/v1/` }] },
          ],
        }),
    );
  });

  const at = (stack: Stack) =>
    `${core.url()}/orchestration/v1/${stack.projectId}/stacks/${encodeURIComponent(stack.name)}/${stack.id}`;
  const link = (stack: Stack, rel: string) => ({ href: at(stack), rel });
  const time = (ms: number | null) => (ms === null ? null : seconds(ms));
  const shared = (stack: Stack) => ({
    id: stack.id, links: [link(stack, "self")], stack_name: stack.name, description: stack.description, stack_status: `${stack.action}_${stack.status}`,
    stack_status_reason: stack.reason, creation_time: time(stack.createdAt), updated_time: time(stack.updatedAt), deletion_time: time(stack.deletedAt),
    stack_owner: stack.userName, parent: stack.parentStackId, stack_user_project_id: stack.projectId, tags: stack.tags.length > 0 ? stack.tags : null,
  }); // prettier-ignore
  const detail = (stack: Stack, outputs: boolean) => {
    const template = engine.templateOf(stack);
    const values = outputs ? engine.outputs(stack) : {};
    return {
      ...shared(stack), description: stack.description || "No description", template_description: stack.description || "No description",
      notification_topics: [], capabilities: [], disable_rollback: stack.disableRollback, timeout_mins: stack.timeoutMins,
      parameters: {
        "OS::stack_id": stack.id, "OS::project_id": stack.projectId, "OS::stack_name": stack.name,
        ...Object.fromEntries(Object.entries(stack.parameters).map(([name, value]) => [name, shownParameter(template.parameters[name], value)])),
      },
      ...(outputs ? { outputs: Object.entries(values).map(([name, value]) => ({ output_key: name, description: template.outputs[name]?.description ?? "No description given", output_value: value ?? null })) } : {}),
    }; // prettier-ignore
  };
  const resourceView = (stack: Stack, row: Resource, siblings: Resource[]) => {
    const child = engine.childOf(row);
    const parent = stack.parentResourceId === null ? undefined : state.resources.get(stack.parentResourceId);
    return {
      updated_time: time(row.updatedAt), creation_time: time(row.createdAt), logical_resource_id: row.name, resource_name: row.name,
      physical_resource_id: row.physicalId ?? "", resource_status: `${row.action}_${row.status}`, resource_status_reason: row.reason,
      resource_type: row.type,
      links: [{ href: `${at(stack)}/resources/${encodeURIComponent(row.name)}`, rel: "self" }, link(stack, "stack"), ...(child ? [link(child, "nested")] : [])],
      required_by: siblings.filter((one) => one.requires.includes(row.name)).map((one) => one.name),
      ...(parent ? { parent_resource: parent.name } : {}),
    }; // prettier-ignore
  };

  addService(app, core, authenticate, { prefix: "/orchestration/v1/:project", faults }, (routes) => {
    const project = (call: Call): string => {
      const asked = call.param("project");
      if (asked !== call.project && !call.caller.isAdmin)
        throw new Fault(403, "Forbidden", "You are not authorized to complete this action.");
      return asked;
    };
    const mayWrite = (call: Call) => {
      const { isAdmin, roles } = call.caller;
      if (!isAdmin && !roles.includes("member") && !roles.includes("heat_stack_owner"))
        throw new Fault(403, "Forbidden", "You are not authorized to use stacks:create.");
      return project(call);
    };
    /** By name only living ones, by id also those that have gone a moment ago. */
    const find = (projectId: string, nameOrId: string): Stack => {
      const byId = state.stacks.get(nameOrId);
      const found =
        byId?.projectId === projectId
          ? byId
          : state.stacks.find((one) => one.name === nameOrId && one.projectId === projectId && one.deletedAt === null);
      if (!found) throw missingStack(nameOrId);
      return found;
    };
    const exact = (call: Call): Stack => {
      const found = state.stacks.get(call.param("id"));
      if (!found || found.projectId !== project(call) || found.name !== call.param("name"))
        throw missingStack(call.param("name"));
      return found;
    };
    const living = (call: Call): Stack => {
      const stack = exact(call);
      if (stack.deletedAt !== null) throw missingStack(stack.name);
      return stack;
    };
    const redirect = (call: Call, rest = "") => {
      const stack = find(project(call), call.param("name"));
      const query = call.search.toString();
      return new Reply(
        302,
        { code: "302 Found", message: "The resource was found at another address.", title: "Found" },
        { Location: `${at(stack)}${rest}${query === "" ? "" : `?${query}`}` },
      );
    };

    const filters: Readonly<Record<string, (stack: Stack) => string>> = {
      name: (one) => one.name,
      stack_name: (one) => one.name,
      id: (one) => one.id,
      status: (one) => one.status,
      action: (one) => one.action,
    };
    routes.get("/stacks", (call) => {
      const id = project(call);
      const nested = call.query("show_nested") === "true";
      const words = (name: string) => call.query(name)?.split(",") ?? null;
      const [all, any, not] = [words("tags"), words("tags-any"), words("not-tags")];
      const direction = call.query("sort_dir") === "asc" ? 1 : -1;
      const key = call.query("sort_keys") ?? "created_at";
      const fits = state.stacks.filter(
        (one) =>
          one.deletedAt === null &&
          one.projectId === id &&
          (nested || one.parentStackId === null) &&
          (all === null || all.every((tag) => one.tags.includes(tag))) &&
          (any === null || any.some((tag) => one.tags.includes(tag))) &&
          (not === null || !not.every((tag) => one.tags.includes(tag))) &&
          Object.entries(filters).every(
            ([name, of]) => call.queryAll(name).length === 0 || call.queryAll(name).includes(of(one)),
          ),
      );
      const value = (one: Stack): string | number =>
        key === "stack_name"
          ? one.name
          : key === "updated_at"
            ? (one.updatedAt ?? 0)
            : key === "stack_status"
              ? one.status
              : one.createdAt;
      const sorted = fits
        .map((one, n) => ({ one, n }))
        .toSorted((a, b) => {
          const [x, y] = [value(a.one), value(b.one)];
          return (x < y ? -1 : x > y ? 1 : a.n - b.n) * direction;
        });
      const cut = page(
        call,
        sorted.map(({ one }) => one),
        { badMarker: missingStack },
      );
      return {
        stacks: cut.rows.map(shared),
        ...(call.query("with_count") === "true" ? { count: fits.length } : {}),
        ...(cut.next === null
          ? {}
          : { links: [{ rel: "next", href: `${core.url()}/orchestration/v1/${id}/stacks?${cut.next}` }] }),
      };
    });
    const wishOf = (call: Call) => {
      let body: z.infer<typeof Body>;
      try {
        body = call.body(Body);
      } catch (error) {
        throw error instanceof Fault
          ? new Fault(400, "HTTPBadRequest", error.message)
          : new Fault(400, "HTTPBadRequest", "Environment not in valid format");
      }
      const registry = Object.fromEntries(
        Object.entries(body.environment?.resource_registry ?? {}).flatMap(([key, value]): [string, string][] =>
          typeof value === "string" ? [[key, value]] : [],
        ),
      );
      return {
        body,
        registry,
        parameters: { ...body.environment?.parameter_defaults, ...body.environment?.parameters, ...body.parameters },
      };
    };
    const checkName = (name: string | undefined): string => {
      if (name === undefined) throw new Fault(400, "HTTPBadRequest", "No stack name specified");
      if (!/^[a-zA-Z][a-zA-Z0-9_.-]{0,254}$/.test(name))
        throw new Fault(
          400,
          "StackValidationFailed",
          `Invalid stack name ${name} must contain only alphanumeric or "_-." characters, must start with alpha and must be 255 characters or less.`,
        );
      return name;
    };
    routes.post("/stacks", (call) => {
      const projectId = mayWrite(call);
      const { body, registry, parameters } = wishOf(call);
      const name = checkName(body.stack_name);
      if (body.template === undefined) throw new Fault(400, "HTTPBadRequest", "No template specified");
      const mine = state.stacks.filter(
        (one) => one.projectId === projectId && one.parentStackId === null && one.deletedAt === null,
      );
      if (mine.some((one) => one.name === name))
        throw new Fault(409, "StackExists", `The Stack (${name}) already exists.`);
      if (asksFor("heatOutage", name)) {
        const outage = `outage ${name}`;
        const refused = Number(state.settings.get(outage)?.value ?? 0);
        state.settings.save({ id: outage, value: String(refused + 1) });
        if (refused < 3)
          return new Reply(
            503,
            "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n",
            { "Content-Type": "text/html" },
          );
      }
      const limit = stackLimit(core, projectId);
      if (limit >= 0 && mine.length >= limit)
        throw new Fault(
          403,
          "RequestLimitExceeded",
          `Request limit exceeded: You have reached the maximum stacks per tenant, ${limit}. Please delete some stacks.`,
        );
      const stack = engine.start(
        {
          name,
          template: body.template,
          files: body.files ?? {},
          parameters,
          registry,
          tags: body.tags ?? [],
          timeoutMins: body.timeout_mins ?? null,
          disableRollback: body.disable_rollback ?? false,
        },
        { projectId, userId: call.caller.userId, userName: nameOf(call.caller.userId) },
      );
      state.stacks.change(stack, { trustId: call.caller.trustId ?? null });
      return new Reply(201, { stack: { id: stack.id, links: [link(stack, "self")] } }, { Location: at(stack) });
    });
    routes.post("/stacks/preview", (call) => {
      mayWrite(call);
      const { body, registry, parameters } = wishOf(call);
      const template = parseTemplate(body.template);
      engine.validate(template, { files: body.files ?? {}, registry });
      readParameters(template, parameters, true);
      return {
        stack: {
          stack_name: checkName(body.stack_name),
          description: template.description ?? "",
          parameters,
          resources: Object.entries(template.resources).map(([name, one]) => ({
            resource_name: name,
            resource_type: one.type,
            resource_status: "INIT_COMPLETE",
          })),
        },
      };
    });
    routes.post("/validate", (call) => {
      project(call);
      const { body, registry } = wishOf(call);
      const template = parseTemplate(body.template);
      engine.validate(template, { files: body.files ?? {}, registry });
      return {
        Description: template.description ?? "No description",
        Parameters: Object.fromEntries(
          Object.entries(template.parameters).map(([name, one]) => [
            name,
            {
              Type: {
                string: "String",
                number: "Number",
                json: "Json",
                comma_delimited_list: "CommaDelimitedList",
                boolean: "Boolean",
              }[one.type],
              Label: name,
              NoEcho: one.hidden ? "true" : "false",
              Description: one.description ?? "",
              ...(one.default === undefined ? {} : { Default: one.default }),
            },
          ]),
        ),
        Environment: {
          parameters: {},
          parameter_defaults: {},
          resource_registry: { resources: {} },
          encrypted_param_names: [],
          event_sinks: [],
        },
      };
    });
    routes.get("/resource_types", (call) => {
      project(call);
      return { resource_types: [...Object.keys(handlers), "OS::Heat::ResourceGroup"].toSorted() };
    });
    routes.get("/build_info", () => ({ api: { revision: "unknown" }, engine: { revision: "unknown" } }));
    routes.get("/services", () => ({ services: [] }));

    routes.get("/stacks/:name", (call) => redirect(call));
    routes.delete("/stacks/:name", (call) => redirect(call));
    routes.get("/stacks/:name/:id", (call) => ({
      stack: detail(exact(call), call.query("resolve_outputs")?.toLowerCase() !== "false"),
    }));
    const update = (call: Call, existing: boolean) => {
      mayWrite(call);
      const stack = living(call);
      // Heat hands a trust on to itself when a stack is made through one, and needs it for every update. Deletion does not.
      if (stack.trustId && !trustStands(stack.trustId)) throw new Fault(500, "RemoteError", "");
      const { body, registry, parameters } = wishOf(call);
      if (stack.action === "DELETE")
        throw new Fault(400, "NotSupported", "Updating a stack when it is being deleted is not supported.");
      if (!existing && body.template === undefined) throw new Fault(400, "HTTPBadRequest", "No template specified");
      engine.change(stack, {
        template: body.template ?? undefined,
        files: body.files ?? undefined,
        parameters,
        clearParameters: body.clear_parameters ?? undefined,
        registry,
        tags: body.tags ?? (existing ? undefined : []),
        timeoutMins: body.timeout_mins ?? undefined,
        disableRollback: body.disable_rollback ?? undefined,
        existing,
      });
      // Somebody else's update makes the stack theirs.
      const { userId, trustId = null } = call.caller;
      if (userId !== stack.userId) state.stacks.change(stack, { userId, userName: nameOf(userId), trustId });
      return new Reply(202, "202 Accepted\n\nThe request is accepted for processing.\n\n   ", {
        "Content-Type": "text/plain; charset=UTF-8",
      });
    };
    routes.patch("/stacks/:name/:id", (call) => update(call, true));
    routes.put("/stacks/:name/:id", (call) => update(call, false));
    routes.delete("/stacks/:name/:id", (call) => {
      mayWrite(call);
      engine.remove(living(call));
      return new Reply(204);
    });
    routes.get("/stacks/:name/:id/template", (call) => living(call).template);
    routes.get("/stacks/:name/:id/environment", (call) => {
      const stack = living(call);
      const { parameters } = engine.templateOf(stack);
      return {
        parameters: Object.fromEntries(
          Object.entries(stack.parameters).map(([name, value]) => [name, parameters[name]?.hidden ? "******" : value]),
        ),
        parameter_defaults: {},
        resource_registry: { resources: {}, ...stack.registry },
        encrypted_param_names: [],
        event_sinks: [],
      };
    });
    routes.get("/stacks/:name/:id/files", (call) => living(call).files);
    routes.get("/stacks/:name/:id/outputs", (call) => {
      const { outputs } = engine.templateOf(living(call));
      return {
        outputs: Object.entries(outputs).map(([name, one]) => ({
          output_key: name,
          description: one.description ?? "No description given",
        })),
      };
    });
    routes.get("/stacks/:name/:id/outputs/:key", (call) => {
      const stack = living(call);
      const key = call.param("key");
      const found = engine.templateOf(stack).outputs[key];
      if (!found) throw new Fault(404, "NotFound", `Specified output key ${key} not found.`);
      return {
        output: {
          output_key: key,
          description: found.description ?? "No description given",
          output_value: engine.outputs(stack)[key] ?? null,
        },
      };
    });

    /** The rows of a stack and of the stacks in it, each with the stack that it is in. */
    function tree(stack: Stack, depth: number): { stack: Stack; row: Resource; siblings: Resource[] }[] {
      const rows = engine.rowsOf(stack.id);
      const own = rows.map((row) => ({ stack, row, siblings: rows }));
      if (depth <= 0) return own;
      return [
        ...own,
        ...rows.flatMap((row) => {
          const child = engine.childOf(row);
          return child ? tree(child, depth - 1) : [];
        }),
      ];
    }
    const depthOf = (call: Call): number => {
      const asked = call.query("nested_depth");
      return asked === null ? 0 : asked === "max" || asked === "all" ? 5 : Math.min(Number(asked) || 0, 5);
    };
    routes.get("/stacks/:name/resources", (call) => redirect(call, "/resources"));
    routes.get("/stacks/:name/events", (call) => redirect(call, "/events"));
    routes.get("/stacks/:name/:id/resources", (call) => {
      const wanted = (name: string, value: string) =>
        call.queryAll(name).length === 0 || call.queryAll(name).includes(value);
      const rows = tree(exact(call), depthOf(call)).filter(
        ({ row }) =>
          wanted("type", row.type) &&
          wanted("name", row.name) &&
          wanted("status", row.status) &&
          wanted("action", row.action) &&
          wanted("id", row.id),
      );
      return { resources: rows.map(({ stack, row, siblings }) => resourceView(stack, row, siblings)) };
    });
    const resource = (call: Call): { stack: Stack; row: Resource } => {
      const stack = living(call);
      const rows = engine.rowsOf(stack.id).filter((one) => one.name === call.param("resource"));
      const row = rows.find((one) => !one.doomed) ?? rows[0];
      if (!row)
        throw new Fault(
          404,
          "EntityNotFound",
          `The Resource (${call.param("resource")}) could not be found in Stack ${stack.name}.`,
        );
      return { stack, row };
    };
    routes.get("/stacks/:name/:id/resources/:resource", (call) => {
      const { stack, row } = resource(call);
      const child = engine.childOf(row);
      const names =
        row.type === "OS::Heat::ResourceGroup"
          ? ["refs", "refs_map"]
          : child
            ? Object.keys(engine.templateOf(child).outputs)
            : (handlers[row.type]?.attributes ?? []);
      const attributes = Object.fromEntries(
        [...names, ...call.queryAll("with_attr")].map((name) => [name, engine.attribute(stack, row, name, [])]),
      );
      return { resource: { ...resourceView(stack, row, engine.rowsOf(stack.id)), description: "", attributes } };
    });
    routes.get("/stacks/:name/:id/resources/:resource/metadata", (call) => ({
      metadata: resource(call).row.data["signals"] ?? {},
    }));
    routes.patch("/stacks/:name/:id/resources/:resource", (call) => {
      mayWrite(call);
      const { stack, row } = resource(call);
      const { mark_unhealthy: bad, resource_status_reason: reason } = call.body(
        z.object({ mark_unhealthy: z.boolean(), resource_status_reason: z.string().optional() }),
      );
      if (bad && stack.status !== "IN_PROGRESS")
        state.resources.change(row, {
          action: "CHECK",
          status: "FAILED",
          reason: reason ?? "state changed by resource_mark_unhealthy api",
        });
      return new Reply(200, "", { "Content-Type": "text/plain" });
    });
    // A node has nothing but the token that stands beside the address.
    routes.open("POST", "/stacks/:name/:id/resources/:resource/signal", (call) => {
      const stack = state.stacks.get(call.param("id"));
      const row =
        stack &&
        engine
          .rowsOf(stack.id)
          .filter((one) => one.name === call.param("resource"))
          .at(-1);
      const isOwn = row !== undefined && call.header("x-auth-token") === row.data["token"];
      const { projectId, isAdmin } = call.caller;
      if (!isOwn && projectId === null)
        throw new Fault(401, "Unauthorized", "The request you have made requires authentication.");
      if (!isOwn && !isAdmin && projectId !== stack?.projectId)
        throw new Fault(403, "Forbidden", "You are not authorized to complete this action.");
      if (!stack || stack.deletedAt !== null) throw missingStack(call.param("name"));
      if (!row)
        throw new Fault(
          404,
          "EntityNotFound",
          `The Resource (${call.param("resource")}) could not be found in Stack ${stack.name}.`,
        );
      if (row.physicalId === null)
        throw new Fault(400, "ResourceNotAvailable", `The Resource (${row.name}) is not available.`);
      engine.signal(stack, row, call.rawBody);
      return new Reply(200, "null", { "Content-Type": "application/json" });
    });

    const eventView = (one: StackEvent) => {
      const stack = state.stacks.get(one.stackId);
      const base = stack ? at(stack) : "";
      const own = `${base}/resources/${encodeURIComponent(one.resourceName)}`;
      return {
        id: one.id, links: [{ href: `${own}/events/${one.id}`, rel: "self" }, { href: own, rel: "resource" }, { href: base, rel: "stack" }],
        event_time: seconds(one.at), logical_resource_id: one.resourceName, resource_name: one.resourceName, physical_resource_id: one.physicalId,
        resource_status: one.status, resource_status_reason: one.reason,
      }; // prettier-ignore
    };
    const events = (call: Call, only: string | null) => {
      const stack = exact(call);
      const inside = new Set([
        stack.id,
        ...(depthOf(call) > 0 ? tree(stack, depthOf(call)).map((one) => one.stack.id) : []),
      ]);
      const wanted = (name: string, value: string) =>
        call.queryAll(name).length === 0 || call.queryAll(name).includes(value);
      const rows = state.events.filter(
        (one) =>
          inside.has(one.stackId) &&
          (only === null || one.resourceName === only) &&
          wanted("resource_name", one.resourceName) &&
          wanted("resource_action", one.status.split("_")[0] ?? "") &&
          wanted("resource_status", one.status.split("_").slice(1).join("_")),
      );
      const cut = page(call, call.query("sort_dir") === "desc" ? rows.toReversed() : rows, {
        badMarker: (marker) => new Fault(404, "EntityNotFound", `The Event (${marker}) could not be found.`),
      });
      return {
        events: cut.rows.map(eventView),
        ...(cut.next === null ? {} : { links: [{ rel: "next", href: `${at(stack)}/events?${cut.next}` }] }),
      };
    };
    routes.get("/stacks/:name/:id/events", (call) => events(call, null));
    routes.get("/stacks/:name/:id/resources/:resource/events", (call) => events(call, call.param("resource")));
    routes.post("/stacks/:name/:id/actions", (call) => {
      mayWrite(call);
      const stack = living(call);
      const action = Object.keys(call.body(z.record(z.string(), z.unknown())))[0] ?? "";
      if (!["check", "cancel_update", "cancel_without_rollback", "suspend", "resume"].includes(action))
        throw new Fault(400, "HTTPBadRequest", `Invalid action ${action} specified`);
      if (action.startsWith("cancel") && stack.status === "IN_PROGRESS")
        state.stacks.change(stack, { status: "FAILED", reason: `Stack ${stack.action} cancelled` });
      return new Reply(200);
    });
  });
}
