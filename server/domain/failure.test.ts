import { describe, expect, it } from "vitest";
import { explainFailure } from "./failure.ts";

const leaf = (given: { type?: string; reason: string; path?: string[]; at?: string | null; name?: string }) => ({
  type: "OS::Nova::Server",
  path: ["workers", "worker 3", "server"],
  name: "server",
  physicalId: "id-1",
  at: "2026-01-02T03:04:05Z",
  ...given,
});

describe("the cause of a failure", () => {
  it.each([
    [
      "quota",
      "OS::Nova::Server",
      "Forbidden: resources.server: Quota exceeded for cores, ram: Requested 4, 8192, but already used 18, 40000 of 20, 51200 cores, ram (HTTP 403)",
    ],
    [
      "quota",
      "OS::Neutron::Port",
      "OverQuotaClient: resources.port: Quota exceeded for resources: ['port'].\nNeutron server returns request_ids: ['req-1']",
    ],
    [
      "quota",
      "OS::Cinder::Volume",
      "OverLimit: resources.volume: VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested 20G, quota is 1000G and 990G has been consumed. (HTTP 413)",
    ],
    [
      "quota",
      "OS::Octavia::LoadBalancer",
      "Forbidden: resources.lb: Quota has been met for resources: load balancer (HTTP 403)",
    ],
    ["quota", "OS::Nova::Server", "Forbidden: resources.server: Quota exceeded, too many servers in group (HTTP 403)"],
    [
      "capacity",
      "OS::Nova::Server",
      'ResourceInError: resources.server: Went to status ERROR due to "Message: No valid host was found. There are not enough hosts available., Code: 500"',
    ],
    [
      "capacity",
      "OS::Nova::Server",
      'ResourceInError: resources.server: Went to status ERROR due to "Message: Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures, Code: 500"',
    ],
    [
      "capacity",
      "OS::Nova::Server",
      "BadRequest: resources.server: The requested availability zone is not available (HTTP 400)",
    ],
    ["keypair", "OS::Nova::Server", "BadRequest: resources.server: Invalid key_name provided. (HTTP 400)"],
    [
      "keypair",
      "OS::Nova::Server",
      "Property error: resources.server.properties.key_name: Error validating value 'mykey': The Key (mykey) could not be found.",
    ],
    [
      "image-or-flavor",
      "OS::Nova::Server",
      "BadRequest: resources.server: Flavor's disk is too small for requested image. (HTTP 400)",
    ],
    ["image-or-flavor", "OS::Nova::Server", "BadRequest: resources.server: Image 4c1 is not active. (HTTP 400)"],
    [
      "network",
      "OS::Neutron::Port",
      "Conflict: resources.port: No more IP addresses available on network 7f. (HTTP 409)",
    ],
    [
      "network",
      "OS::Neutron::FloatingIP",
      "BadRequest: resources.floating: External network 7f is not reachable from subnet 8a. (HTTP 404)",
    ],
    ["network", "OS::Neutron::RouterInterface", "BadRequest: resources.interface: Something new (HTTP 400)"],
    [
      "load-balancer",
      "OS::Octavia::LoadBalancer",
      "ResourceInError: resources.lb: Went to status ERROR due to Unknown",
    ],
    ["volume", "OS::Cinder::Volume", "ResourceInError: resources.volume: Went to status error due to Unknown"],
    ["delegation", "OS::Nova::Server", "AuthorizationFailure: resources.server: Could not find user: 5e2"],
    [
      "blocked-delete",
      "OS::Neutron::Subnet",
      "Conflict: resources.subnet: Unable to complete operation on subnet 8a: One or more ports have an IP allocation from this subnet. (HTTP 409)",
    ],
    ["timeout", "OS::Heat::Stack", "Timed out"],
    ["vanished", "OS::Nova::Server", "NotFound: resources.server: Instance 5e could not be found. (HTTP 404)"],
    ["unknown", "OS::Nova::Server", "Something that nobody has ever seen"],
  ])("%s: %s says %s", (kind, type, reason) => {
    expect(explainFailure([leaf({ type, reason })])).toMatchObject({ kind, upstream: reason, others: 0 });
  });

  it.each([
    "WaitConditionFailure: resources.ready: kubelet did not become ready: image quota exceeded at the registry, forbidden",
    "WaitConditionFailure: resources.ready: no trust could be used: address already in use",
  ])("is the node's own setup whatever words the node uses: %s", (reason) => {
    expect(explainFailure([leaf({ type: "OS::Heat::WaitCondition", reason })])?.kind).toBe("boot");
    expect(explainFailure([leaf({ type: "OS::Heat::Stack", reason })])?.kind).toBe("boot");
  });

  it("names the node and the node's own words", () => {
    const cause = explainFailure([
      leaf({
        type: "OS::Heat::WaitCondition",
        path: ["workers", "worker 3"],
        reason: "WaitConditionFailure: resources.ready: kubelet did not become ready",
      }),
    ]);
    expect(cause?.sentence).toBe("The setup of worker 3 failed on the node itself: kubelet did not become ready");
  });

  it("is a setup that never reported when the wait condition timed out", () => {
    const cause = explainFailure([
      leaf({
        type: "OS::Heat::WaitCondition",
        path: ["worker 3"],
        reason: "WaitConditionTimeout: resources.ready: 0 of 1 received",
      }),
    ]);
    expect(cause).toMatchObject({
      kind: "boot",
      sentence: "The server of worker 3 started, but its setup never reported back.",
    });
  });

  it.each([
    [
      "Quota exceeded for cores, ram: Requested 4, 8192, but already used 18, 40000 of 20, 51200 cores, ram",
      "cores, ram",
    ],
    ["Quota exceeded for resources: ['floatingip', 'port'].", "floatingip, port"],
    ["Maximum number of volumes allowed (10) exceeded for quota 'volumes'.", "volumes"],
    ["Requested volume or snapshot exceeds allowed gigabytes quota. Requested 20G", "gigabytes"],
  ])("says which limit is full: %s", (reason, names) => {
    expect(explainFailure([leaf({ reason })])?.sentence).toBe(
      `The project's quota of ${names} is too small for worker 3's server.`,
    );
  });

  it("is the earliest one that is no consequence of another", () => {
    const cause = explainFailure([
      leaf({ reason: "CREATE aborted (user triggered cancel)", at: "2026-01-02T03:00:00Z", path: ["worker 1"] }),
      leaf({ reason: "No valid host was found.", at: "2026-01-02T03:00:09+01:00", path: ["worker 2"] }),
      leaf({ reason: "No valid host was found.", at: "2026-01-02T03:00:05Z", path: ["worker 4"] }),
      leaf({ reason: "No valid host was found.", at: null, path: ["worker 5"] }),
    ]);
    expect(cause).toMatchObject({ what: "worker 2", path: ["worker 2"], others: 2 });
  });

  it("is a consequence only when there is nothing else", () => {
    expect(explainFailure([leaf({ reason: "CREATE aborted" })])).toMatchObject({ kind: "unknown", others: 0 });
    expect(explainFailure([])).toBeNull();
  });
});
