// People who describe clusters in Heat templates: a real Heat makes, changes and removes OS::Magnum::ClusterTemplate and
// OS::Magnum::Cluster at our API, which it finds in the catalogue; and its stacks are read as cluster-autoscaler reads them.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { minionsOf } from "../clients/recorded/minions.ts";
import { kubernetesIsBuilt } from "../kubernetes/api-server.ts";
import { magnum } from "../lifecycle/magnum.ts";
import { openProduct } from "../lifecycle/product.ts";
import type { Product } from "../lifecycle/product.ts";
import { openstackTarget } from "../lifecycle/target.ts";
import type { Prepared } from "../lifecycle/target.ts";
import { until } from "../lifecycle/until.ts";
import { call, HttpError, list } from "./session.ts";
import { containerInfra } from "./settings.ts";

const minute = 60_000;
const template = {
  heat_template_version: "2021-04-16",
  parameters: { workers: { type: "number" } },
  resources: {
    template: {
      type: "OS::Magnum::ClusterTemplate",
      properties: {
        coe: "kubernetes",
        image: "fedora-coreos-38",
        external_network: "public",
        keypair: "mykey",
        flavor: "m1.small",
        master_flavor: "m1.small",
        network_driver: "flannel",
        dns_nameserver: "8.8.8.8",
        docker_volume_size: 3,
        master_lb_enabled: false,
        labels: { kube_tag: "v1.34.1" },
      },
    },
    cluster: {
      type: "OS::Magnum::Cluster",
      properties: {
        cluster_template: { get_resource: "template" },
        keypair: "mykey",
        node_count: { get_param: "workers" },
        create_timeout: 30,
      },
    },
  },
  outputs: {
    cluster: { value: { get_resource: "cluster" } },
    address: { value: { get_attr: ["cluster", "api_address"] } },
    workers: { value: { get_attr: ["cluster", "node_addresses"] } },
    version: { value: { get_attr: ["cluster", "coe_version"] } },
  },
};

const Stack = z.object({
  stack: z.looseObject({
    id: z.string(),
    stack_status: z.string(),
    stack_status_reason: z.string(),
    outputs: z.array(z.looseObject({ output_key: z.string(), output_value: z.unknown() })).default([]),
  }),
});

describe.skipIf(!kubernetesIsBuilt())("OS::Magnum::* in a real Heat", () => {
  let product: Product;
  let cloud: Prepared;
  let cluster = "";
  const at = () => `${cloud.person.at("orchestration")}/stacks/described`;

  const reaches = (status: string) =>
    until(
      `the stack is ${status}`,
      15 * minute,
      async () => {
        const { stack } = Stack.parse(await (await call("GET", at(), cloud.person)).json());
        if (stack.stack_status.endsWith("FAILED"))
          throw new Error([stack.stack_status_reason, ...(cloud.nodes?.problems ?? [])].join("\n"));
        if (stack.stack_status !== status) return null;
        return Object.fromEntries(stack.outputs.map((output) => [output.output_key, output.output_value]));
      },
      1000,
    );

  beforeAll(async () => {
    const target = openstackTarget();
    product = await openProduct({ ...target.env, API_PORT: containerInfra.port });
    await product.start("api", "conductor");
    cloud = await target.prepare();
  }, 5 * minute);

  afterAll(async () => {
    await product?.stop();
    await cloud?.remove();
  }, 5 * minute);

  it(
    "makes both, and reads the cluster's attributes",
    async () => {
      const body = { stack_name: "described", template, parameters: { workers: 1 }, timeout_mins: 30 };
      await call("POST", `${cloud.person.at("orchestration")}/stacks`, cloud.person, body);
      const outputs = await reaches("CREATE_COMPLETE");
      expect(outputs).toMatchObject({ address: expect.stringMatching(/^https:\/\/127\./), version: "v1.34.1" });
      expect(outputs["workers"]).toHaveLength(1);
      cluster = z.string().parse(outputs["cluster"]);
      const found = await magnum(product.apiUrl, cloud.person).findCluster(cluster);
      expect(found).toMatchObject({ status: "CREATE_COMPLETE", api_address: outputs["address"] });
    },
    16 * minute,
  );

  it("is followed by cluster-autoscaler from the node group to the server", async () => {
    const versioned = { "OpenStack-API-Version": "container-infra 1.9" };
    const path = `${product.apiUrl}/clusters/${cluster}/nodegroups/default-worker`;
    const group = await (await call("GET", path, cloud.person, undefined, versioned)).json();
    const { stack_id: stackId } = z.looseObject({ stack_id: z.string() }).parse(group);
    const { statuses, refsMap } = await minionsOf(cloud.person, stackId);
    expect(statuses).toEqual(["CREATE_COMPLETE"]);
    const server = z.object({ id: z.string(), name: z.string() });
    const servers = await list(cloud.person, `${cloud.person.at("compute")}/servers`, "servers", server);
    const worker = servers.find(({ name }) => name.includes("-node-"));
    expect(Object.values(refsMap)).toEqual([worker?.id]);
  });

  it(
    "changes the number of nodes",
    async () => {
      const stack = Stack.parse(await (await call("GET", at(), cloud.person)).json()).stack;
      await call("PUT", `${at()}/${stack.id}`, cloud.person, {
        template,
        parameters: { workers: 2 },
        timeout_mins: 30,
      });
      expect((await reaches("UPDATE_COMPLETE"))["workers"]).toHaveLength(2);
    },
    16 * minute,
  );

  it(
    "removes both",
    async () => {
      const stack = Stack.parse(await (await call("GET", at(), cloud.person)).json()).stack;
      await call("DELETE", `${at()}/${stack.id}`, cloud.person);
      await until(
        "the stack is gone",
        10 * minute,
        async () => {
          try {
            const { stack: left } = Stack.parse(await (await call("GET", at(), cloud.person)).json());
            if (left.stack_status === "DELETE_FAILED") throw new Error(left.stack_status_reason);
            return left.stack_status === "DELETE_COMPLETE";
          } catch (error) {
            if (error instanceof HttpError && error.status === 404) return true;
            throw error;
          }
        },
        1000,
      );
      expect(await magnum(product.apiUrl, cloud.person).findCluster(cluster)).toBeNull();
    },
    11 * minute,
  );
});
