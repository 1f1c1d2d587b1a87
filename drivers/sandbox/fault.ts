// Refusals in each service's own words and shape.

export type Service =
  "identity" | "compute" | "network" | "image" | "volume" | "orchestration" | "load-balancer" | "key-manager";

const titles: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  413: "Request Entity Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

const novaWords: Record<number, string> = {
  400: "badRequest",
  401: "unauthorized",
  403: "forbidden",
  404: "itemNotFound",
  409: "conflictingRequest",
  413: "overLimit",
  500: "computeFault",
  503: "serviceUnavailable",
};

/** Thrown by a handler; becomes the service's answer. `type` is the exception's name upstream. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly status: number;
  readonly type: string;

  constructor(status: number, message: string, type = "") {
    super(message);
    this.status = status;
    this.type = type;
  }
}

export const notFound = (message: string, type = "NotFound") => new Fault(404, message, type);
export const badRequest = (message: string, type = "BadRequest") => new Fault(400, message, type);
export const conflict = (message: string, type = "Conflict") => new Fault(409, message, type);

/** Body and content type of a refusal, as the real service writes it. */
export function faultBody(service: Service, { status, message, type }: Fault): { type: string; body: unknown } {
  const title = titles[status] ?? "Error";
  const json = "application/json";
  switch (service) {
    case "identity":
      return { type: json, body: { error: { code: status, title, message } } };
    case "compute":
    case "volume":
      return { type: json, body: { [novaWords[status] ?? "computeFault"]: { code: status, message } } };
    case "network":
      return { type: json, body: { NeutronError: { type: type || title.replaceAll(" ", ""), message, detail: "" } } };
    case "image":
      return {
        type: "text/html; charset=UTF-8",
        body: `<html>\n <head>\n  <title>${status} ${title}</title>\n </head>\n <body>\n  <h1>${status} ${title}</h1>\n  ${message}<br /><br />\n\n\n\n </body>\n</html>`,
      };
    case "orchestration":
      return {
        type: json,
        body: {
          code: status,
          title,
          explanation:
            status === 404
              ? "The resource could not be found."
              : status === 409
                ? "There was a conflict when trying to complete your request."
                : "The server could not comply with the request since it is either malformed or otherwise incorrect.",
          error: { type: type || "HTTPError", traceback: null, message },
        },
      };
    case "load-balancer":
      return {
        type: json,
        body: { faultcode: status >= 500 ? "Server" : "Client", faultstring: message, debuginfo: null },
      };
    case "key-manager":
      return { type: json, body: { code: status, title, description: message } };
  }
}
