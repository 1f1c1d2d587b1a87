// The console role: one listener on which Fastify answers tRPC and the health endpoints and Next answers pages.
import { randomBytes } from "node:crypto";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import Fastify from "fastify";
import next from "next";
import { drainOf } from "./drain.ts";
import { retryAfterSeconds } from "./errors.ts";
import { DomainError } from "./domain/error.ts";
import { addHealthEndpoints } from "./health-endpoints.ts";
import type { Runtime } from "./runtime.ts";
import { createContext } from "./trpc/context.ts";
import { dataHeaders, pageHeaders, transportHeaders } from "./security-headers.ts";
import { trpcPlugin } from "./trpc/plugin.ts";
import { createCaller } from "./trpc/root.ts";

/** What server components may reach: the same procedures, in process, as the holder of the request's cookie. */
export interface ConsoleBridge {
  caller(headers: { cookie: string }): Promise<ReturnType<typeof createCaller>>;
}

export const bridgeKey = Symbol.for("jeroboam.console");

const ours = /^\/(api\/trpc|healthz|readyz|metrics)([/?]|$)/;

/** Listens on HOST:PORT; resolves when pages are served. */
export async function startConsole(
  runtime: Runtime,
): Promise<{ port: number; close(noticeMs: number): Promise<void> }> {
  const { env, log } = runtime;
  const api = Fastify({
    routerOptions: { maxParamLength: 5000 },
    bodyLimit: 1 << 20,
    trustProxy: env.trustedProxies,
  });
  await api.register(fastifyTRPCPlugin, trpcPlugin(runtime));
  addHealthEndpoints(api, runtime.readiness);
  await api.ready();

  // Longer than proxies keep theirs, so that it is they who close: who is about to send would find a closed connection. As
  // Fastify's own listeners have it; Node's default is 5 s.
  const server = http.createServer({ keepAliveTimeout: 72_000 });
  const drain = drainOf(server);
  const transport = transportHeaders(env.publicUrl);
  const pages = next({
    dev: !env.production,
    hostname: env.host,
    port: env.port,
    httpServer: server,
    dir: process.cwd(),
  });
  await pages.prepare();
  const page = pages.getRequestHandler();
  const bridge: ConsoleBridge = {
    caller: async ({ cookie }) => createCaller(await createContext(runtime, { cookie })),
  };
  Object.assign(globalThis, { [bridgeKey]: bridge });

  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const isData = ours.test(request.url ?? "");
    const nonce = randomBytes(16).toString("base64");
    const headers = isData ? dataHeaders : pageHeaders({ nonce, production: env.production });
    for (const [name, header] of Object.entries({ ...headers, ...transport })) response.setHeader(name, header);
    if (isData) return api.routing(request, response);
    // Next takes the nonce for its own scripts from the request.
    request.headers["content-security-policy"] = headers["content-security-policy"];
    answerPage(request, response).catch((error: unknown) => {
      const known = error instanceof DomainError && error.reason === "database_unavailable" ? error : null;
      if (!known) log.error({ err: error, url: request.url?.split("?")[0] }, "page failed");
      if (!response.headersSent)
        response.writeHead(known ? 503 : 500, known ? { "retry-after": String(retryAfterSeconds) } : {});
      response.end(known ? `${known.message} ${known.details.remedy ?? ""}` : undefined);
    });
  });
  async function answerPage(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Next answers a page that cannot read anything with a bare 500.
    if (request.headers.accept?.includes("text/html")) await runtime.db.ping();
    await page(request, response);
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(env.port, env.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async close(noticeMs) {
      await drain.end(noticeMs);
      await api.close();
      // In development Next keeps its compiler alive for ever; the process ends hard after this.
      if (env.production) await pages.close();
    },
  };
}
