import { z } from "zod";
import type {
  Heat,
  Stack,
  StackAction,
  StackEvent,
  StackRef,
  StackResource,
  StackState,
  StackSummary,
} from "./cloud.ts";
import { OpenStackError, isOpenStackError, orNull } from "./error.ts";
import { list } from "./pages.ts";
import { versioned } from "./session.ts";
import type { Session } from "./session.ts";

const actions: readonly StackAction[] = [
  "CREATE", "UPDATE", "DELETE", "ROLLBACK", "SUSPEND", "RESUME", "CHECK", "SNAPSHOT", "RESTORE", "ADOPT", "INIT",
]; // prettier-ignore
const states: readonly StackState[] = ["IN_PROGRESS", "COMPLETE", "FAILED"];

const status = z.string().transform((text, ctx) => {
  const cut = text.indexOf("_");
  const action = actions.find((one) => one === text.slice(0, cut));
  const state = states.find((one) => one === text.slice(cut + 1));
  if (action && state) return { status: text, action, state };
  ctx.addIssue({ code: "custom", message: `is an unknown status: ${text}` });
  return z.NEVER;
});
const words = z.string().nullish();
const links = z.array(z.object({ rel: z.string(), href: z.string() })).default([]);
const tags = z
  .array(z.string())
  .nullish()
  .transform((all) => all ?? []);

const summaryFields = z.object({
  id: z.string(),
  stack_name: z.string(),
  stack_status: status,
  stack_status_reason: words,
  tags,
  creation_time: z.string(),
  updated_time: words,
});
const summaryOf = (wire: z.infer<typeof summaryFields>): StackSummary => ({
  id: wire.id,
  name: wire.stack_name,
  ...wire.stack_status,
  reason: wire.stack_status_reason || null,
  tags: wire.tags,
  createdAt: wire.creation_time,
  updatedAt: wire.updated_time ?? null,
});
const SummaryWire = summaryFields.transform(summaryOf);

const StackWire = z.object({
  stack: summaryFields
    .extend({
      parameters: z.record(z.string(), z.unknown()).default({}),
      outputs: z
        .array(z.object({ output_key: z.string(), output_value: z.unknown(), output_error: z.string().optional() }))
        .default([]),
      timeout_mins: z.number().nullish(),
      disable_rollback: z.boolean().default(true),
    })
    .transform((wire): Stack => ({
      ...summaryOf(wire),
      parameters: Object.fromEntries(
        Object.entries(wire.parameters).map(([key, value]) => [
          key,
          typeof value === "string" ? value : JSON.stringify(value),
        ]),
      ),
      outputs: Object.fromEntries(
        wire.outputs.flatMap((output) =>
          output.output_error === undefined && output.output_value !== undefined && output.output_value !== null
            ? [[output.output_key, output.output_value]]
            : [],
        ),
      ),
      timeoutMinutes: wire.timeout_mins ?? null,
      disableRollback: wire.disable_rollback,
    })),
});

const ResourceWire = z
  .object({
    resource_name: z.string(),
    resource_type: z.string(),
    physical_resource_id: words,
    logical_resource_id: z.string(),
    resource_status: status,
    resource_status_reason: words,
    updated_time: words,
    required_by: z.array(z.string()).default([]),
    parent_resource: words,
    links,
  })
  .transform((wire): StackResource => ({
    name: wire.resource_name,
    type: wire.resource_type,
    physicalId: wire.physical_resource_id || null,
    logicalId: wire.logical_resource_id,
    ...wire.resource_status,
    reason: wire.resource_status_reason || null,
    updatedAt: wire.updated_time ?? null,
    requiredBy: wire.required_by,
    stack: stackOf(wire.links),
    parentResource: wire.parent_resource ?? null,
  }));

const EventWire = z
  .object({
    id: z.string(),
    event_time: z.string(),
    resource_name: z.string(),
    logical_resource_id: z.string(),
    physical_resource_id: words,
    resource_status: z.string(),
    resource_status_reason: words,
    links,
  })
  .transform((wire): StackEvent => ({
    id: wire.id,
    at: wire.event_time,
    resource: wire.resource_name,
    logicalId: wire.logical_resource_id,
    physicalId: wire.physical_resource_id || null,
    status: wire.resource_status,
    reason: wire.resource_status_reason || null,
    stackName: stackOf(wire.links).name,
  }));

/** The only place that names the stack of a resource is its link: .../stacks/<name>/<id>. */
function stackOf(all: z.infer<typeof links>): StackRef {
  const href = all.find((link) => link.rel === "stack")?.href ?? "";
  const [id = "", name = ""] = new URL(href, "http://none").pathname.split("/").toReversed();
  return { id: decodeURIComponent(id), name: decodeURIComponent(name) };
}

