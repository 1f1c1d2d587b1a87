// Barbican v1 over HTTP: secrets.
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Fault, seconds, uuid } from "./core.ts";
import type { Core } from "./core.ts";
import { addService, Reply, titledFault, titleOf } from "./http.ts";
import type { Authenticate, Call, FaultBody } from "./http.ts";
import type { StoredSecret } from "./model.ts";

const faults: FaultBody = (fault, core) =>
  fault.status === 401
    ? titledFault(fault, core)
    : { body: JSON.stringify({ code: fault.status, title: titleOf(fault.status), description: fault.message }) };

export function serveBarbican(app: FastifyInstance, core: Core, authenticate: Authenticate): void {
  const { state } = core;
  const headers = () => ({ "OpenStack-API-Version": "key-manager 1.0", Vary: "openstack-api-version" });
  const at = (path: string) => `${core.url()}/key-manager/v1${path}`;
  const version = () => ({
    id: "v1", status: "stable",
    links: [{ rel: "self", href: at("/") }, { rel: "describedby", type: "text/html", href: "https://docs.openstack.org/" }],
    "media-types": [{ base: "application/json", type: "application/vnd.openstack.key-manager-v1+json" }],
  }); // prettier-ignore
  addService(app, core, authenticate, { prefix: "/key-manager", faults, headers }, (routes) => {
    routes.open("GET", "/", () => new Reply(300, { versions: { values: [version()] } }));
  });
  const view = (row: StoredSecret) => ({
    created: seconds(row.createdAt).slice(0, -1), updated: seconds(row.createdAt).slice(0, -1), status: "ACTIVE", name: row.name, secret_type: row.type,
    expiration: null, algorithm: null, bit_length: null, mode: null, creator_id: row.userId,
    ...(row.contentType === null ? {} : { content_types: { default: row.contentType } }), secret_ref: at(`/secrets/${row.id}`),
  }); // prettier-ignore
  addService(app, core, authenticate, { prefix: "/key-manager/v1", faults, headers }, (routes) => {
    const may = (call: Call, action: string, roles: string[]) => {
      if (!call.caller.isAdmin && !roles.some((role) => call.caller.roles.includes(role)))
        throw new Fault(403, "Forbidden", `${action} attempt not allowed - please review your user/project privileges`);
    };
    const mine = (call: Call) => state.secrets.filter((one) => one.projectId === call.project);
    const secret = (call: Call) => {
      const found = mine(call).find((one) => one.id === call.param("id"));
      if (!found) throw new Fault(404, "NotFound", "Secret not found.");
      return found;
    };
    routes.post("/secrets", (call) => {
      may(call, "Secret creation", ["creator"]);
      const wish = call.body(z.object({
        name: z.string().nullish(), payload: z.string().optional(), payload_content_type: z.string().nullish(), payload_content_encoding: z.string().nullish(),
        secret_type: z.string().default("opaque"),
      })); // prettier-ignore
      if (wish.payload === "")
        throw new Fault(
          400,
          "BadRequest",
          "Provided object does not match schema 'Secret': If 'payload' is provided, it must be non-empty.",
        );
      const isBinary = wish.payload_content_encoding === "base64";
      const row = state.secrets.save({
        id: uuid(), name: wish.name ?? null, projectId: call.project, userId: call.caller.userId, type: wish.secret_type,
        payload: wish.payload === undefined ? "" : isBinary ? wish.payload : Buffer.from(wish.payload, "utf8").toString("base64"),
        contentType: wish.payload === undefined ? null : (wish.payload_content_type ?? "text/plain"), createdAt: core.now(),
      }); // prettier-ignore
      return new Reply(201, { secret_ref: at(`/secrets/${row.id}`) }, { Location: at(`/secrets/${row.id}`) });
    });
    routes.get("/secrets", (call) => {
      may(call, "Secret(s) retrieval", ["creator", "observer", "audit"]);
      const name = call.query("name");
      const rows = mine(call).filter((one) => name === null || one.name === name);
      const limit = Number(call.query("limit") ?? 10);
      const offset = Number(call.query("offset") ?? 0);
      const query = new URLSearchParams(call.search);
      query.set("offset", String(offset + limit));
      query.set("limit", String(limit));
      return {
        secrets: rows.slice(offset, offset + limit).map(view),
        total: rows.length,
        ...(offset + limit < rows.length ? { next: at(`/secrets?${query.toString()}`) } : {}),
      };
    });
    routes.get("/secrets/:id", (call) => view(secret(call)));
    routes.get("/secrets/:id/payload", (call) => {
      may(call, "Secret payload retrieval", ["creator", "observer"]);
      const { payload, contentType } = secret(call);
      const plain = Buffer.from(payload, "base64").toString("utf8");
      return new Reply(200, plain, { "Content-Type": contentType ?? "text/plain" });
    });
    routes.delete("/secrets/:id", (call) => {
      may(call, "Secret deletion", ["creator"]);
      state.secrets.remove(secret(call).id);
      return new Reply(204);
    });
  });
}
