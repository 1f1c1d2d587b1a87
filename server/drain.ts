// Ends a listener so that nobody who uses it is cut off. Whoever asks during its last moments is answered and told not to
// come again on this connection; what is being answered is answered to its end.
import type { IncomingMessage, Server, ServerResponse } from "node:http";

export interface Drain {
  /**
   * Goes on listening for `noticeMs`, in which whoever sends requests here can notice that it ends; then takes no more, and
   * ends when all answers are given, or by force after `graceMs`. Live streams end at once: browsers open them anew.
   */
  end(noticeMs: number, graceMs?: number): Promise<void>;
}

/** To be called before the server has answered anything. */
export function drainOf(server: Server): Drain {
  /** Each with whether it is a live stream. */
  const open = new Map<ServerResponse, boolean>();
  let ending = false;
  const isLast = (response: ServerResponse) => {
    // Node then says `Connection: close` by itself, if it is not too late for that.
    response.shouldKeepAlive = false;
  };
  server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
    open.set(response, request.headers.accept === "text/event-stream");
    if (ending) isLast(response);
    response.once("close", () => {
      open.delete(response);
      if (ending && !server.listening) server.closeIdleConnections();
    });
  });
  return {
    async end(noticeMs, graceMs = 10_000) {
      ending = true;
      for (const [response, isStream] of open) {
        isLast(response);
        if (isStream) response.end();
      }
      const { promise: noticed, resolve: go } = Promise.withResolvers<void>();
      setTimeout(go, noticeMs);
      await noticed;
      if (!server.listening) return;
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      const force = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(force);
    },
  };
}
