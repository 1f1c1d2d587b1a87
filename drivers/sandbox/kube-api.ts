import type { IncomingMessage, ServerResponse } from "node:http";
import type { Core } from "./core.ts";
import type { Kubernetes } from "./model.ts";
export async function answerKubernetes(_core: Core, row: Kubernetes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.end(request.url === "/version" ? JSON.stringify({ gitVersion: row.version }) : "ok");
}
