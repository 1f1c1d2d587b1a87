import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { renderIgnition } from "../heat/ignition.ts";
import { aDesired } from "../heat/testing/desired.ts";
import { heatEnvPath, nodeEnvPath, renderNodeEnv } from "../kubernetes/node-env.ts";
import { openNodes } from "./nodes.ts";
import { kubeWorld } from "./testing/kube-world.ts";

test("upgrade-failure: a node of another version than the cluster's own reports what it could not fetch", async () => {
  const world = kubeWorld("127.0.21.6", 21106, "upgrade-failure");
  const signals: string[] = [];
  const heat = createServer((request, response) => {
    void request.toArray().then((parts) => {
      signals.push(Buffer.concat(z.array(z.instanceof(Buffer)).parse(parts)).toString("utf8"));
      response.end();
    });
  });
  await new Promise<void>((resolve) => heat.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.number() }).parse(heat.address());
  const ca = world.authority();
  await world.master("m-0", "10.0.0.10", ca.pem, ca);
  const server = world.server("upgrade-failure-w-0", "10.0.0.20");
  const node = renderNodeEnv({ CLUSTER_UUID: aDesired().key.id, ROLE: "worker", KUBE_TAG: "v1.32.0" });
  const own = renderNodeEnv({ NODE_NAME: "w-0", SIGNAL_URL: `http://127.0.0.1:${port}/` });
  const userData = renderIgnition(
    [
      { path: nodeEnvPath, mode: 0o600, content: node },
      { path: heatEnvPath, mode: 0o600, content: own },
    ],
    [],
  );
  world.core.state.servers.change(server, { userData: Buffer.from(userData).toString("base64") });
  const nodes = openNodes(world.core, world.kubernetes);
  try {
    while (signals.length === 0) {
      nodes.advance(Date.now());
      await delay(5);
    }
    expect(JSON.parse(signals[0] ?? "")).toMatchObject({
      status: "FAILURE",
      reason: expect.stringMatching(/^phase runtime: could not download .*v1\.32\.0.*404$/),
    });
  } finally {
    await nodes.close();
    heat.closeAllConnections();
    await new Promise((resolve) => heat.close(resolve));
    await world.close();
  }
});
