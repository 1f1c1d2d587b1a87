// The console's procedures as data: name, kind, what they are asked with.
import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { z } from "zod";
import { appRouter } from "../../server/trpc/root.ts";

export interface Procedure {
  name: string;
  type: string;
  /** All parts of its input. */
  shape: Readonly<Record<string, unknown>>;
}

const Described = z.object({
  type: z.string(),
  inputs: z.array(z.custom<z.ZodObject>((each) => each instanceof z.ZodObject)),
});
const Declared = z.record(
  z.string(),
  z.custom<{ _def: unknown }>((each) => typeof each === "function"),
);

export const procedures: readonly Procedure[] = Object.entries(Declared.parse(appRouter._def.procedures)).map(
  ([name, procedure]) => {
    const { type, inputs } = Described.parse(procedure._def);
    return { name, type, shape: Object.fromEntries(inputs.flatMap(({ shape }) => Object.entries(shape))) };
  },
);

/** Answers the status that HTTP would have, and what was thrown where it is no refusal. */
export async function ask(caller: object, name: string, input: unknown): Promise<{ status: number; error: string }> {
  const procedure: unknown = name
    .split(".")
    .reduce<unknown>((at, part) => (isThing(at) ? Reflect.get(at, part) : undefined), caller);
  if (typeof procedure !== "function") throw new Error(`there is no procedure ${name}`);
  try {
    await Reflect.apply(procedure, undefined, [input]);
    return { status: 200, error: "" };
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error;
    return { status: getHTTPStatusCodeFromError(error), error: String(error.cause?.stack ?? error.stack) };
  }
}

const isThing = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";
