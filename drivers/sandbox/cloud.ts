// The sandbox: a simulated OpenStack in one process on one port, with its state in one file.
import Fastify from "fastify";
import { z } from "zod";
import { openBalancing } from "./balancing.ts";
import { serveBarbican } from "./barbican.ts";
import { serveCinder } from "./cinder.ts";
import type { Core, SandboxLog } from "./core.ts";
import { serveGlance } from "./glance.ts";
import { serveHeat } from "./heat/api.ts";
import { openEngine } from "./heat/engine.ts";
import { openIdentity } from "./keystone.ts";
import { openKubernetes } from "./kubernetes.ts";
import { openNetworking } from "./networking.ts";
import { serveNeutron } from "./neutron.ts";
import { openNodes } from "./nodes.ts";
import { serveNova } from "./nova.ts";
import { serveOctavia } from "./octavia.ts";
import { openServers } from "./servers.ts";
import { openState } from "./state.ts";
import { openVolumes } from "./volumes.ts";
import { seed } from "./world.ts";

export interface SandboxOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** 0 = any free one. */
  port: number;
  /** File of the cloud; undefined = it lives as long as the process. */
  statePath?: string | undefined;
  /** 1 = as slow as a real cloud; 20 = twenty times as fast. */
  speed: number;
  /** Our REST API with /v1, as catalog and nodes are told. */
  apiUrl: string;
  /** Seconds that a token lives; default 12 hours. */
  tokenSeconds?: number;
  log?: SandboxLog;
}

export interface Sandbox {
  url: string;
  close(): Promise<void>;
}

/** Starts or continues a cloud. Throws when the port is taken or the file is not one of ours. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const host = options.host ?? "127.0.0.1";
  const log = options.log ?? { info: () => {}, warn: () => {} };
  const state = openState(options.statePath);
  let url = `http://${host}:${options.port}`;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  let dueAt = Infinity;
  const look = (at: number) => {
    if (closed || at >= dueAt) return;
    if (timer) clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(advance, Math.max(0, Math.min(at - Date.now(), 60_000)));
  };
  const core: Core = {
    state,
    speed: options.speed,
    url: () => url,
    apiUrl: options.apiUrl,
    tokenLifeMs: (options.tokenSeconds ?? 12 * 3600) * 1000,
    log,
    now: () => Date.now(),
    after: (seconds) => Date.now() + (seconds * 1000) / options.speed,
    wake: () => look(Date.now()),
  };
  const identity = openIdentity(core);
  const net = openNetworking(core);
  const volumes = openVolumes(core);
  const servers = openServers(core, net, volumes);
  const balancing = openBalancing(core, net);
  if (state.fresh) seed(core, net);
  const engine = openEngine(core, { net, servers, volumes, balancing }, identity.callerOf);
  const kubernetes = openKubernetes(core);
  const nodes = openNodes(core, kubernetes);

  /** Everything that is under way moves as far as the time allows. */
  function advance(): void {
    timer = null;
    dueAt = Infinity;
    if (closed) return;
    const now = Date.now();
    const parts = [
      volumes.advance,
      servers.advance,
      balancing.advance,
      engine.advance,
      nodes.advance,
      kubernetes.advance,
    ];
    for (const part of parts) {
      try {
        const next = part(now);
        // Not in a tight circle, however fast the cloud is.
        if (next !== null) look(Math.max(next, Date.now() + 5));
      } catch (error) {
        log.warn(
          { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
          "sandbox could not go on",
        );
        look(Date.now() + 1000);
      }
    }
    for (const token of state.tokens.filter((one) => one.expiresAt < now)) state.tokens.remove(token.id);
    state.flush();
  }

  const app = Fastify({
    bodyLimit: 64 * 1024 * 1024,
    routerOptions: { ignoreTrailingSlash: true },
    forceCloseConnections: true,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/(?:json|.*\+json|openstack-images-v2\.1-json-patch)/,
    { parseAs: "string" },
    (_request, body, done) => {
      const text = body.toString();
      if (text.trim() === "") return done(null, undefined);
      try {
        done(null, JSON.parse(text));
      } catch {
        done(Object.assign(new Error("Malformed request body"), { statusCode: 400 }), undefined);
      }
    },
  );
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => {
    const bytes = z.instanceof(Buffer).parse(body);
    try {
      done(null, bytes[0] === 123 ? JSON.parse(bytes.toString("utf8")) : bytes);
    } catch {
      done(null, bytes);
    }
  });
  const { authenticate } = identity;
  const nameOf = (userId: string) => state.users.get(userId)?.name ?? "";
  identity.serve(app);
  serveNova(app, core, authenticate, servers);
  serveNeutron(app, core, authenticate, net);
  serveGlance(app, core, authenticate);
  serveCinder(app, core, authenticate, volumes);
  serveHeat(app, core, authenticate, engine, nameOf, identity.trustStands);
  serveOctavia(app, core, authenticate, balancing);
  serveBarbican(app, core, authenticate);
  app.get("/", (_request, reply) =>
    reply.send({ name: "Jeroboam sandbox cloud", identity: `${url}/identity/v3`, speed: options.speed }),
  );
  app.get("/healthz", (_request, reply) => reply.send({ status: "ok" }));

  await app.listen({ host, port: options.port });
  const address = z.object({ port: z.number() }).parse(app.server.address());
  url = `http://${host}:${address.port}`;
  core.wake();
  return {
    url,
    async close() {
      closed = true;
      if (timer) clearTimeout(timer);
      await nodes.close();
      await kubernetes.close();
      await app.close();
      state.close();
    },
  };
}
