import { expect, it } from "vitest";
import { rolesToDelegate } from "./delegated-credential.ts";

it("hands on the caller's roles without admin, unless admin is all there is", () => {
  expect(rolesToDelegate(["admin", "member", "reader"], [])).toEqual(["member", "reader"]);
  expect(rolesToDelegate(["member"], [])).toEqual(["member"]);
  expect(rolesToDelegate(["admin"], [])).toEqual(["admin"]);
});

it("hands on exactly the configured roles, and names those that the caller lacks", () => {
  expect(rolesToDelegate(["admin", "member", "reader"], ["member"])).toEqual(["member"]);
  expect(() => rolesToDelegate(["member"], ["member", "load-balancer_member", "heat_stack_owner"])).toThrowError(
    expect.objectContaining({
      reason: "delegation_failed",
      message: expect.stringContaining("load-balancer_member, heat_stack_owner"),
    }),
  );
});
