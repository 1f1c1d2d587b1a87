import { describe, expect, it } from "vitest";
import { clusterStatuses } from "@/server/domain/cluster-status";
import { headline } from "./headline";

const cause = {
  kind: "capacity" as const,
  what: "worker 3",
  sentence: "The cloud has no room for worker 3 now.",
  remedy: "Choose another flavor.",
  upstream: "No valid host was found.",
  resourceType: null,
  physicalId: null,
  path: [],
  others: 0,
};
const facts = {
  status: "CREATE_COMPLETE" as const,
  healthStatus: "HEALTHY" as const,
  healthReason: {},
  failure: null,
  statusReason: null,
  nodeCount: 3,
  nodegroups: [],
  apiAddress: "https://192.0.2.7:6443",
  operation: null,
};

describe("the headline of a cluster", () => {
  it("says nothing of one that is ready and well", () => {
    expect(headline(facts)).toBeNull();
  });

  it("names cause and remedy of a creation that failed", () => {
    expect(headline({ ...facts, status: "CREATE_FAILED", failure: cause })).toEqual({
      tone: "bad",
      title: "Could not be built: the cloud has no room for worker 3 now.",
      text: "Choose another flavor.",
    });
  });

  it("falls back to the back end's own words", () => {
    expect(
      headline({ ...facts, status: "CREATE_FAILED", statusReason: "OS::Nova::Server went bad\nmore" })?.title,
    ).toBe("Could not be built: OS::Nova::Server went bad.");
  });

  it("says that a cluster still runs when only a change failed", () => {
    expect(headline({ ...facts, status: "UPDATE_FAILED", failure: cause })?.text).toContain(
      "still runs with 3 workers",
    );
  });

  it("tells the sizes of a resize", () => {
    const operation = {
      kind: "resize" as const,
      changes: { nodeCount: ["3", "5"] as [string, string] },
      outcome: "running" as const,
    };
    expect(headline({ ...facts, status: "UPDATE_IN_PROGRESS", operation })?.title).toBe("Resizing from 3 to 5 nodes");
  });

  it("does not call a private API unhealthy", () => {
    const shown = headline({ ...facts, healthStatus: "UNKNOWN", healthReason: { api: "not reachable from here" } });
    expect(shown?.tone).toBe("info");
    expect(shown?.title).toContain("the API is private");
  });

  it("names the node that is not ready", () => {
    expect(
      headline({
        ...facts,
        healthStatus: "UNHEALTHY",
        healthReason: { "web-node-0.Ready": "False", "web-node-1.Ready": "True" },
      })?.title,
    ).toBe("Running, but node web-node-0 is not ready");
  });

  it.each(clusterStatuses.filter((status) => /FAILED|IN_PROGRESS/.test(status)))("has a sentence for %s", (status) => {
    expect(headline({ ...facts, status })?.title).toMatch(/\S/);
  });
});
