// Stacks on their way: resources start when what they need is complete, changes converge, the rest is cleaned up last.
// All state is in rows, so that a restarted sandbox goes on in the middle.
import { z } from "zod";
import { Fault, randomWord, uuid } from "../core.ts";
import type { Caller, Core } from "../core.ts";
import type { Action, Failure, Resource, Stack } from "../model.ts";
import { passing } from "../../../server/domain/passing.ts";
import { asksFor, named } from "../scenarios.ts";
import { failureOf, HeatFailure } from "./handler.ts";
import type { Context, Handler, Properties, Services } from "./handler.ts";
import {
  deepReplace,
  invalid,
  parseTemplate,
  readParameters,
  requirementsOf,
  resolve,
  truth,
  walk,
} from "./template.ts";
import type { Definition, Scope, Template } from "./template.ts";
import { handlers } from "./types.ts";

export interface StackWish {
  name: string;
  template: unknown;
  files: Record<string, string>;
  parameters: Record<string, unknown>;
  registry: Record<string, string>;
  tags: string[];
  timeoutMins: number | null;
  disableRollback: boolean;
}

export interface StackChange {
  template?: unknown;
  files?: Record<string, string> | undefined;
  parameters?: Record<string, unknown> | undefined;
  clearParameters?: string[] | undefined;
  registry?: Record<string, string> | undefined;
  tags?: string[] | undefined;
  timeoutMins?: number | undefined;
  disableRollback?: boolean | undefined;
  /** Keep stored template, files and parameters that are not given. */
  existing: boolean;
}

export type Engine = ReturnType<typeof openEngine>;

const groupType = "OS::Heat::ResourceGroup";
const Group = z.object({
  count: z.coerce.number().int().min(0).default(1),
  index_var: z.string().default("%index%"),
  removal_policies: z
    .array(z.object({ resource_list: z.union([z.array(z.unknown()), z.string()]).nullish() }))
    .nullish()
    .transform((value) => value ?? []),
  removal_policies_mode: z.enum(["append", "update"]).default("append"),
  resource_def: z.object({ type: z.string(), properties: z.record(z.string(), z.unknown()).nullish() }),
});

