// The sandbox's stacks, as their owner lists them.
import { z } from "zod";
import { list } from "../openstack/session.ts";
import { enter, sandboxKeystone } from "../support/enter.ts";
import { ports } from "./product.ts";

const Stack = z.object({ stack_status: z.string() });

let entered: ReturnType<typeof enter> | null = null;

/** Words of a cluster's own stacks. */
export async function stackStates(clusterId: string): Promise<string[]> {
  const demo = await (entered ??= enter(sandboxKeystone(ports.sandbox), "demo"));
  const stacks = await list(demo, `${demo.at("orchestration")}/stacks?tags=coe-cluster-${clusterId}`, "stacks", Stack);
  return stacks.map((stack) => stack.stack_status);
}
