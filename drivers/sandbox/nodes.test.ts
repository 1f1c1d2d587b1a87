import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { renderIgnition } from "../heat/ignition.ts";
import { aDesired } from "../heat/testing/desired.ts";
import { heatEnvPath, nodeEnvPath, renderNodeEnv } from "../kubernetes/node-env.ts";
import type { NodeValues } from "../kubernetes/node-env.ts";
import { openNodes } from "./nodes.ts";
import { kubeWorld } from "./testing/kube-world.ts";

/** A worker in a sandbox of its own, with a Heat that notes signals and a cloud that answers with `status`. */
async function aNode(name: string, port: number, values: NodeValues) {
  const world = kubeWorld("127.0.21.6", port, name);
  const signals: string[] = [];
  const cloud = { status: 200, asked: 0 };
  const heat = createServer((request, response) => {
    void request.toArray().then((parts) => {
      if (request.url === "/signal")
        signals.push(Buffer.concat(z.array(z.instanceof(Buffer)).parse(parts)).toString("utf8"));
      else cloud.asked++;
      response.writeHead(request.url === "/signal" ? 200 : cloud.status).end("away");
    });
  });
  await new Promise<void>((resolve) => heat.listen(0, "127.0.0.1", resolve));
  const at = `http://127.0.0.1:${z.object({ port: z.number() }).parse(heat.address()).port}`;
  const ca = world.authority();
  await world.master("m-0", "10.0.0.10", ca.pem, ca);
  const server = world.server(`${name}-w-0`, "10.0.0.20");
  const node = renderNodeEnv({ CLUSTER_UUID: aDesired().key.id, ROLE: "worker", API_URL: at, ...values });
  const own = renderNodeEnv({ NODE_NAME: "w-0", SIGNAL_URL: `${at}/signal` });
  const userData = renderIgnition(
    [
      { path: nodeEnvPath, mode: 0o600, content: node },
      { path: heatEnvPath, mode: 0o600, content: own },
    ],
    [],
  );
  world.core.state.servers.change(server, { userData: Buffer.from(userData).toString("base64") });
  const nodes = openNodes(world.core, world.kubernetes);
  return {
    cloud,
    signals,
    /** Minutes that pass at once. */
    pass(minutes: number) {
      const before = world.core.now;
      world.core.now = () => before() + minutes * 60_000;
    },
    async until(isSo: () => boolean) {
      while (!isSo()) {
        nodes.advance(world.core.now());
        await delay(5);
      }
    },
    async close() {
      await nodes.close();
      heat.closeAllConnections();
      await new Promise((resolve) => heat.close(resolve));
      await world.close();
    },
  };
}

test("upgrade-failure: a node of another version than the cluster's own reports what it could not fetch", async () => {
  const node = await aNode("upgrade-failure", 21106, { KUBE_TAG: "v1.32.0" });
  try {
    await node.until(() => node.signals.length > 0);
    expect(JSON.parse(node.signals[0] ?? "")).toMatchObject({
      status: "FAILURE",
      reason: expect.stringMatching(/^phase runtime: could not download .*v1\.32\.0.*404$/),
    });
  } finally {
    await node.close();
  }
});

test("a node waits for what is away as long as the cluster's time allows, and then says what it was", async () => {
  const node = await aNode("patient", 21107, { KUBE_TAG: "v1.32.0", TIME_SECONDS: "3300" });
  const askedAgain = () => {
    const before = node.cloud.asked;
    return () => node.cloud.asked > before || node.signals.length > 0;
  };
  try {
    node.cloud.status = 503;
    await node.until(askedAgain());
    node.pass(50);
    await node.until(askedAgain());
    await node.until(askedAgain());
    expect(node.signals).toEqual([]);
    node.pass(10);
    await node.until(() => node.signals.length > 0);
    expect(JSON.parse(node.signals[0] ?? "")).toMatchObject({
      status: "FAILURE",
      reason: expect.stringMatching(/^phase identity: POST .* answered 503: away$/),
    });
  } finally {
    await node.close();
  }
});
