// The sandbox cloud: a simulated OpenStack over HTTP, all services on one port by path.
import type { AddressInfo } from "node:net";
import { addHeat } from "./heat/routes.ts";
import { openEngine } from "./heat/engine.ts";
import { buildApp } from "./http.ts";
import { addKeystone, pruneTokens } from "./keystone.ts";
import { addNeutron } from "./neutron.ts";
import { openNodes } from "./nodes.ts";
import { addNova, settleServer } from "./nova.ts";
import { addOctavia } from "./octavia.ts";
import { seed } from "./seed.ts";
import { addBarbican, addCinder, addGlance } from "./storage.ts";
import { openWorld, type Options } from "./world.ts";

export interface Sandbox {
  /** Without a path: `http://127.0.0.1:15000`. */
  url: string;
  close(): Promise<void>;
}

/** Seeds the world on first use, goes on with what was under way, and listens. */
export async function startSandbox(options: Options): Promise<Sandbox> {
  const world = openWorld(options);
  seed(world);
  const engine = openEngine(world);
  const nodes = openNodes(world);
  const app = buildApp();
  for (const add of [addKeystone, addNova, addNeutron, addGlance, addCinder, addOctavia, addBarbican]) add(app, world);
  addHeat(app, world, engine);
  app.get("/healthz", async () => ({ status: "ok" }));
  const host = options.host ?? "127.0.0.1";
  await app.listen({ host, port: options.port });
  world.url = `http://${host}:${(app.server.address() as AddressInfo).port}`;

  // Whatever became active since the last look boots.
  const boot = () => {
    for (const server of world.servers.all()) if (server.status === "ACTIVE") nodes.boot(server);
    world.after(Math.max(1, world.options.speed * 0.2), boot);
  };
  for (const server of world.servers.all())
    if (server.status === "BUILD") settleServer(world, server.id, () => undefined);
  engine.resume();
  nodes.resume();
  boot();
  const prune = () => {
    pruneTokens(world);
    world.after(600 * world.options.speed, prune);
  };
  prune();

  return {
    url: world.url,
    async close() {
      await nodes.close();
      world.stop();
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
