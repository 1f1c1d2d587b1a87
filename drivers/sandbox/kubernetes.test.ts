import { afterAll, describe } from "vitest";
import { aDesired } from "../heat/testing/desired.ts";
import { nodesContract } from "../kubernetes/testing/nodes-contract.ts";
import { kubeWorld } from "./testing/kube-world.ts";

describe("nodes of a cluster of the sandbox", () => {
  const world = kubeWorld("127.0.21.1", 21101);
  afterAll(() => world.close());
  nodesContract(async () => {
    const ca = world.authority();
    await world.master("master-0", "10.0.0.10", ca.pem, ca);
    return {
      want: aDesired({ pki: { revision: "1", caPem: ca.pem }, admin: ca.admin }),
      address: "https://127.0.21.1:21101",
      policy: "policy/v1",
    };
  });
});
