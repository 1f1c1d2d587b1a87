// The shape of refusals, and the codes of those that are hard to bring about at a cloud (magnum-api 3).
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { DomainError, type Reason } from "../domain/error.ts";
import { Errors, Unauthorized } from "./schemas/answer.ts";
import { ApiRefusal, errorAnswer } from "./errors.ts";
import { readBody } from "./read.ts";

const answer = (error: unknown) => errorAnswer(error, "req-1", "http://keystone/v3");

test.each([
  ["image_ambiguous", 409, "Multiple images exist with same name 'x'. Please use the image ID instead."],
  ["network_ambiguous", 409, "Multiple networks exist with same name 'x'. Please use the network ID instead."],
  ["image_not_readable", 403, "Not authorized for image x."],
  ["flavor_zero_disk", 400, "Flavor with zero root volume size is not supported when boot_volume_size is zero."],
  ["volume_type_not_found", 400, "Valid volume type could not be found."],
  ["template_in_use", 400, "ClusterTemplate x is referenced by one or multiple clusters."],
  ["quota_exceeded", 403, "Resource limit exceeded: none left."],
  ["conflict", 409, "Cluster Template is not valid for upgrade: it is older."],
  ["delegation_failed", 403, "The identity service refused."],
  ["keypair_not_found", 404, "Unable to find keypair x."],
  ["template_hidden", 403, "Not authorized."],
  ["operation_not_allowed_now", 400, 'Updating a cluster when status is "X" is not supported.'],
  ["cloud_unavailable", 503, "The cloud's image service does not answer at the moment."],
] as const satisfies readonly (readonly [Reason, number, string])[])("%s is %i", (reason, status, message) => {
  const { body, status: answered } = answer(new DomainError(reason, message));
  expect(answered).toBe(status);
  expect(Errors.parse(body)).toEqual({
    errors: [
      {
        request_id: "req-1",
        code: status < 500 ? "client" : "server",
        status,
        title: message.replace(/\.(\s.*)?$/, ""),
        detail: message,
        links: [],
      },
    ],
  });
});

describe("a refusal says what it is about, and all of it", () => {
  const errors = (error: unknown) => Errors.parse(answer(error).body).errors;
  const told = (message: string, field: string) =>
    errors(new DomainError("invalid_input", message, { field })).map((each) => ({ ...each }));

  test("a field or label that the words leave out is named besides", () => {
    expect(told("Unable to find flavor x.", "master_flavor_id")).toMatchObject([
      { title: "Unable to find flavor x (master_flavor_id)", detail: "Unable to find flavor x (master_flavor_id)." },
    ]);
    expect(told("There are no such nodes. Name them by id.", "nodes_to_remove")).toMatchObject([
      {
        title: "There are no such nodes (nodes_to_remove)",
        detail: "There are no such nodes (nodes_to_remove). Name them by id.",
      },
    ]);
    expect(told("master nodegroup size of 2 is invalid", "master_count")).toMatchObject([
      { detail: "master nodegroup size of 2 is invalid (master_count)" },
    ]);
    const zone = "There is no availability zone x to use.";
    expect(told(zone, "labels.availability_zone")).toMatchObject([{ detail: zone }]);
    const named = "The label kube_tag must be a version.";
    expect(told(named, "labels.kube_tag")).toMatchObject([{ title: named.slice(0, -1), detail: named }]);
  });

  test("every problem is an entry; the first one's title counts them and its detail holds them all", () => {
    const problems = [
      { field: "master_flavor_id", message: "Unable to find flavor x." },
      { field: "labels.boot_volume_size", message: "The label boot_volume_size must be at least 10." },
    ];
    expect(
      errors(new DomainError("flavor_not_found", "Unable to find flavor x.", { field: "master_flavor_id", problems })),
    ).toMatchObject([
      {
        status: 400,
        title: "Unable to find flavor x (master_flavor_id) (1 of 2 problems)",
        detail: "Unable to find flavor x (master_flavor_id).\nThe label boot_volume_size must be at least 10.",
      },
      { status: 400, title: "The label boot_volume_size must be at least 10", detail: problems[1]?.message },
    ]);
  });

  test("what the form of a body lacks is told in whole as well", () => {
    const Body = z.strictObject({ node_count: z.int("Wrong type."), name: z.string("Wrong type.") });
    const refused = () => readBody(Body, { node_count: "two", foo: 1 }, "cluster");
    expect(refused).toThrow(ApiRefusal);
    const error: unknown = (() => {
      try {
        return refused();
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(
      errors(error)
        .slice(1)
        .map(({ title }) => title),
    ).toEqual(["Invalid input for field/attribute node_count", "Invalid input for field/attribute name"]);
    expect(errors(error)[0]?.title).toBe("Unknown attribute for argument cluster: foo (1 of 3 problems)");
  });
});

test("a token that is not valid has Keystone's own shape", () => {
  const { status, headers, body } = answer(new DomainError("unauthenticated", "Not known."));
  expect(status).toBe(401);
  expect(headers).toEqual({ "WWW-Authenticate": 'Keystone uri="http://keystone/v3"' });
  expect(Unauthorized.parse(body).error.title).toBe("Unauthorized");
});

describe("what nobody foresaw", () => {
  test("is 500 without a word from inside", () => {
    const { status, body, unexpected } = answer(new Error("SELECT secret FROM table"));
    expect([status, unexpected]).toEqual([500, true]);
    expect(JSON.stringify(Errors.parse(body))).not.toContain("SELECT");
    expect(Errors.parse(body).errors).toMatchObject([{ code: "server", title: "Internal Server Error" }]);
  });

  test("routing has neither code nor detail", () => {
    expect(answer(new ApiRefusal(404, "", "Not Found")).body).toMatchObject({
      errors: [{ code: "", status: 404, title: "Not Found", detail: "" }],
    });
  });
});
