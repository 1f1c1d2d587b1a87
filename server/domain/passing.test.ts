import { describe, expect, it } from "vitest";
import { explainFailure } from "./failure.ts";
import { passing, passingOf } from "./passing.ts";

describe("a refusal", () => {
  it.each(passing.filter((row) => !row.ofChanges))("$key passes by itself", ({ key, sample }) => {
    expect(passingOf(sample)?.key).toBe(key);
  });

  it("of a quota passes only while the cluster itself gives something back", () => {
    const { sample = "" } = passing.find(({ key }) => key === "quota-in-passing") ?? {};
    expect(passingOf(sample)).toBeNull();
    expect(passingOf(sample, "OS::Nova::Server", "change")?.key).toBe("quota-in-passing");
  });

  it.each([
    "Forbidden: resources.server: Quota exceeded for cores, ram: Requested 4, but already used 18 of 20 cores (HTTP 403)",
    'ResourceInError: Went to status ERROR due to "Message: No valid host was found. There are not enough hosts available., Code: 500"',
    "BadRequest: Invalid key_name provided. (HTTP 400)",
    "BadRequest: Flavor's disk is too small for requested image. (HTTP 400)",
    "Conflict: No more IP addresses available on network 7f. (HTTP 409)",
    "AuthorizationFailure: Could not find user: 5e2",
    "Could not find Trust 5e2",
    "ResourceInError: resources.lb: Went to status ERROR due to Unknown",
    "Conflict: Unable to complete operation on subnet 7f: One or more ports have an IP allocation from this subnet.",
  ])("lasts: %s", (reason) => {
    expect(passingOf(reason, "OS::Nova::Server", "creation")).toBeNull();
  });

  it("that a node reports of itself is no service's, whatever words it uses", () => {
    const said = "phase runtime: pull of registry.k8s.io/pause: connection refused";
    expect(passingOf(said, "OS::Heat::WaitCondition")).toBeNull();
    expect(passingOf(`WaitConditionFailure: resources.ready: ${said}`)).toBeNull();
  });

  it("is written down once, with its words, its source and a bound", () => {
    expect(new Set(passing.map(({ key }) => key)).size).toBe(passing.length);
    for (const { source, tries, why } of passing) {
      expect(source).toMatch(/:|,/);
      expect(why).not.toBe("");
      expect(tries).toBeGreaterThan(0);
      expect(tries).toBeLessThan(10);
    }
  });

  it.each(passing)("$key that does not pass after all is explained as before", ({ sample, resource }) => {
    const type = resource ?? "OS::Nova::Server";
    const cause = explainFailure([
      { path: ["cluster network", "thing"], type, name: "thing", physicalId: null, reason: sample, at: null },
    ]);
    expect(cause?.sentence).not.toBe("");
    expect(cause?.upstream).toBe(sample);
  });
});
