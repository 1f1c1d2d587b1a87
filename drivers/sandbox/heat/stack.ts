// Stacks and their resources as rows, and what a template's text means in one of them.
import { z } from "zod";
import { resolveHot } from "../../heat/hot.ts";
import { badRequest } from "../fault.ts";
import type { Collection } from "../store.ts";
import type { World } from "../world.ts";

export type Action = "CREATE" | "UPDATE" | "DELETE";
export type State = "IN_PROGRESS" | "COMPLETE" | "FAILED";

/** Why something failed, as Heat puts it together: `Class: resources.group.resources[0].resources.server: message`. */
export interface Failure {
  cls: string;
  /** Path below the thing that reports it; empty for its own. */
  path: string;
  message: string;
}

export interface Resource {
  name: string;
  type: string;
  action: Action | "INIT";
  state: State;
  reason: string;
  failure: Failure | null;
  physicalId: string | null;
  updatedAt: string;
  /** Properties as they were resolved when it was made. */
  properties: Record<string, unknown>;
  requires: string[];
  /** The round of the stack in which it was last brought up to date. */
  round: number;
  /** What the type remembers: skip list of a group, signals of a handle. */
  data: Record<string, unknown>;
}

export interface Stack {
  id: string;
  name: string;
  projectId: string;
  userId: string;
  template: Template;
  files: Record<string, string>;
  parameters: Record<string, unknown>;
  tags: string[];
  action: Action;
  state: State;
  reason: string;
  failure: Failure | null;
  round: number;
  timeoutMinutes: number | null;
  disableRollback: boolean;
  parent: { stackId: string; resource: string } | null;
  resources: Record<string, Resource>;
  createdAt: string;
  updatedAt: string | null;
  /** Requests that were refused on purpose so far (scenario of a Heat outage, blocked deletion). */
  provoked: number;
}

export interface StackEvent {
  id: string;
  stackId: string;
  at: string;
  resource: string;
  physicalId: string;
  status: string;
  reason: string;
}

const Definition = z.looseObject({
  type: z.string(),
  properties: z.record(z.string(), z.unknown()).default({}),
  depends_on: z.union([z.string(), z.array(z.string())]).default([]),
});
export const Template = z.looseObject({
  heat_template_version: z.string(),
  description: z.string().default("No description"),
  parameters: z
    .record(
      z.string(),
      z.looseObject({
        type: z.string().default("string"),
        default: z.unknown().optional(),
        hidden: z.boolean().default(false),
        description: z.string().default(""),
      }),
    )
    .default({}),
  resources: z.record(z.string(), Definition).default({}),
  outputs: z.record(z.string(), z.looseObject({ value: z.unknown(), description: z.string().default("") })).default({}),
});
export type Template = z.infer<typeof Template>;

export function readTemplate(value: unknown): Template {
  const parsed = Template.safeParse(typeof value === "string" ? JSON.parse(value) : value);
  if (parsed.success) return parsed.data;
  throw badRequest(
    `Template format error: ${parsed.error.issues[0]?.path.join(".") ?? ""} ${parsed.error.issues[0]?.message ?? ""}`,
    "InvalidTemplate",
  );
}

/** Values of parameters as the template sees them. Throws for one that is missing or of another type. */
export function parameterValues(
  stack: Pick<Stack, "template" | "parameters" | "id" | "name" | "projectId">,
): Record<string, unknown> {
  const values: Record<string, unknown> = {
    "OS::stack_id": stack.id,
    "OS::stack_name": stack.name,
    "OS::project_id": stack.projectId,
  };
  for (const [name, schema] of Object.entries(stack.template.parameters)) {
    const given = stack.parameters[name] ?? schema.default;
    if (given === undefined || given === null)
      throw badRequest(`The Parameter (${name}) was not provided.`, "UserParameterMissing");
    if (schema.type === "number") {
      const number = Number(given);
      if (given === "" || Number.isNaN(number))
        throw badRequest(
          `Parameter '${name}' is invalid: could not convert string to float: '${String(given)}'`,
          "StackValidationFailed",
        );
      values[name] = number;
    } else if (schema.type === "comma_delimited_list")
      values[name] = Array.isArray(given)
        ? given
        : String(given) === ""
          ? []
          : String(given)
              .split(",")
              .map((item) => item.trim());
    else if (schema.type === "boolean")
      values[name] = ["true", "1", "t", "on", "y", "yes"].includes(String(given).toLowerCase());
    else
      values[name] =
        schema.type === "json" && typeof given === "string"
          ? JSON.parse(given)
          : schema.type === "json"
            ? given
            : String(given);
  }
  return values;
}

/** Names of resources of the template that a value refers to. */
export function references(value: unknown, names: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(walk);
    else if (typeof node === "object" && node !== null)
      for (const [key, item] of Object.entries(node)) {
        const name: unknown =
          key === "get_resource" ? item : key === "get_attr" && Array.isArray(item) ? item[0] : undefined;
        if (typeof name === "string" && names.has(name)) found.add(name);
        walk(item);
      }
  };
  walk(value);
  return found;
}

export function requirements(template: Template): Map<string, Set<string>> {
  const names = new Set(Object.keys(template.resources));
  return new Map(
    Object.entries(template.resources).map(([name, definition]) => {
      const needs = references(definition.properties, names);
      for (const other of [definition.depends_on].flat()) if (names.has(other)) needs.add(other);
      needs.delete(name);
      return [name, needs] as const;
    }),
  );
}

export interface Stacks {
  rows: Collection<Stack>;
  events: Collection<StackEvent>;
}

export const openStacks = (world: World): Stacks => ({
  rows: world.store.collection<Stack>("stack"),
  events: world.store.collection<StackEvent>("stack event"),
});

/** Walks further words of an attribute's path. */
export function walk(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const step of path) {
    if (Array.isArray(at)) at = at[Number(step)];
    else if (typeof at === "object" && at !== null) at = Reflect.get(at, String(step));
    else return null;
  }
  return at ?? null;
}

export function resolve(
  stack: Stack,
  value: unknown,
  attribute: (resource: Resource, path: (string | number)[]) => unknown,
  reference: (resource: Resource) => unknown,
): unknown {
  const values = parameterValues(stack);
  return resolveHot(value, {
    param: (name) => {
      if (!(name in values))
        throw badRequest(`The Parameter (${name}) was not defined in template.`, "InvalidTemplateParameter");
      return values[name];
    },
    resource: (name) => {
      const found = stack.resources[name];
      return found ? reference(found) : null;
    },
    attr: (name, path) => {
      const found = stack.resources[name];
      return found ? attribute(found, path) : null;
    },
  });
}
