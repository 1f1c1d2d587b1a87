import type { ClientRequest } from "node:http";

const resets = new Set(["ECONNRESET", "EPIPE"]);

/**
 * A connection that was kept from an earlier request had been closed by the other side: the error says nothing of whether
 * that side answers. What may be repeated is repeated at once over a new connection, as other kept ones may be closed too.
 */
export const wasClosedMeanwhile = (request: ClientRequest, error: Error): boolean =>
  request.reusedSocket && "code" in error && typeof error.code === "string" && resets.has(error.code);
