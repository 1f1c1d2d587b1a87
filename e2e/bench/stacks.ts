// The sandbox's stacks, as their owner lists them.
import { z } from "zod";
import { ports } from "./product.ts";

const Catalog = z.object({
  token: z.object({
    catalog: z.array(
      z.object({ type: z.string(), endpoints: z.array(z.object({ interface: z.string(), url: z.string() })) }),
    ),
  }),
});
const Stacks = z.object({ stacks: z.array(z.object({ stack_status: z.string() })) });

let entered: Promise<{ token: string; heat: string }> | null = null;

async function enter(): Promise<{ token: string; heat: string }> {
  const domain = { name: "Default" };
  const answer = await fetch(`http://127.0.0.1:${ports.sandbox}/identity/v3/auth/tokens`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      auth: {
        identity: { methods: ["password"], password: { user: { name: "demo", domain, password: "demo" } } },
        scope: { project: { name: "demo", domain } },
      },
    }),
  });
  const { token } = Catalog.parse(await answer.json());
  const heat = token.catalog
    .find(({ type }) => type === "orchestration")
    ?.endpoints.find((endpoint) => endpoint.interface === "public")?.url;
  return { token: answer.headers.get("x-subject-token") ?? "", heat: heat ?? "" };
}

/** Words of a cluster's own stacks. */
export async function stackStates(clusterId: string): Promise<string[]> {
  const { token, heat } = await (entered ??= enter());
  const answer = await fetch(`${heat}/stacks?tags=coe-cluster-${clusterId}`, { headers: { "x-auth-token": token } });
  return Stacks.parse(await answer.json()).stacks.map((stack) => stack.stack_status);
}
