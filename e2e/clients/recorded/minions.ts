// How cluster-autoscaler's Magnum provider finds the servers of a node group: by the Heat stack that we name for it.
import { z } from "zod";
import type { Session } from "../../openstack/session.ts";
import { heatOf } from "./caller.ts";

const Stack = z.object({
  stack: z.looseObject({
    id: z.string(),
    stack_name: z.string(),
    outputs: z.array(z.looseObject({ output_key: z.string(), output_value: z.unknown() })).optional(),
  }),
});
const Resource = z.looseObject({
  resource_name: z.string(),
  resource_status: z.string(),
  physical_resource_id: z.string(),
});

/** Statuses of the members, and server ids by their index, as the provider works them out. */
export async function minionsOf(
  session: Session,
  stackId: string,
): Promise<{ statuses: string[]; refsMap: Record<string, string> }> {
  const heat = heatOf(session);
  const { stack } = await heat.get(`/stacks/${stackId}`, Stack);
  const minions = await heat.get(
    `/stacks/${stack.stack_name}/${stackId}/resources/kube_minions`,
    z.object({ resource: Resource }),
  );
  const nested = (await heat.get(`/stacks/${minions.resource.physical_resource_id}`, Stack)).stack;
  const at = `/stacks/${nested.stack_name}/${nested.id}`;
  const { resources } = await heat.get(`${at}/resources`, z.object({ resources: z.array(Resource) }));
  const { outputs = [] } = (await heat.get(at, Stack)).stack;
  const refs = outputs.find(({ output_key: key }) => key === "refs_map")?.output_value;
  return {
    statuses: resources.map(({ resource_status: status }) => status),
    refsMap: z.record(z.string(), z.string()).parse(refs),
  };
}