export function openEngine(core: Core, services: Services, callerOf: (userId: string, projectId: string) => Caller) {
  const { state } = core;
  const parsed = new WeakMap<object, Template>();
  const templateOf = (stack: Stack): Template => {
    const found = parsed.get(stack.template);
    if (found) return found;
    const template = parseTemplate(stack.template);
    parsed.set(stack.template, template);
    return template;
  };

  // Rows of a stack, by the stack's id: looked up at every turn.
  const byStack = new Map<string, Set<string>>();
  for (const row of state.resources.all()) index(row);
  function index(row: Resource): void {
    const known = byStack.get(row.stackId) ?? new Set();
    known.add(row.id);
    byStack.set(row.stackId, known);
  }
  const rowsOf = (stackId: string): Resource[] =>
    [...(byStack.get(stackId) ?? [])].flatMap((id) => state.resources.get(id) ?? []);
  const current = (stackId: string, name: string): Resource | undefined =>
    rowsOf(stackId).find((row) => row.name === name && !row.doomed);
  const childOf = (row: Resource): Stack | undefined =>
    isNestedRow(row) && row.physicalId !== null ? state.stacks.get(row.physicalId) : undefined;
  const resolveType = (stack: Stack, type: string): string => {
    const alias = stack.registry[type];
    return alias === undefined || alias === type ? type : resolveType(stack, alias);
  };
  const isFile = (type: string) => /\.(ya?ml|template|json)$/.test(type);
  const isNested = (stack: Stack, type: string) => type === groupType || isFile(resolveType(stack, type));
  const isNestedRow = (row: Resource) => {
    const stack = state.stacks.get(row.stackId);
    return stack !== undefined && isNested(stack, row.type);
  };
  function handlerOf(stack: Stack, type: string): Handler {
    const found = handlers[resolveType(stack, type)];
    if (!found) throw invalid(`The Resource Type (${type}) could not be found.`);
    return found;
  }

  function event(
    stack: Stack,
    name: string,
    type: string,
    physicalId: string | null,
    status: string,
    reason: string,
  ): void {
    state.events.save({
      id: uuid(),
      stackId: stack.id,
      at: core.now(),
      resourceName: name,
      physicalId,
      resourceType: type,
      status,
      reason,
    });
  }
  function setStack(
    stack: Stack,
    action: Action,
    status: Stack["status"],
    reason: string,
    failure: Failure | null = null,
  ): void {
    state.stacks.change(stack, { action, status, reason, failure });
    event(stack, stack.name, "OS::Heat::Stack", stack.id, `${action}_${status}`, reason);
  }
  function setRow(
    stack: Stack,
    row: Resource,
    action: Action,
    status: Resource["status"],
    reason = "state changed",
    failure: Failure | null = null,
  ): void {
    state.resources.change(row, { action, status, reason, failure, updatedAt: core.now() });
    event(stack, row.name, row.type, row.physicalId, `${action}_${status}`, reason);
  }

  const context = (stack: Stack, row: Resource): Context => ({
    core,
    services,
    stack,
    row,
    caller: callerOf(stack.userId, stack.projectId),
  });

  // --- values ------------------------------------------------------------------------------------------------------

  function scopeOf(stack: Stack): Scope {
    const template = templateOf(stack);
    return {
      conditions: template.conditions,
      param: (name) => {
        if (name === "OS::stack_name") return stack.name;
        if (name === "OS::stack_id") return stack.id;
        if (name === "OS::project_id") return stack.projectId;
        if (!(name in stack.parameters))
          throw new Fault(400, "UserParameterMissing", `The Parameter (${name}) was not provided.`);
        return stack.parameters[name];
      },
      ref: (name) => {
        const row = current(stack.id, name);
        return row ? reference(stack, row) : null;
      },
      attr: (name, path) => {
        const row = current(stack.id, name);
        const [first, ...rest] = path;
        return row === undefined || first === undefined ? null : attribute(stack, row, String(first), rest);
      },
      file: (name) => {
        const found = stack.files[name];
        if (found === undefined) throw invalid(`No content found in the "files" section for get_file path: ${name}`);
        return found;
      },
    };
  }

  function reference(stack: Stack, row: Resource): unknown {
    const child = childOf(row);
    if (child) return outputs(child)["OS::stack_id"] ?? child.id;
    return (handlers[resolveType(stack, row.type)]?.reference ?? (() => row.physicalId))(context(stack, row));
  }

  function attribute(stack: Stack, row: Resource, name: string, path: readonly (string | number)[]): unknown {
    const child = childOf(row);
    if (row.type === groupType) return groupAttribute(row, child, name, path);
    if (isNestedRow(row)) {
      if (name === "outputs") return walk(child ? outputs(child) : {}, path);
      return walk(child ? outputs(child)[name] : null, path);
    }
    if (row.physicalId === null) return null;
    return walk(handlers[resolveType(stack, row.type)]?.attribute?.(context(stack, row), name) ?? null, path);
  }

  function groupAttribute(
    row: Resource,
    child: Stack | undefined,
    name: string,
    path: readonly (string | number)[],
  ): unknown {
    const members = child ? membersOf(child) : [];
    const value = (one: Resource, attr: string, rest: readonly (string | number)[]) =>
      child ? attribute(child, one, attr, rest) : null;
    switch (name) {
      case "refs":
        return walk(
          members.map((one) => (child ? reference(child, one) : null)),
          path,
        );
      case "refs_map":
        return walk(Object.fromEntries(members.map((one) => [one.name, child ? reference(child, one) : null])), path);
      case "removed_rsrc_list":
        return removedOf(row);
      case "attributes": {
        const [attr, ...rest] = path;
        return Object.fromEntries(members.map((one) => [one.name, value(one, String(attr), rest)]));
      }
      default: {
        const single = /^resource\.(\d+)(?:\.(.+))?$/.exec(name);
        if (single) {
          const one = members.find((each) => each.name === single[1]);
          if (!one || !child) return null;
          return single[2] === undefined ? reference(child, one) : value(one, single[2], path);
        }
        return members.map((one) => value(one, name, path));
      }
    }
  }
  const membersOf = (child: Stack) =>
    rowsOf(child.id)
      .filter((one) => !one.doomed && one.action !== "DELETE")
      .toSorted((a, b) => Number(a.name) - Number(b.name));
  const removedOf = (row: Resource): string[] => z.array(z.string()).catch([]).parse(row.data["removed"]);

  function outputs(stack: Stack): Record<string, unknown> {
    const scope = scopeOf(stack);
    return Object.fromEntries(
      Object.entries(templateOf(stack).outputs)
        .filter(([, output]) => output.condition === undefined || truth(output.condition, scope))
        .map(([name, output]) => {
          try {
            return [name, resolve(output.value, scope)];
          } catch {
            return [name, null];
          }
        }),
    );
  }

  // --- making and changing stacks ----------------------------------------------------------------------------------

  /** Resources of a template that are wanted: conditions are settled once per change. */
  function wanted(stack: Stack): Map<string, Definition> {
    const scope = scopeOf(stack);
    return new Map(
      Object.entries(templateOf(stack).resources).filter(
        ([, one]) => one.condition === undefined || truth(one.condition, scope),
      ),
    );
  }

  /** Throws what is wrong with a template and everything in it. */
  function validate(template: Template, stack: Pick<Stack, "files" | "registry">, depth = 0): void {
    if (depth > 5) throw new Fault(400, "RequestLimitExceeded", "Request limit exceeded: Recursion depth exceeds 5.");
    for (const [name, one] of Object.entries(template.resources)) {
      for (const other of requirementsOf(one))
        if (!(other in template.resources))
          throw new Fault(
            400,
            "InvalidTemplateReference",
            `The specified reference "${other}" (in ${name}) is incorrect.`,
          );
      const inner =
        one.type === groupType
          ? Group.pick({ resource_def: true }).safeParse(one.properties).data?.resource_def.type
          : one.type;
      if (inner === undefined)
        throw invalid(`Property error: resources.${name}.properties: Property resource_def not assigned`);
      const type = stack.registry[inner] ?? inner;
      if (isFile(type)) {
        const text = stack.files[type];
        if (text === undefined) throw invalid(`Failed to retrieve template data: Invalid URL scheme: ${type}`);
        validate(parseTemplate(text), stack, depth + 1);
      } else if (!handlers[type]) throw invalid(`The Resource Type (${inner}) could not be found.`);
    }
    checkCycles(template);
  }

  function checkCycles(template: Template): void {
    const state = new Map<string, 1 | 2>();
    const visit = (name: string, way: string[]): void => {
      if (state.get(name) === 2) return;
      if (state.get(name) === 1)
        throw new Fault(
          400,
          "CircularDependencyException",
          `Circular Dependency Found: ${[...way, name].join(" -> ")}`,
        );
      state.set(name, 1);
      const one = template.resources[name];
      if (one) for (const other of requirementsOf(one)) visit(other, [...way, name]);
      state.set(name, 2);
    };
    for (const name of Object.keys(template.resources)) visit(name, []);
  }

  const deadlineFor = (name: string, minutes: number | null): number | null => {
    if (asksFor("waitTimeout", name)) return core.after(Math.min((minutes ?? 60) * 60, 330));
    return core.now() + (minutes ?? 60) * 60_000;
  };

  function start(
    wish: StackWish,
    owner: { projectId: string; userId: string; userName: string },
    parent?: { stack: Stack; row: Resource },
  ): Stack {
    const template = parseTemplate(wish.template);
    if (!parent) validate(template, wish);
    const parameters = readParameters(template, wish.parameters, true);
    const id = uuid();
    const body = z.record(z.string(), z.unknown()).parse(template);
    const stack = state.stacks.save({
      id,
      name: wish.name,
      ...owner,
      description: template.description ?? "",
      parentStackId: parent?.stack.id ?? null,
      parentResourceId: parent?.row.id ?? null,
      rootId: parent?.stack.rootId ?? id,
      depth: parent ? parent.stack.depth + 1 : 0,
      template: body,
      files: wish.files,
      parameters,
      registry: wish.registry,
      tags: wish.tags,
      action: "CREATE",
      status: "IN_PROGRESS",
      reason: "Stack CREATE started",
      failure: null,
      timeoutMins: wish.timeoutMins,
      disableRollback: wish.disableRollback,
      createdAt: core.now(),
      updatedAt: null,
      deletedAt: null,
      deadline: deadlineFor(wish.name, wish.timeoutMins),
      traversal: 1,
    });
    setStack(stack, "CREATE", "IN_PROGRESS", "Stack CREATE started");
    for (const [name, one] of wanted(stack)) newRow(stack, name, one);
    core.wake();
    return stack;
  }

  function newRow(stack: Stack, name: string, one: Definition): Resource {
    const row = state.resources.save({
      id: uuid(),
      stackId: stack.id,
      name,
      type: one.type,
      action: "INIT",
      status: "COMPLETE",
      reason: "",
      failure: null,
      physicalId: null,
      createdAt: core.now(),
      updatedAt: core.now(),
      traversal: 0,
      doomed: false,
      requires: requirementsOf(one),
      properties: {},
      data: {},
      dueAt: null,
      startedAt: null,
    });
    index(row);
    return row;
  }

  function change(stack: Stack, wish: StackChange): void {
    const template = wish.template === undefined ? templateOf(stack) : parseTemplate(wish.template);
    const files = wish.existing ? { ...stack.files, ...wish.files } : (wish.files ?? {});
    const registry = wish.existing ? { ...stack.registry, ...wish.registry } : (wish.registry ?? {});
    const cleared = new Set(wish.clearParameters ?? []);
    const kept = wish.existing
      ? Object.fromEntries(
          Object.entries(stack.parameters).filter(([name]) => !cleared.has(name) && name in template.parameters),
        )
      : {};
    if (!stack.parentStackId) validate(template, { files, registry });
    const parameters = readParameters(template, { ...kept, ...wish.parameters }, !wish.existing);
    state.stacks.change(stack, {
      template: wish.template === undefined ? stack.template : z.record(z.string(), z.unknown()).parse(template),
      description: template.description ?? "",
      files,
      registry,
      parameters: Object.fromEntries(Object.entries(parameters).filter(([name]) => name in template.parameters)),
      ...(wish.tags === undefined ? {} : { tags: wish.tags }),
      ...(wish.timeoutMins === undefined ? {} : { timeoutMins: wish.timeoutMins }),
      ...(wish.disableRollback === undefined ? {} : { disableRollback: wish.disableRollback }),
      updatedAt: core.now(),
      deadline: deadlineFor(stack.name, wish.timeoutMins ?? stack.timeoutMins),
      traversal: stack.traversal + 1,
    });
    setStack(stack, "UPDATE", "IN_PROGRESS", "Stack UPDATE started");
    const names = wanted(stack);
    for (const row of rowsOf(stack.id)) if (!names.has(row.name)) doom(row);
    for (const [name, one] of names) {
      const row = current(stack.id, name);
      if (!row) newRow(stack, name, one);
      else if (row.type !== one.type) {
        doom(row);
        newRow(stack, name, one);
      } else state.resources.change(row, { requires: requirementsOf(one) });
    }
    core.wake();
  }
  function doom(row: Resource): void {
    if (!row.doomed) state.resources.change(row, { doomed: true });
  }

  function remove(stack: Stack): void {
    if (stack.action === "DELETE" && stack.status !== "FAILED") return;
    state.stacks.change(stack, { traversal: stack.traversal + 1, updatedAt: core.now(), deadline: null });
    setStack(stack, "DELETE", "IN_PROGRESS", "Stack DELETE started");
    for (const row of rowsOf(stack.id)) doom(row);
    core.wake();
  }

  // --- progress ----------------------------------------------------------------------------------------------------

  function fail(stack: Stack, row: Resource, action: Action, error: unknown): void {
    const cause = failureOf(resolveType(stack, row.type), error);
    const inGroup = stack.parentResourceId !== null && state.resources.get(stack.parentResourceId)?.type === groupType;
    const own = inGroup ? `resources[${row.name}]` : `resources.${row.name}`;
    const path = cause.path === "" ? own : `${own}.${cause.path}`;
    const failure = { kind: cause.kind, path, message: cause.message };
    setRow(stack, row, action, "FAILED", `${failure.kind}: ${path}: ${failure.message}`, failure);
    state.resources.change(row, { traversal: stack.traversal });
    if (stack.status === "IN_PROGRESS")
      setStack(stack, stack.action, "FAILED", `Resource ${action} failed: ${row.reason}`, failure);
  }

  /** One turn over one stack; true = something has changed. */
  function turn(stack: Stack): boolean {
    const now = core.now();
    let moved = false;
    if (stack.action === "DELETE") return stack.status === "IN_PROGRESS" && cleanUp(stack, now);
    const rows = rowsOf(stack.id).filter((row) => !row.doomed);
    const isDone = (name: string) => {
      const row = rows.find((one) => one.name === name);
      return (
        row === undefined || (row.traversal === stack.traversal && row.status === "COMPLETE" && row.action !== "INIT")
      );
    };
    if (stack.status === "IN_PROGRESS" && stack.deadline !== null && now > stack.deadline) {
      for (const row of rows)
        if (row.status === "IN_PROGRESS" && !childOf(row))
          setRow(
            stack,
            row,
            row.action,
            "FAILED",
            `${row.action} aborted (Task ${row.action.toLowerCase()} from ${row.type} "${row.name}" Stack "${stack.name}" [${stack.id}] Timed out)`,
          );
      setStack(stack, stack.action, "FAILED", "Timed out", { kind: "", path: "", message: "Timed out" });
      return true;
    }
    for (const row of rows) {
      // What had begun goes on, even in a stack that has failed meanwhile.
      if (row.status === "IN_PROGRESS") moved = follow(stack, row, now) || moved;
      if (stack.status !== "IN_PROGRESS" || row.traversal === stack.traversal) continue;
      const nested = isNestedRow(row);
      if (row.status === "IN_PROGRESS" && !nested) continue;
      if (!row.requires.every(isDone)) continue;
      begin(stack, row, now);
      moved = true;
    }
    if (
      stack.status === "IN_PROGRESS" &&
      rows.every((row) => row.traversal === stack.traversal && row.status === "COMPLETE" && row.action !== "INIT")
    )
      moved = cleanUp(stack, now) || moved;
    return moved;
  }

  function begin(stack: Stack, row: Resource, now: number): void {
    const definition = templateOf(stack).resources[row.name];
    if (!definition) return;
    const action: Action =
      row.action === "INIT" || (row.action === "CREATE" && row.status === "FAILED" && !childOf(row))
        ? "CREATE"
        : "UPDATE";
    try {
      const scope = scopeOf(stack);
      const props = z.record(z.string(), z.unknown()).parse(resolve(withoutGroupTemplate(definition), scope));
      if (isNestedRow(row)) {
        beginNested(stack, row, props, now);
        return;
      }
      const handler = handlerOf(stack, row.type);
      if (row.action === "INIT") {
        makeOne(stack, row, handler, props, now);
        return;
      }
      // What has failed is made anew, under a new id and with what it waits for as it is now.
      if (row.status === "FAILED") {
        replaceRow(stack, row, definition, now);
        return;
      }
      const before = row.properties;
      if (JSON.stringify(before) === JSON.stringify(props)) {
        state.resources.change(row, { traversal: stack.traversal });
        return;
      }
      const verdict = handler.update ? handler.update(context(stack, row), props, before) : "replace";
      if (verdict === "replace") {
        replaceRow(stack, row, definition, now);
        return;
      }
      state.resources.change(row, {
        properties: props,
        traversal: stack.traversal,
        dueAt: core.after(handler.seconds ?? 0),
        startedAt: now,
      });
      setRow(stack, row, "UPDATE", "IN_PROGRESS");
    } catch (error) {
      if (row.action === "INIT") setRow(stack, row, "CREATE", "IN_PROGRESS");
      fail(stack, row, action, error);
    }
  }
  const withoutGroupTemplate = (definition: Definition) => definition.properties;

  function replaceRow(stack: Stack, row: Resource, definition: Definition, now: number): void {
    doom(row);
    begin(stack, newRow(stack, row.name, definition), now);
  }

  function makeOne(stack: Stack, row: Resource, handler: Handler, props: Properties, now: number): void {
    state.resources.change(row, {
      properties: props,
      traversal: stack.traversal,
      startedAt: now,
      dueAt: core.after(handler.seconds ?? 0),
    });
    setRow(stack, row, "CREATE", "IN_PROGRESS");
    attempt(stack, row, handler);
  }
  /** The making itself; "not now" leaves it for the next turn. */
  function attempt(stack: Stack, row: Resource, handler: Handler): boolean {
    try {
      refuseInPassing(stack, row);
      if (handler.create(context(stack, row), row.properties) === "wait") return false;
      state.resources.save(row);
    } catch (error) {
      fail(stack, row, "CREATE", error);
    }
    return true;
  }

  /** Once for each name of a stack that people make: the same again comes up. */
  function refuseInPassing(stack: Stack, row: Resource): void {
    const met = passing.find(({ key, resource }) => resource === row.type && named(key, stack.name));
    if (!met) return;
    const id = `passing ${state.stacks.get(stack.rootId)?.name ?? stack.name}`;
    if (state.settings.get(id)) return;
    state.settings.save({ id, value: met.key });
    throw new HeatFailure("ClientException", met.sample);
  }

  function follow(stack: Stack, row: Resource, now: number): boolean {
    if (isNestedRow(row)) return followNested(stack, row);
    const handler = handlerOf(stack, row.type);
    try {
      if (row.physicalId === null && row.action === "CREATE") return attempt(stack, row, handler);
      if (row.dueAt !== null && row.dueAt > now) return false;
      if (handler.ready && !handler.ready(context(stack, row), row.properties)) return false;
      setRow(stack, row, row.action, "COMPLETE");
    } catch (error) {
      fail(stack, row, row.action, error);
    }
    return true;
  }

  // --- nested stacks -----------------------------------------------------------------------------------------------

  function nestedTemplate(
    stack: Stack,
    row: Resource,
    props: Properties,
  ): { template: unknown; parameters: Properties } {
    if (row.type !== groupType) return { template: stack.files[resolveType(stack, row.type)], parameters: props };
    const group = Group.parse(props);
    const removed = blacklist(row, group);
    state.resources.change(row, { data: { ...row.data, removed } });
    const names: string[] = [];
    for (let n = 0; names.length < group.count; n++) if (!removed.includes(String(n))) names.push(String(n));
    const resources = Object.fromEntries(
      names.map((name) => [name, deepReplace(group.resource_def, [[group.index_var, name]])]),
    );
    // As Heat adds it to each group's stack: the cluster-autoscaler reads it there.
    const refs = { value: Object.fromEntries(names.map((name) => [name, { get_resource: name }])) };
    const template = { heat_template_version: "2015-04-30", resources, outputs: { refs_map: refs } };
    return { template, parameters: {} };
  }

  /** Indexes that are never used again: those removed before, and those of the list, by index or by reference. */
  function blacklist(row: Resource, group: z.infer<typeof Group>): string[] {
    const known = group.removal_policies_mode === "update" ? [] : removedOf(row);
    const child = childOf(row);
    const asked = group.removal_policies.flatMap((policy) => {
      const listed = policy.resource_list ?? [];
      return (typeof listed === "string" ? listed.split(",") : listed).map(String);
    });
    if (!child) return known;
    const members = rowsOf(child.id).filter((one) => !one.doomed);
    const found = asked.flatMap((word) =>
      members
        .filter((one) => one.name === word || (word !== "" && reference(child, one) === word))
        .map((one) => one.name),
    );
    return [...new Set([...known, ...found])];
  }

  function beginNested(stack: Stack, row: Resource, props: Properties, now: number): void {
    const child = childOf(row);
    const { template, parameters } = nestedTemplate(stack, row, props);
    if (!child) {
      state.resources.change(row, { properties: props, traversal: stack.traversal, startedAt: now });
      setRow(stack, row, "CREATE", "IN_PROGRESS");
      const made = start(
        {
          name: `${stack.name}-${row.name}-${randomWord(12)}`,
          template,
          files: stack.files,
          parameters,
          registry: stack.registry,
          tags: [],
          timeoutMins: stack.timeoutMins,
          disableRollback: true,
        },
        { projectId: stack.projectId, userId: stack.userId, userName: stack.userName },
        { stack, row },
      );
      state.resources.change(row, { physicalId: made.id });
      return;
    }
    const same =
      child.status === "COMPLETE" &&
      row.status === "COMPLETE" &&
      JSON.stringify(row.properties) === JSON.stringify(props) &&
      (row.type !== groupType
        ? child.files[resolveType(stack, row.type)] === stack.files[resolveType(stack, row.type)]
        : sameFiles(stack, child));
    state.resources.change(row, { properties: props, traversal: stack.traversal, startedAt: now });
    if (same) return;
    setRow(stack, row, "UPDATE", "IN_PROGRESS");
    change(child, { template, files: stack.files, parameters, registry: stack.registry, existing: false });
  }
  const sameFiles = (stack: Stack, child: Stack) => JSON.stringify(stack.files) === JSON.stringify(child.files);

  function followNested(stack: Stack, row: Resource): boolean {
    const child = childOf(row);
    if (!child || child.status === "IN_PROGRESS") return false;
    if (child.status === "COMPLETE") setRow(stack, row, row.action, "COMPLETE");
    else {
      const { kind, path, message } = child.failure ?? { kind: "ResourceFailure", path: "", message: child.reason };
      fail(stack, row, row.action, new HeatFailure(kind === "" ? "ResourceFailure" : kind, message, path));
    }
    return true;
  }

  // --- deleting ----------------------------------------------------------------------------------------------------

  /** Deletes what is doomed, what others need last; then the stack is complete. */
  function cleanUp(stack: Stack, now: number): boolean {
    const all = rowsOf(stack.id);
    const doomed = all.filter((row) => row.doomed);
    if (doomed.length === 0) {
      finish(stack, now);
      return true;
    }
    let moved = false;
    for (const row of doomed) {
      const needed = doomed.some(
        (other) => other !== row && other.requires.includes(row.name) && other.name !== row.name,
      );
      if (needed) continue;
      moved = removeRow(stack, row, now) || moved;
      if (stack.status !== "IN_PROGRESS") break;
    }
    return moved;
  }

  function removeRow(stack: Stack, row: Resource, now: number): boolean {
    const drop = () => {
      row.action = "DELETE";
      event(stack, row.name, row.type, row.physicalId, "DELETE_COMPLETE", "state changed");
      state.resources.remove(row.id);
      byStack.get(stack.id)?.delete(row.id);
      return true;
    };
    const isNestedOne = isNested(stack, row.type);
    const child = childOf(row);
    if (row.action === "INIT" || (isNestedOne && !child)) return drop();
    const fresh = row.action !== "DELETE" || row.status === "FAILED";
    if (fresh && row.action === "DELETE" && row.traversal === stack.traversal) return false;
    try {
      if (isNestedOne && child) {
        if (fresh) {
          state.resources.change(row, { traversal: stack.traversal });
          setRow(stack, row, "DELETE", "IN_PROGRESS");
          remove(child);
          return true;
        }
        if (child.status === "FAILED") {
          const { kind, path, message } = child.failure ?? { kind: "ResourceFailure", path: "", message: child.reason };
          throw new HeatFailure(kind, message, path);
        }
        return child.status === "COMPLETE" ? drop() : false;
      }
      const handler = handlerOf(stack, row.type);
      const ctx = context(stack, row);
      if (fresh) {
        state.resources.change(row, {
          traversal: stack.traversal,
          dueAt: core.after((handler.seconds ?? 0) / 2),
          startedAt: null,
        });
        setRow(stack, row, "DELETE", "IN_PROGRESS");
      }
      if (row.physicalId === null) return drop();
      if (row.startedAt === null) {
        if (handler.remove?.(ctx) === "wait") return fresh;
        state.resources.change(row, { startedAt: now });
      }
      if (row.dueAt !== null && row.dueAt > now) return fresh;
      if (handler.gone && !handler.gone(ctx)) return fresh;
      return drop();
    } catch (error) {
      fail(stack, row, "DELETE", error);
      return true;
    }
  }

  function finish(stack: Stack, now: number): void {
    if (stack.action !== "DELETE") {
      setStack(stack, stack.action, "COMPLETE", `Stack ${stack.action} completed successfully`);
      return;
    }
    setStack(stack, "DELETE", "COMPLETE", "Stack DELETE completed successfully");
    // Heat remembers for a while that there was one; what was in it is not needed for that.
    state.stacks.change(stack, {
      deletedAt: now,
      template: { heat_template_version: "2018-08-31", resources: {} },
      files: {},
      parameters: {},
    });
    byStack.delete(stack.id);
    if (stack.parentStackId !== null) forget(stack);
    const old = state.stacks.filter((one) => one.deletedAt !== null).slice(0, -50);
    for (const one of old) forget(one);
  }
  function forget(stack: Stack): void {
    for (const one of state.events.filter((each) => each.stackId === stack.id)) state.events.remove(one.id);
    // A parent that still watches its child needs to see that it is gone.
    if (stack.parentStackId === null) state.stacks.remove(stack.id);
  }

  /** All stacks, inner ones first, until nothing moves; when to look again. */
  function advance(now: number): number | null {
    const busy = () =>
      state.stacks
        .filter(
          (one) =>
            one.deletedAt === null &&
            (one.status === "IN_PROGRESS" || rowsOf(one.id).some((row) => row.status === "IN_PROGRESS")),
        )
        .toSorted((a, b) => b.depth - a.depth);
    for (let round = 0; round < 200; round++) {
      let moved = false;
      for (const stack of busy()) moved = turn(stack) || moved;
      if (!moved) break;
    }
    for (const stack of state.stacks.filter((one) => one.deletedAt !== null && one.parentStackId !== null))
      if (!state.resources.get(stack.parentResourceId ?? "")) state.stacks.remove(stack.id);
    let next: number | null = null;
    for (const stack of busy()) {
      next = Math.min(next ?? Infinity, core.after(1), stack.deadline ?? Infinity);
      for (const row of rowsOf(stack.id)) if (row.dueAt !== null && row.dueAt > now) next = Math.min(next, row.dueAt);
    }
    return next;
  }

  function signal(stack: Stack, row: Resource, body: unknown): void {
    const Body = z.object({
      status: z.string().default("SUCCESS"),
      reason: z.coerce.string().optional(),
      id: z.coerce.string().optional(),
      data: z.unknown().optional(),
    });
    const given = Body.safeParse(typeof body === "object" && body !== null ? body : {});
    if (!given.success)
      throw new Fault(400, "ResourceFailure", `Error: resources.${row.name}: Metadata format invalid`);
    const { status, reason, id, data } = given.data;
    if (!["SUCCESS", "FAILURE"].includes(status))
      throw new Fault(400, "ResourceFailure", `Error: resources.${row.name}: Invalid status ${status}`);
    const signals = z.record(z.string(), z.unknown()).catch({}).parse(row.data["signals"]);
    const key = id ?? String(Object.keys(signals).length + 1);
    const why = reason ?? `Signal ${key} received`;
    state.resources.change(row, {
      data: { ...row.data, signals: { ...signals, [key]: { status, reason: why, data: data ?? null } } },
    });
    event(stack, row.name, row.type, row.physicalId, "SIGNAL_COMPLETE", `Signal: status:${status} reason:${why}`);
    core.wake();
  }

  return {
    start,
    change,
    remove,
    advance,
    outputs,
    rowsOf,
    childOf,
    signal,
    templateOf,
    attribute,
    validate,
    scopeOf,
    isNestedRow,
  };
}
