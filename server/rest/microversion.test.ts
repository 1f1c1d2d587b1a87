import { describe, expect, test } from "vitest";
import { errorAnswer } from "./errors.ts";
import { negotiate, since, versionHeaders } from "./microversion.ts";

const refusal = (header: string) => {
  try {
    negotiate(header);
  } catch (error) {
    return errorAnswer(error, "req-1", "http://keystone/v3");
  }
  throw new Error(`${header} was accepted`);
};

describe("OpenStack-API-Version", () => {
  test.each([
    [undefined, 1],
    ["container-infra latest", 14],
    ["container-infra LATEST", 14],
    ["foo latest", 14],
    ["container-infra 1.9", 9],
    ["container-infrastructure 1.10", 10],
    ["container-infrastructure-management 1.14", 14],
  ])("%s is served as 1.%i", (header, minor) => {
    expect(negotiate(header).minor).toBe(minor);
  });

  test.each([
    ["1.9", "Invalid service type for OpenStack-API-Version header"],
    ["compute 1.9", "Invalid service type for OpenStack-API-Version header"],
    ["container-infra abc", "Invalid value for OpenStack-API-Version header"],
    ["container-infra 1", "Invalid value for OpenStack-API-Version header"],
    ["container-infra 1.2.3", "Invalid value for OpenStack-API-Version header"],
  ])("%s is not acceptable, in the plain shape", (header, detail) => {
    expect(refusal(header)).toMatchObject({
      status: 406,
      body: { errors: [{ code: "", status: 406, title: "Not Acceptable", detail }] },
    });
  });

  test.each([
    ["container-infra 1.99", /^Version 1\.99 was requested but the minor version is not supported by this service\./],
    ["container-infra 1.0", /^Version 1\.0 was requested/],
    ["container-infra 2.0", /^Mutually exclusive versions requested\. Version 2\.0 requested/],
  ])("%s is refused in the microversion shape", (header, description) => {
    expect(refusal(header)).toMatchObject({
      status: 406,
      body: {
        errors: [
          {
            code: "magnum.microversion-unsupported",
            title: "Requested microversion is unsupported",
            description: expect.stringMatching(description),
            min_version: "1.1",
            max_version: "1.14",
          },
        ],
      },
    });
  });

  test("answers speak of versions in the server's own first spelling", () => {
    expect(versionHeaders("1.9")).toEqual({
      "OpenStack-API-Version": "container-infrastructure-management 1.9",
      "OpenStack-API-Minimum-Version": "container-infrastructure-management 1.1",
      "OpenStack-API-Maximum-Version": "container-infrastructure-management 1.14",
      vary: "OpenStack-API-Version",
    });
  });

  test("an operation that came later is refused by its internal name", () => {
    expect(() => since(negotiate("container-infra 1.6"), 7, "resize")).toThrow(
      "Version 1.6 was requested but the requested API resize is not supported for this version.",
    );
    expect(() => since(negotiate("container-infra 1.7"), 7, "resize")).not.toThrow();
  });
});