const stackPath = (ref: StackRef) => `/stacks/${encodeURIComponent(ref.name)}/${encodeURIComponent(ref.id)}`;

/** Heat answers only when all resources are written down: hundreds take a while. */
const slow = { timeoutMs: 120_000 };

export function openHeat(session: Session): Heat {
  const service = session.service("orchestration", versioned("v1"));

  async function show(operation: string, path: string, outputs: boolean): Promise<Stack> {
    const { stack } = await service.read({ operation, path, query: { resolve_outputs: outputs }, ...slow }, StackWire);
    if (stack.status !== "DELETE_COMPLETE") return stack;
    throw new OpenStackError(`The Stack (${stack.name}) is deleted.`, {
      service: "orchestration",
      operation,
      kind: "not_found",
      status: 404,
      requestId: null,
      retryable: false,
    });
  }

  return {
    async listStacks(filter = {}) {
      const stacks = await list(service, {
        operation: "list stacks",
        path: "/stacks",
        query: {
          tags: filter.tags?.join(","),
          name: filter.name,
          limit: filter.limit,
          sort_keys: "created_at",
          sort_dir: "desc",
        },
        key: "stacks",
        item: SummaryWire,
        limit: filter.limit,
      });
      // For a moment Heat shows what it has just deleted.
      return stacks.filter((stack) => stack.status !== "DELETE_COMPLETE");
    },
    findStack: (idOrName, options = {}) =>
      orNull(show("find stack", `/stacks/${encodeURIComponent(idOrName)}`, options.outputs ?? false)),
    getStack: (ref, options = {}) => show("get stack", stackPath(ref), options.outputs ?? false),
    async createStack(wish) {
      const { stack } = await service.write(
        {
          operation: "create stack",
          method: "POST",
          path: "/stacks",
          body: {
            stack_name: wish.name,
            template: wish.template,
            files: wish.files ?? {},
            environment: wish.environment ?? {},
            parameters: wish.parameters ?? {},
            tags: wish.tags.join(","),
            timeout_mins: wish.timeoutMinutes,
            disable_rollback: wish.disableRollback ?? true,
          },
          ...slow,
        },
        z.object({ stack: z.object({ id: z.string() }) }),
      );
      return { id: stack.id, name: wish.name };
    },
    async patchStack(ref, change) {
      await service.send({
        operation: "update stack",
        method: "PATCH",
        path: stackPath(ref),
        body: {
          template: change.template,
          files: change.files,
          environment: change.environment,
          parameters: change.parameters,
          clear_parameters: change.clearParameters,
          tags: change.tags?.join(","),
          timeout_mins: change.timeoutMinutes,
          disable_rollback: change.disableRollback,
        },
        // Not sent twice: the second one would cancel what the first has begun.
        ...slow,
      });
    },
    async deleteStack(ref) {
      try {
        await service.send({ operation: "delete stack", method: "DELETE", path: stackPath(ref), ...slow });
      } catch (error) {
        if (!isOpenStackError(error, "not_found")) throw error;
      }
    },
    getTemplate: (ref) => service.read({ operation: "get template", path: `${stackPath(ref)}/template` }, z.unknown()),
    listResources: (ref, filter = {}) =>
      list(service, {
        operation: "list resources",
        path: `${stackPath(ref)}/resources`,
        query: {
          nested_depth: filter.nestedDepth ?? 0,
          type: filter.type,
          status: filter.status,
          name: filter.name,
        },
        key: "resources",
        item: ResourceWire,
        ...slow,
      }),
    listEvents: (ref, filter = {}) =>
      list(service, {
        operation: "list events",
        path: `${stackPath(ref)}/events`,
        query: {
          nested_depth: filter.nestedDepth || undefined,
          marker: filter.after,
          limit: filter.limit,
          sort_keys: "event_time",
          sort_dir: "asc",
        },
        key: "events",
        item: EventWire,
        limit: filter.limit,
        ...slow,
      }),
    async signalResource(ref, resource, data) {
      await service.send({
        operation: "signal resource",
        method: "POST",
        path: `${stackPath(ref)}/resources/${encodeURIComponent(resource)}/signal`,
        body: data,
      });
    },
    async validateTemplate(wish) {
      await service.send({
        operation: "validate template",
        method: "POST",
        path: "/validate",
        body: {
          template: wish.template,
          files: wish.files ?? {},
          environment: wish.environment ?? {},
          parameters: wish.parameters ?? {},
        },
        repeatable: true,
        ...slow,
      });
    },
  };
}
