// A process that is told to end cuts nobody off.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, createServer, get, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, vi } from "vitest";
import { freePort } from "../e2e/lifecycle/product.ts";
import { drainOf } from "./drain.ts";

const ask = (port: number, agent: Agent | false, path = "/", headers = {}) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent, headers }, resolve).on("error", reject);
  });

it("what is being answered is answered to its end, and a live stream ends at once", async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const server = createServer((incoming, response) => {
    if (incoming.url === "/stream") {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
      return;
    }
    arrive();
    void released.then(() => response.end("all of it"));
  });
  const drain = drainOf(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const stream = await ask(port, agent, "/stream", { accept: "text/event-stream" });
  const slow = ask(port, agent);
  await arrived;
  const ended = drain.end(0);
  expect(await text(stream)).toBe("data: 1\n\n");
  release();
  const answer = await slow;
  expect(answer.headers.connection).toBe("close");
  expect(await text(answer)).toBe("all of it");
  await ended;
  agent.destroy();
});

it("20 clients that keep their connections are answered until they are told to go; /readyz says first that it ends", async () => {
  const folder = mkdtempSync(join(tmpdir(), "jeroboam-drain-"));
  const port = await freePort();
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "server/main.ts", "api"], {
    env: {
      NODE_ENV: "test",
      PATH: process.env["PATH"],
      DATABASE_URL: `file:${join(folder, "x.db")}`,
      API_PORT: String(port),
      SANDBOX_PORT: "1",
      LOG_LEVEL: "silent",
    },
    stdio: "ignore",
  });
  const exited = once(child, "exit");
  try {
    await vi.waitFor(() => ask(port, false, "/v1"), { timeout: 50_000, interval: 100 });
    const agents = Array.from({ length: 20 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    const errors: string[] = [];
    let answers = 0;
    const clients = agents.map(async (agent) => {
      try {
        for (;;) {
          const answer = await ask(port, agent, "/v1");
          await text(answer);
          answers++;
          if (answer.headers.connection === "close") return;
        }
      } catch (error) {
        errors.push(String(error));
      }
    });
    await vi.waitFor(() => expect(answers).toBeGreaterThan(200), { timeout: 20_000, interval: 20 });
    // Idle since before the signal: asked again after it, it is answered as well.
    const idle = new Agent({ keepAlive: true, maxSockets: 1 });
    await text(await ask(port, idle, "/v1"));
    child.kill("SIGTERM");
    const { promise: told, resolve } = Promise.withResolvers<IncomingMessage>();
    await Promise.all(clients);
    request({ host: "127.0.0.1", port, path: "/readyz", agent: idle }, resolve).end();
    const readiness = await told;
    expect([readiness.statusCode, JSON.parse(await text(readiness)), readiness.headers.connection]).toEqual([
      503,
      { status: "stopping", checks: {} },
      "close",
    ]);
    expect(errors).toEqual([]);
    expect(await exited).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
});
