// Brings stacks to what their templates say: resources start when what they need is complete, take their time, and fail
// as they do in Heat. Nested stacks (a template of `files`, and the members of a ResourceGroup) are stacks of their own.
import { z } from "zod";
import { badRequest, Fault } from "../fault.ts";
import { resourceId, type World } from "../world.ts";
import { resourceTypes, type Making, type ResourceType } from "./types.ts";
import {
  openStacks,
  readTemplate,
  requirements,
  resolve,
  walk,
  type Action,
  type Failure,
  type Resource,
  type Stack,
  type Stacks,
  type Template,
} from "./stack.ts";

export interface StackWish {
  name: string;
  template: Template;
  files: Record<string, string>;
  parameters: Record<string, unknown>;
  tags: string[];
  timeoutMinutes: number | null;
  disableRollback: boolean;
}

export interface Engine {
  stacks: Stacks;
  create(who: { userId: string; projectId: string }, wish: StackWish): Stack;
  update(stack: Stack, change: Partial<StackWish>): void;
  remove(stack: Stack): void;
  /** A signal for a wait handle has come. */
  signal(stack: Stack, resource: string, body: Record<string, unknown>): void;
  outputs(stack: Stack): { key: string; value: unknown; description: string; error?: string }[];
  nested(stackId: string): Stack[];
  /** Goes on with what was under way when the sandbox was stopped. */
  resume(): void;
}

const groupType = "OS::Heat::ResourceGroup";
const Group = z.object({
  count: z.coerce.number().int().min(0).default(1),
  resource_def: z.object({ type: z.string(), properties: z.record(z.string(), z.unknown()).default({}) }),
  removal_policies: z
    .array(
      z.object({
        resource_list: z
          .union([z.array(z.union([z.string(), z.number()]).transform(String)), z.null()])
          .transform((list) => list ?? []),
      }),
    )
    .default([]),
});
const skipOf = (resource: Resource): string[] => z.array(z.string()).catch([]).parse(resource.data["skip"]);
const suffix = () => resourceId().replaceAll("-", "").slice(0, 12);

