// A real cloud with a project in it and everything that the driver alone needs to make a cluster there: a trust, somebody
// who answers its nodes' questions as our REST API does, and a wish to begin with.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import type { Desired } from "../../drivers/driver.ts";
import { openClouds } from "../../drivers/openstack/clouds.ts";
import type { Cloud, Clouds, TrustAccess } from "../../drivers/openstack/cloud.ts";
import { desiredOf } from "../../drivers/wish.ts";
import type { WishedNodegroup } from "../../drivers/wish.ts";
import { Secret } from "../../server/domain/secret.ts";
import { adminLeaf, makeAuthorities } from "../../server/pki/ca.ts";
import { signRequest } from "../../server/pki/csr.ts";
import { someFacts } from "../../server/testing/builders.ts";
import { inventory } from "../lifecycle/inventory.ts";
import type { Inventory } from "../lifecycle/inventory.ts";
import { openstackTarget } from "../lifecycle/target.ts";
import type { Prepared } from "../lifecycle/target.ts";
import { settings } from "./settings.ts";
import type { Behaviour, PlayedNode } from "./stand-in-node.ts";

export interface DriverSite {
  prepared: Prepared;
  clouds: Clouds;
  access: TrustAccess;
  /** With the cluster's own credential, as the conductor works. */
  cloud: Cloud;
  /** Three masters behind a balancer and two workers, with volumes; its API is not asked. */
  want: Desired;
  /** For the cluster's API, as the conductor has it. */
  admin: NonNullable<Desired["admin"]>;
  /** What was there before. */
  before: Inventory;
  flavor(name: string): Promise<Desired["nodegroups"][number]["flavor"]>;
  /** What is there now. */
  inventory(): Promise<Inventory>;
  close(): Promise<void>;
}

export async function openDriverSite(name: string, behaviour: (node: PlayedNode) => Behaviour): Promise<DriverSite> {
  const id = randomUUID();
  const prepared = await openstackTarget(behaviour).prepare();
  const clouds = openClouds(settings);
  const owner = clouds.fromToken(new Secret(prepared.person.token));
  const trusteePassword = new Secret(randomUUID());
  const trustee = await clouds.identity.trustees.create({ name: id, password: trusteePassword });
  const roles = (await owner.whoAmI()).roles.map((role) => role.name);
  const trust = await owner.keystone.createTrust({ trusteeUserId: trustee.id, roles });
  const access = { trusteeUserId: trustee.id, trusteePassword, trustId: trust.id };
  const count = () => inventory(prepared.person, prepared.trusteeAdmin);
  const before = await count();
  const authorities = await makeAuthorities({ id, name }, new Date());
  const certificates = await answerNodes(authorities);
  const leaf = await adminLeaf(authorities.kubernetes, new Date());
  const site = { id, name, prepared, access, apiUrl: `http://127.0.0.1:${portOf(certificates)}/v1` };
  return {
    prepared,
    clouds,
    access,
    cloud: clouds.fromTrust(access),
    want: await wish(owner, authorities.kubernetes.certPem, site),
    admin: { certPem: leaf.certPem, keyPem: new Secret(leaf.keyPem) },
    before,
    flavor: async (flavorName) => {
      const flavor = await owner.nova.findFlavor(flavorName);
      if (!flavor) throw new Error(`the cloud has no flavor ${flavorName}`);
      return flavor;
    },
    inventory: count,
    close: async () => {
      certificates.close();
      await clouds.identity.trustees.delete(access.trusteeUserId);
      clouds.close();
      await prepared.remove();
    },
  };
}

const labels = { etcd_volume_size: "5", master_lb_floating_ip_enabled: "true" };

/** What our REST API gives to nodes, here to whoever asks: a worker's certificate and a control plane's keys at once. */
async function answerNodes(authorities: Awaited<ReturnType<typeof makeAuthorities>>): Promise<Server> {
  const ca = authorities.kubernetes;
  const { etcd, "front-proxy": frontProxy, "service-account": serviceAccount } = authorities;
  const pairs = { ca, sa: serviceAccount, "etcd/ca": etcd, "front-proxy-ca": frontProxy };
  const line = (name: string, text: string) => `${name} ${Buffer.from(text).toString("base64")}\n`;
  const files = Object.entries(pairs)
    .map(
      ([name, { certPem, keyPem }]) =>
        line(`pki/${name}.${name === "sa" ? "pub" : "crt"}`, certPem) + line(`pki/${name}.key`, keyPem),
    )
    .join("");
  const answer = async (request: IncomingMessage): Promise<string> => {
    const body = await request.toArray();
    const { csr } = z.object({ csr: z.string() }).parse(JSON.parse(Buffer.concat(body).toString("utf8")));
    return files + line("kubelet.crt", await signRequest(csr, ca, new Date(), 1));
  };
  const server = createServer((request, response) => {
    answer(request).then(
      (text) => response.end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const portOf = (server: Server) =>
  z.custom<AddressInfo>((value) => typeof value === "object").parse(server.address()).port;

async function wish(
  owner: Cloud,
  caPem: string,
  site: { id: string; name: string; prepared: Prepared; access: TrustAccess; apiUrl: string },
): Promise<Desired> {
  const flavor = await owner.nova.findFlavor("m1.small");
  const [image] = await owner.glance.findImages("fedora-coreos-38");
  const [external] = await owner.neutron.findNetworks("public");
  if (!flavor || !image || !external) throw new Error("the cloud is not seeded");
  const group = (role: string, nodeCount: number): WishedNodegroup => ({
    id: randomUUID(),
    name: `default-${role}`,
    role,
    isDefault: true,
    nodeCount,
    minNodeCount: 0,
    maxNodeCount: null,
    dockerVolumeSizeGib: 10,
    labels,
    nodesToRemove: [],
    nodeLabels: null,
    nodeTaints: null,
    facts: { flavor, image, nodeRevision: "1", version: null },
  });
  return desiredOf(
    {
      id: site.id,
      name: site.name,
      keypair: "mykey",
      labels,
      dockerVolumeSizeGib: 10,
      createTimeoutMinutes: 30,
      masterLbEnabled: true,
      floatingIpEnabled: false,
      facts: someFacts({
        template: { ...someFacts().template, name: "driver", dockerStorageDriver: "overlay2" },
        network: { fixedNetwork: null, fixedSubnet: null, fixedSubnetCidr: null, externalNetwork: external.id },
        services: await owner.services().then((types) => [...types]),
      }),
    },
    [group("master", 3), group("worker", 2)],
    {
      generation: 1,
      deleting: false,
      repair: false,
      probe: false,
      project: { id: site.prepared.person.projectId ?? "" },
      maxBatch: 1,
      pki: { revision: "1", caPem },
      admin: null,
      credential: { revision: 1, ...site.access },
      endpoints: {
        apiUrl: site.apiUrl,
        region: "RegionOne",
        verifyCa: true,
        openstackCaPem: null,
      },
    },
  );
}
