// A real HTTP server on a free port of this machine, for tests of what goes over the wire.
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Server as SecureServer } from "node:https";
import { z } from "zod";

export interface SeenRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** The same number for requests over the same connection. */
  socket: number;
}

export type Respond = (request: SeenRequest, response: ServerResponse) => void;

export interface LocalServer {
  url: string;
  seen: SeenRequest[];
  close(): Promise<void>;
}

/** `scheme` and `make` are for TLS. */
export async function serve(
  respond: Respond,
  scheme = "http",
  make: (listener: RequestListener) => Server | SecureServer = createServer,
): Promise<LocalServer> {
  const seen: SeenRequest[] = [];
  const sockets = new Map<unknown, number>();
  const server = make((message, response) => {
    void take(message).then((body) => {
      if (!sockets.has(message.socket)) sockets.set(message.socket, sockets.size);
      const { method = "", url = "", headers } = message;
      const request = { method, url, headers, body, socket: sockets.get(message.socket) ?? -1 };
      seen.push(request);
      respond(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function take(message: IncomingMessage): Promise<string> {
  const chunks: string[] = [];
  message.setEncoding("utf8");
  message.on("data", (chunk: string) => chunks.push(chunk));
  await new Promise((resolve) => message.on("end", resolve));
  return chunks.join("");
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}