export function openEngine(world: World): Engine {
  const stacks = openStacks(world);
  const put = (stack: Stack) => stacks.rows.put(stack);
  const childOf = (stack: Stack, resource: Resource) =>
    resource.physicalId === null ? undefined : stacks.rows.get(resource.physicalId);
  const isNested = (stack: Stack, resource: Resource) => resource.type === groupType || resource.type in stack.files;

  function note(stack: Stack, name: string, physicalId: string | null, status: string, reason: string): void {
    stacks.events.put({
      id: resourceId(),
      stackId: stack.id,
      at: `${new Date().toISOString().slice(0, 19)}Z`,
      resource: name,
      physicalId: physicalId ?? "",
      status,
      reason,
    });
  }

  // ---- what resources are worth to others

  function reference(stack: Stack, resource: Resource): unknown {
    const child = isNested(stack, resource) && resource.type !== groupType ? childOf(stack, resource) : undefined;
    const named = child?.template.outputs["OS::stack_id"];
    return child && named ? valueIn(child, named.value) : resource.physicalId;
  }

  function attribute(stack: Stack, resource: Resource, path: (string | number)[]): unknown {
    const [first, ...rest] = path;
    const name = String(first ?? "");
    if (!isNested(stack, resource))
      return walk(resourceTypes[resource.type]?.attribute(making(stack, resource), name), rest);
    const child = childOf(stack, resource);
    if (!child) return null;
    if (resource.type !== groupType)
      return walk(child.template.outputs[name] ? valueIn(child, child.template.outputs[name].value) : null, rest);
    const members = Object.values(child.resources).toSorted((a, b) => Number(a.name) - Number(b.name));
    if (name === "refs")
      return walk(
        members.map((member) => reference(child, member)),
        rest,
      );
    if (name === "refs_map")
      return walk(Object.fromEntries(members.map((member) => [member.name, reference(child, member)])), rest);
    if (name === "removed_rsrc_list") return skipOf(resource);
    if (name === "attributes")
      return Object.fromEntries(members.map((member) => [member.name, attribute(child, member, rest)]));
    if (name.startsWith("resource.")) {
      const [, index = "", ...more] = name.split(".");
      const member = child.resources[index];
      return member
        ? more.length === 0 && rest.length === 0
          ? reference(child, member)
          : attribute(child, member, [...more, ...rest])
        : null;
    }
    return walk(
      members.map((member) => attribute(child, member, [name])),
      rest,
    );
  }

  const valueIn = (stack: Stack, value: unknown): unknown =>
    resolve(
      stack,
      value,
      (resource, path) => attribute(stack, resource, path),
      (resource) => reference(stack, resource),
    );

  function making(stack: Stack, resource: Resource): Making {
    return {
      world,
      stack,
      resource,
      who: { userId: stack.userId, projectId: stack.projectId },
      wake: () => look(stack.id, resource.name),
    };
  }

  // ---- one round of a stack

  function begin(stack: Stack, action: Action): void {
    stack.action = action;
    stack.state = "IN_PROGRESS";
    stack.reason = `Stack ${action} started`;
    stack.failure = null;
    stack.round += 1;
    if (action !== "CREATE") stack.updatedAt = `${new Date().toISOString().slice(0, 19)}Z`;
    put(stack);
    note(stack, stack.name, stack.id, `${action}_IN_PROGRESS`, stack.reason);
    watchTime(stack);
    advance(stack.id);
  }

  function watchTime(stack: Stack): void {
    if (stack.parent !== null || stack.timeoutMinutes === null || stack.timeoutMinutes === 0) return;
    const { round, id } = stack;
    world.after(stack.timeoutMinutes * 60, () => {
      const now = stacks.rows.get(id);
      if (now?.round === round && now.state === "IN_PROGRESS") fail(now, { cls: "Timed out", path: "", message: "" });
    });
  }

  /** Starts what can start, and ends the round when nothing is left to do. */
  function advance(id: string): void {
    const stack = stacks.rows.get(id);
    if (stack?.state !== "IN_PROGRESS") return;
    if (stack.action === "DELETE") return tearDown(stack);
    const needs = requirements(stack.template);
    let open = 0;
    for (const [name, definition] of Object.entries(stack.template.resources)) {
      const resource = (stack.resources[name] ??= {
        name,
        type: definition.type,
        action: "INIT",
        state: "COMPLETE",
        reason: "",
        failure: null,
        physicalId: null,
        updatedAt: world.now(),
        properties: {},
        requires: [],
        round: 0,
        data: {},
      });
      resource.requires = [...(needs.get(name) ?? [])];
      if (resource.round === stack.round && resource.state === "COMPLETE") continue;
      open += 1;
      if (resource.state === "IN_PROGRESS") continue;
      if (resource.requires.some((other) => !isDone(stack, other))) continue;
      start(stack, resource, definition.properties);
      if (stacks.rows.get(id)?.state !== "IN_PROGRESS") return;
    }
    // What the template no longer has goes after what needed it.
    for (const resource of Object.values(stack.resources)) {
      if (resource.name in stack.template.resources) continue;
      open += 1;
      const needed = Object.values(stack.resources).some((other) => other.requires.includes(resource.name));
      if (!needed && !(resource.action === "DELETE" && resource.state === "IN_PROGRESS")) drop(stack, resource);
    }
    put(stack);
    if (open === 0) finish(stack);
  }

  const isDone = (stack: Stack, name: string) => {
    const resource = stack.resources[name];
    return (
      resource !== undefined &&
      resource.round === stack.round &&
      resource.state === "COMPLETE" &&
      resource.action !== "DELETE"
    );
  };

  function start(stack: Stack, resource: Resource, raw: Record<string, unknown>): void {
    const existed = resource.action !== "INIT" && resource.physicalId !== null;
    const failed = resource.state === "FAILED";
    resource.round = stack.round;
    try {
      if (resource.type === groupType) return startGroup(stack, resource, raw, existed);
      if (resource.type in stack.files) return startNested(stack, resource, raw, existed);
      const type = typeOf(resource.type);
      const properties = z.record(z.string(), z.unknown()).parse(valueIn(stack, raw));
      if (existed && !failed && JSON.stringify(properties) === JSON.stringify(resource.properties)) {
        resource.state = "COMPLETE";
        return void put(stack);
      }
      if (
        existed &&
        !failed &&
        (properties["user_data_update_policy"] === "IGNORE" || resource.type === "OS::Octavia::Listener")
      ) {
        mark(stack, resource, "UPDATE", "IN_PROGRESS");
        resource.properties = properties;
        put(stack);
        return world.after(type.seconds, () => look(stack.id, resource.name));
      }
      // Anything else that changed, or that failed, is made anew.
      if (existed) removeQuietly(type, stack, resource);
      mark(stack, resource, "CREATE", "IN_PROGRESS");
      resource.properties = properties;
      resource.data = {};
      resource.physicalId = type.create(making(stack, resource), properties);
      put(stack);
      world.after(type.seconds, () => look(stack.id, resource.name));
    } catch (error) {
      failResource(stack, resource, asFailure(error));
    }
  }

  function startGroup(stack: Stack, resource: Resource, raw: Record<string, unknown>, existed: boolean): void {
    const { resource_def: def, ...rest } = raw;
    const wish = Group.omit({ resource_def: true }).parse(valueIn(stack, rest));
    const { type, properties } = Group.shape.resource_def.parse(def);
    const child = existed ? childOf(stack, resource) : undefined;
    const skip = new Set(skipOf(resource));
    if (child)
      for (const victim of wish.removal_policies.flatMap((policy) => policy.resource_list)) {
        const member =
          child.resources[victim] ?? Object.values(child.resources).find((each) => reference(child, each) === victim);
        if (member) skip.add(member.name);
      }
    const names: string[] = [];
    for (let index = 0; names.length < wish.count; index++) if (!skip.has(String(index))) names.push(String(index));
    const resolved = valueIn(stack, properties);
    const template: Template = {
      heat_template_version: "2015-04-30",
      description: "No description",
      parameters: {},
      outputs: {},
      resources: Object.fromEntries(
        names.map((index) => [index, { type, properties: withIndex(resolved, index), depends_on: [] }]),
      ),
    };
    resource.data = { skip: [...skip] };
    nest(stack, resource, child, `${stack.name}-${resource.name}-${suffix()}`, template, {});
  }

  function startNested(stack: Stack, resource: Resource, raw: Record<string, unknown>, existed: boolean): void {
    const parameters = z.record(z.string(), z.unknown()).parse(valueIn(stack, raw));
    const child = existed ? childOf(stack, resource) : undefined;
    nest(
      stack,
      resource,
      child,
      `${stack.name}-${resource.name}-${suffix()}`,
      readTemplate(stack.files[resource.type]),
      Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, value ?? ""])),
    );
  }

  function nest(
    stack: Stack,
    resource: Resource,
    child: Stack | undefined,
    name: string,
    template: Template,
    parameters: Record<string, unknown>,
  ): void {
    if (
      child &&
      child.state === "COMPLETE" &&
      JSON.stringify([child.template, child.parameters]) === JSON.stringify([template, parameters])
    ) {
      resource.state = "COMPLETE";
      return void put(stack);
    }
    mark(stack, resource, child ? "UPDATE" : "CREATE", "IN_PROGRESS");
    if (child) {
      put(stack);
      Object.assign(child, { template, parameters, files: stack.files });
      return begin(child, "UPDATE");
    }
    const made: Stack = {
      id: resourceId(),
      name,
      projectId: stack.projectId,
      userId: stack.userId,
      template,
      files: stack.files,
      parameters,
      tags: [],
      action: "CREATE",
      state: "IN_PROGRESS",
      reason: "",
      failure: null,
      round: 0,
      timeoutMinutes: null,
      disableRollback: true,
      parent: { stackId: stack.id, resource: resource.name },
      resources: {},
      createdAt: `${new Date().toISOString().slice(0, 19)}Z`,
      updatedAt: null,
      provoked: 0,
    };
    resource.physicalId = made.id;
    put(made);
    put(stack);
    begin(made, "CREATE");
  }

  /** Is a resource that was started done by now? */
  function look(id: string, name: string): void {
    const stack = stacks.rows.get(id);
    const resource = stack?.resources[name];
    if (!stack || !resource || resource.state !== "IN_PROGRESS" || resource.action === "DELETE") return;
    if (isNested(stack, resource)) {
      const child = childOf(stack, resource);
      if (child?.state === "COMPLETE") done(stack, resource);
      else if (child?.state === "FAILED" && child.failure) {
        const path = `resources${resource.type === groupType || !/^\d+$/.test(resource.name) ? `.${resource.name}` : `[${resource.name}]`}`;
        failResource(
          stack,
          resource,
          { cls: child.failure.cls, path: child.failure.path, message: child.failure.message },
          path,
        );
      }
      return;
    }
    let progress: ReturnType<NonNullable<ResourceType["progress"]>>;
    try {
      progress = resourceTypes[resource.type]?.progress?.(making(stack, resource)) ?? "ready";
    } catch (error) {
      return failResource(stack, resource, asFailure(error));
    }
    put(stack);
    if (progress === "working") return;
    if (progress === "ready") return done(stack, resource);
    failResource(stack, resource, { cls: progress.cls, path: "", message: progress.message });
  }

  function done(stack: Stack, resource: Resource): void {
    mark(stack, resource, resource.action === "INIT" ? "CREATE" : resource.action, "COMPLETE", "state changed");
    put(stack);
    // What waits beside it may look at it: conditions at their handles.
    for (const other of Object.values(stack.resources))
      if (other.state === "IN_PROGRESS" && other !== resource) look(stack.id, other.name);
    advance(stack.id);
  }

  function failResource(
    stack: Stack,
    resource: Resource,
    failure: Failure,
    own = /^\d+$/.test(resource.name) && stack.parent ? `resources[${resource.name}]` : `resources.${resource.name}`,
  ): void {
    const path = failure.path === "" ? own : `${own}.${failure.path}`;
    const whole = { ...failure, path };
    resource.failure = whole;
    mark(stack, resource, resource.action === "INIT" ? "CREATE" : resource.action, "FAILED", sentence(whole));
    put(stack);
    fail(stack, whole);
  }

  const sentence = ({ cls, path, message }: Failure) =>
    path === "" ? `${cls}${message ? `: ${message}` : ""}` : `${cls}: ${path}: ${message}`;

  function fail(stack: Stack, failure: Failure): void {
    if (stack.state !== "IN_PROGRESS") return;
    // Siblings that are under way go on and may complete; nothing new is started (seen in Heat 19). A stack whose time
    // is over gives up what it waits for.
    if (failure.path === "" && failure.cls === "Timed out") giveUp(stack);
    stack.state = "FAILED";
    stack.failure = failure;
    stack.reason = failure.path === "" ? sentence(failure) : `Resource ${stack.action} failed: ${sentence(failure)}`;
    put(stack);
    note(stack, stack.name, stack.id, `${stack.action}_FAILED`, stack.reason);
    tellParent(stack);
  }

  function giveUp(stack: Stack): void {
    for (const resource of Object.values(stack.resources)) {
      if (resource.state !== "IN_PROGRESS") continue;
      const child = isNested(stack, resource) ? childOf(stack, resource) : undefined;
      const action = resource.action === "INIT" ? "CREATE" : resource.action;
      mark(
        stack,
        resource,
        action,
        "FAILED",
        child
          ? `resources.${resource.name}: Stack ${stack.action} cancelled`
          : `${action} aborted (user triggered cancel)`,
      );
      if (child?.state !== "IN_PROGRESS") continue;
      giveUp(child);
      Object.assign(child, {
        state: "FAILED",
        reason: `Stack ${child.action} cancelled`,
        failure: { cls: `Stack ${child.action} cancelled`, path: "", message: "" },
      });
      put(child);
    }
  }

  function finish(stack: Stack): void {
    stack.state = "COMPLETE";
    stack.reason = `Stack ${stack.action} completed successfully`;
    put(stack);
    note(stack, stack.name, stack.id, `${stack.action}_COMPLETE`, stack.reason);
    tellParent(stack);
  }

  const tellParent = (stack: Stack) => {
    if (stack.parent) look(stack.parent.stackId, stack.parent.resource);
  };

  // ---- removal

  function drop(stack: Stack, resource: Resource): void {
    const child = isNested(stack, resource) ? childOf(stack, resource) : undefined;
    const type = resourceTypes[resource.type];
    mark(stack, resource, "DELETE", "IN_PROGRESS");
    put(stack);
    if (child) return begin(child, "DELETE");
    const end = () => {
      const now = stacks.rows.get(stack.id);
      const row = now?.resources[resource.name];
      if (!now || row?.action !== "DELETE" || row.state !== "IN_PROGRESS") return;
      try {
        if (row.physicalId !== null) type?.remove(making(now, row));
      } catch (error) {
        return failResource(now, row, asFailure(error));
      }
      note(now, row.name, row.physicalId, "DELETE_COMPLETE", "state changed");
      Reflect.deleteProperty(now.resources, row.name);
      put(now);
      advance(now.id);
    };
    if (resource.action === "INIT" || resource.physicalId === null) return end();
    world.after(type?.removeSeconds ?? 1, end);
  }

  function tearDown(stack: Stack): void {
    const left = Object.values(stack.resources);
    if (left.length === 0) {
      const { parent } = stack;
      note(stack, stack.name, stack.id, "DELETE_COMPLETE", "Stack DELETE completed successfully");
      stacks.rows.delete(stack.id);
      for (const event of stacks.events.filter((row) => row.stackId === stack.id)) stacks.events.delete(event.id);
      const above = parent ? stacks.rows.get(parent.stackId) : undefined;
      const resource = parent ? above?.resources[parent.resource] : undefined;
      if (above && resource?.action === "DELETE") {
        Reflect.deleteProperty(above.resources, resource.name);
        put(above);
        advance(above.id);
      }
      return;
    }
    for (const resource of left) {
      if (resource.action === "DELETE" && resource.state === "IN_PROGRESS") continue;
      if (left.some((other) => other !== resource && other.requires.includes(resource.name))) continue;
      drop(stack, resource);
      if (stacks.rows.get(stack.id)?.state !== "IN_PROGRESS") return;
    }
  }

  function removeQuietly(type: ResourceType, stack: Stack, resource: Resource): void {
    try {
      type.remove(making(stack, resource));
    } catch {
      // It is replaced; what blocks the old one is found when the stack is deleted.
    }
  }

  function mark(
    stack: Stack,
    resource: Resource,
    action: Action,
    state: Resource["state"],
    reason = "state changed",
  ): void {
    resource.action = action;
    resource.state = state;
    resource.reason = reason;
    if (state !== "FAILED") resource.failure = null;
    resource.updatedAt = world.now();
    note(stack, resource.name, resource.physicalId, `${action}_${state}`, reason);
  }

  return {
    stacks,
    create(who, wish) {
      const stack: Stack = {
        id: resourceId(),
        name: wish.name,
        ...who,
        template: wish.template,
        files: wish.files,
        parameters: wish.parameters,
        tags: wish.tags,
        action: "CREATE",
        state: "IN_PROGRESS",
        reason: "",
        failure: null,
        round: 0,
        timeoutMinutes: wish.timeoutMinutes,
        disableRollback: wish.disableRollback,
        parent: null,
        resources: {},
        createdAt: `${new Date().toISOString().slice(0, 19)}Z`,
        updatedAt: null,
        provoked: 0,
      };
      put(stack);
      begin(stack, "CREATE");
      return stack;
    },
    update(stack, change) {
      if (change.template) stack.template = change.template;
      if (change.files) stack.files = change.files;
      if (change.parameters) stack.parameters = change.parameters;
      if (change.tags) stack.tags = change.tags;
      if (change.timeoutMinutes !== undefined) stack.timeoutMinutes = change.timeoutMinutes;
      begin(stack, "UPDATE");
    },
    remove(stack) {
      for (const child of nestedOf(stack.id))
        if (child.state === "IN_PROGRESS" && child.action !== "DELETE")
          Object.assign(child, { state: "FAILED", reason: "Stack cancelled" });
      begin(stack, "DELETE");
    },
    signal(stack, name, body) {
      const resource = stack.resources[name];
      if (!resource)
        throw new Fault(404, `The Resource (${name}) could not be found in Stack ${stack.name}.`, "ResourceNotFound");
      if (resource.type !== "OS::Heat::WaitConditionHandle")
        throw badRequest(`Resource ${name} does not support signals.`, "ResourceActionNotSupported");
      const signals = z.array(z.record(z.string(), z.unknown())).catch([]).parse(resource.data["signals"]);
      const id = typeof body["id"] === "string" ? body["id"] : String(signals.length + 1);
      const status = body["status"] === undefined ? "SUCCESS" : String(body["status"]);
      if (!["SUCCESS", "FAILURE"].includes(status))
        throw badRequest(`Bad signal data: status must be SUCCESS or FAILURE`);
      if (!signals.some((signal) => signal["id"] === id))
        signals.push({
          id,
          status,
          reason: String(body["reason"] ?? `Signal ${id} received`),
          data: body["data"] ?? null,
        });
      resource.data = { ...resource.data, signals };
      put(stack);
      note(
        stack,
        name,
        resource.physicalId,
        "SIGNAL_COMPLETE",
        `Signal: status:${status} reason:${String(body["reason"] ?? "")}`,
      );
      for (const other of Object.values(stack.resources)) if (other.state === "IN_PROGRESS") look(stack.id, other.name);
    },
    outputs: (stack) =>
      Object.entries(stack.template.outputs).map(([key, output]) => {
        try {
          return { key, value: valueIn(stack, output.value), description: output.description };
        } catch (error) {
          return {
            key,
            value: null,
            description: output.description,
            error: error instanceof Error ? error.message : String(error),
          };
        }
      }),
    nested: nestedOf,
    resume() {
      for (const stack of stacks.rows.all()) {
        for (const resource of Object.values(stack.resources)) {
          if (resource.state !== "IN_PROGRESS") continue;
          if (resource.action === "DELETE") {
            if (!isNested(stack, resource)) {
              resource.state = "FAILED";
              put(stack);
            }
          } else world.after(resourceTypes[resource.type]?.seconds ?? 1, () => look(stack.id, resource.name));
        }
        if (stack.state !== "IN_PROGRESS") continue;
        watchTime(stack);
        world.after(0.1, () => advance(stack.id));
      }
    },
  };

  function nestedOf(id: string): Stack[] {
    return stacks.rows.filter((row) => row.parent?.stackId === id).flatMap((child) => [child, ...nestedOf(child.id)]);
  }

  function typeOf(name: string): ResourceType {
    const type = resourceTypes[name];
    if (!type) throw badRequest(`The Resource Type (${name}) could not be found.`, "EntityNotFound");
    return type;
  }
}

function withIndex(value: unknown, index: string): Record<string, unknown> {
  const walkIn = (node: unknown): unknown =>
    typeof node === "string"
      ? node.replaceAll("%index%", index)
      : Array.isArray(node)
        ? node.map(walkIn)
        : typeof node === "object" && node !== null
          ? Object.fromEntries(Object.entries(node).map(([key, item]) => [key, walkIn(item)]))
          : node;
  return z.record(z.string(), z.unknown()).parse(walkIn(value));
}

/** The exception's name as Heat shows it for a refusal of another service. */
function asFailure(error: unknown): Failure {
  if (error instanceof z.ZodError)
    return {
      cls: "StackValidationFailed",
      path: "",
      message: error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "),
    };
  if (!(error instanceof Fault))
    return { cls: "ResourceFailure", path: "", message: error instanceof Error ? error.message : String(error) };
  const names: Record<number, string> = {
    400: "BadRequest",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    413: "OverLimit",
  };
  return {
    cls: error.type || names[error.status] || "Error",
    path: "",
    message: `${error.message} (HTTP ${error.status})`,
  };
}
