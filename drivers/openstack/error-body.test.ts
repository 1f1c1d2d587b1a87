import { describe, expect, it } from "vitest";
import { errorKind, errorText } from "./error-body.ts";

// Bodies as the Zed services gave them, so far as they matter.
const cases: { of: string; status: number; body: string; kind: string; text: string | null }[] = [
  {
    of: "Keystone",
    status: 401,
    body: '{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}',
    kind: "unauthorized",
    text: "The request you have made requires authentication.",
  },
  {
    of: "Nova, a quota",
    status: 403,
    body: '{"forbidden": {"code": 403, "message": "Quota exceeded for instances: Requested 1, but already used 0 of 0 instances"}}',
    kind: "quota",
    text: "Quota exceeded for instances: Requested 1, but already used 0 of 0 instances",
  },
  {
    of: "Nova, another quota",
    status: 403,
    body: '{"forbidden": {"code": 403, "message": "Quota exceeded, too many server groups."}}',
    kind: "quota",
    text: "Quota exceeded, too many server groups.",
  },
  {
    of: "Nova, something missing",
    status: 404,
    body: '{"itemNotFound": {"code": 404, "message": "Flavor xx could not be found."}}',
    kind: "not_found",
    text: "Flavor xx could not be found.",
  },
  {
    of: "Neutron, a quota",
    status: 409,
    body: `{"NeutronError": {"type": "OverQuota", "message": "Quota exceeded for resources: ['network'].", "detail": ""}}`,
    kind: "quota",
    text: "Quota exceeded for resources: ['network'].",
  },
  {
    of: "Neutron, a quota in other words",
    status: 409,
    body: '{"NeutronError": {"type": "OverQuota", "message": "No more networks.", "detail": ""}}',
    kind: "quota",
    text: "No more networks.",
  },
  {
    of: "Neutron, something in use",
    status: 409,
    body: '{"NeutronError": {"type": "SubnetInUse", "message": "Unable to complete operation on subnet 1: One or more ports have an IP allocation from this subnet.", "detail": ""}}',
    kind: "conflict",
    text: "Unable to complete operation on subnet 1: One or more ports have an IP allocation from this subnet.",
  },
  {
    of: "Neutron, a refusal",
    status: 403,
    body: '{"NeutronError": {"type": "PolicyNotAuthorized", "message": "rule:update_quota is disallowed by policy", "detail": ""}}',
    kind: "forbidden",
    text: "rule:update_quota is disallowed by policy",
  },
  {
    of: "Cinder, a quota",
    status: 413,
    body: `{"overLimit": {"code": 413, "message": "VolumeLimitExceeded: Maximum number of volumes allowed (0) exceeded for quota 'volumes'.", "retryAfter": "0"}}`,
    kind: "quota",
    text: "VolumeLimitExceeded: Maximum number of volumes allowed (0) exceeded for quota 'volumes'.",
  },
  {
    of: "Heat, where the explanation says less than the error",
    status: 409,
    body: '{"code": 409, "title": "Conflict", "explanation": "There was a conflict when trying to complete your request.", "error": {"type": "StackExists", "traceback": null, "message": "The Stack (x) already exists."}}',
    kind: "conflict",
    text: "The Stack (x) already exists.",
  },
  {
    of: "Heat, too many stacks",
    status: 403,
    body: '{"code": 403, "title": "Forbidden", "explanation": "Access was denied to this resource.", "error": {"type": "RequestLimitExceeded", "message": "You have reached the maximum stacks per tenant, 512. Please delete some stacks."}}',
    kind: "quota",
    text: "You have reached the maximum stacks per tenant, 512. Please delete some stacks.",
  },
  {
    of: "Octavia",
    status: 404,
    body: '{"faultcode": "Client", "faultstring": "Load Balancer xx not found.", "debuginfo": null}',
    kind: "not_found",
    text: "Load Balancer xx not found.",
  },
  {
    of: "Octavia, a quota",
    status: 403,
    body: '{"faultcode": "Client", "faultstring": "Quota has been met for resources: Load Balancer", "debuginfo": null}',
    kind: "quota",
    text: "Quota has been met for resources: Load Balancer",
  },
  {
    of: "Octavia, a balancer that is changing",
    status: 409,
    body: '{"faultcode": "Client", "faultstring": "Load Balancer 1 is immutable and cannot be updated.", "debuginfo": null}',
    kind: "conflict",
    text: "Load Balancer 1 is immutable and cannot be updated.",
  },
  {
    of: "Barbican",
    status: 404,
    body: '{"code": 404, "title": "Not Found", "description": "Not Found. Provided secret id is invalid."}',
    kind: "not_found",
    text: "Not Found. Provided secret id is invalid.",
  },
  {
    of: "Glance, in HTML",
    status: 404,
    body: "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n  No image found with ID xx<br /><br />\n\n\n\n </body>\n</html>",
    kind: "not_found",
    text: "No image found with ID xx",
  },
  {
    of: "Placement and Magnum",
    status: 409,
    body: '{"errors": [{"status": 409, "title": "Conflict", "detail": "There was a conflict.", "request_id": "req-1"}]}',
    kind: "conflict",
    text: "There was a conflict.",
  },
  {
    of: "a proxy that has nothing but a headline",
    status: 503,
    body: "<html><body><h1>503 Service Unavailable</h1></body></html>",
    kind: "unavailable",
    text: "503 Service Unavailable",
  },
  { of: "a limiter", status: 429, body: "", kind: "rate_limited", text: null },
  { of: "a server of unknown make", status: 500, body: '{"surprise": true}', kind: "unavailable", text: null },
  {
    of: "a proxy that waited too long",
    status: 504,
    body: "upstream timed out",
    kind: "timeout",
    text: "upstream timed out",
  },
];

describe("an answer that refuses", () => {
  it.each(cases)("of $of is $kind", ({ status, body, kind, text }) => {
    const said = errorText(body);
    expect(said).toBe(text);
    expect(errorKind(status, said ?? "", body)).toBe(kind);
  });

  it("is cut when it is longer than anybody reads", () => {
    expect(errorText(JSON.stringify({ error: { message: "x".repeat(5000) } }))?.length).toBe(2003);
  });
});
