// The Heat driver alone against real services: converge from nothing, each step carried out twice, then remove. Nodes are
// played; what they ask of our REST API is answered here, so that nothing of the product but the driver takes part.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { ClusterDriver, Desired, Observed, Step } from "../../drivers/driver.ts";
import { kubernetesFedoraCoreos } from "../../drivers/kubernetes-fedora-coreos/driver.ts";
import { openClouds } from "../../drivers/openstack/clouds.ts";
import type { Cloud, Clouds, TrustAccess } from "../../drivers/openstack/cloud.ts";
import { isOpenStackError } from "../../drivers/openstack/error.ts";
import { desiredOf } from "../../drivers/wish.ts";
import type { WishedNodegroup } from "../../drivers/wish.ts";
import { Secret } from "../../server/domain/secret.ts";
import { makeAuthorities } from "../../server/pki/ca.ts";
import { signRequest } from "../../server/pki/csr.ts";
import { inventory } from "../lifecycle/inventory.ts";
import type { Inventory } from "../lifecycle/inventory.ts";
import { growth } from "../lifecycle/lifecycle.ts";
import { openstackTarget } from "../lifecycle/target.ts";
import type { Prepared } from "../lifecycle/target.ts";
import { until } from "../lifecycle/until.ts";
import { settings } from "./settings.ts";

const minute = 60_000;
const driver: ClusterDriver = kubernetesFedoraCoreos;
const id = randomUUID();
const { authUrl } = settings;
const labels = { etcd_volume_size: "5", master_lb_floating_ip_enabled: "true" };

let prepared: Prepared;
let clouds: Clouds;
let access: TrustAccess;
let cloud: Cloud;
let certificates: Server;
let before: Inventory;
let want: Desired;
/** So many of the next workers fail with these words. */
let failing = 0;
const words = "phase runtime: the disk is full";
/** Summaries of the steps that were carried out. */
const done: string[] = [];

/** Certificates and bootstrap as our REST API gives them to nodes. */
async function answerNodes(authorities: Awaited<ReturnType<typeof makeAuthorities>>): Promise<Server> {
  const ca = authorities.kubernetes;
  const { etcd, "front-proxy": frontProxy, "service-account": serviceAccount } = authorities;
  const pairs = { ca, sa: serviceAccount, "etcd/ca": etcd, "front-proxy-ca": frontProxy };
  const line = (name: string, text: string) => `pki/${name} ${Buffer.from(text).toString("base64")}\n`;
  const files = Object.entries(pairs)
    .map(
      ([name, { certPem, keyPem }]) =>
        line(`${name}.${name === "sa" ? "pub" : "crt"}`, certPem) + line(`${name}.key`, keyPem),
    )
    .join("");
  const answer = async (request: IncomingMessage): Promise<string> => {
    const body = await request.toArray();
    if (request.method === "GET") return JSON.stringify({ pem: ca.certPem });
    if (request.url?.endsWith("/bootstrap")) return files;
    const { csr } = z.object({ csr: z.string() }).parse(JSON.parse(Buffer.concat(body).toString("utf8")));
    return JSON.stringify({ pem: await signRequest(csr, ca, new Date(), 1) });
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

async function observe(): Promise<Observed> {
  return driver.observe(cloud, want, await driver.survey(cloud));
}

/** Observes, plans and applies as the conductor does, but each step twice, until nothing is left to do. */
async function converge(settled: (seen: Observed) => boolean, limitMs: number): Promise<Observed> {
  return until(`settled (${done.join(", ")})`, limitMs, async () => {
    const seen = await observe();
    if (seen.state === "failed" && !want.repair)
      throw new Error(`${seen.reason ?? ""} ${prepared.nodes?.problems.join("; ") ?? ""}`);
    const [step] = driver.plan(want, seen, new Date());
    if (step) await twice(step);
    return step === undefined && settled(seen) ? seen : null;
  });
}

async function twice(step: Step): Promise<void> {
  for (let time = 0; time < 2; time++) {
    const outcome = await driver.apply(cloud, want, step);
    if (outcome.kind === "stalled") throw new Error(`${step.summary}: ${outcome.reason}`);
  }
  done.push(step.summary);
}

beforeAll(async () => {
  prepared = await openstackTarget((node) =>
    node.env.ROLE === "worker" && failing-- > 0 ? { failWith: words } : "in short",
  ).prepare();
  clouds = openClouds(settings);
  const owner = clouds.fromToken(new Secret(prepared.person.token));
  const trusteePassword = new Secret(randomUUID());
  const trustee = await clouds.identity.trustees.create({ name: id, password: trusteePassword });
  const roles = (await owner.whoAmI()).roles.map((role) => role.name);
  const trust = await owner.keystone.createTrust({ trusteeUserId: trustee.id, roles });
  access = { trusteeUserId: trustee.id, trusteePassword, trustId: trust.id };
  cloud = clouds.fromTrust(access);
  before = await inventory(prepared.person, prepared.trusteeAdmin);

  const authorities = await makeAuthorities({ id, name: "driver" }, new Date());
  certificates = await answerNodes(authorities);
  want = await wish(owner, authorities.kubernetes.certPem);
}, minute);

afterAll(async () => {
  certificates.close();
  await clouds.identity.trustees.delete(access.trusteeUserId);
  clouds.close();
  await prepared.remove();
}, minute);

async function wish(owner: Cloud, caPem: string): Promise<Desired> {
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
      id,
      name: "Driver test",
      keypair: "mykey",
      labels,
      dockerVolumeSizeGib: 10,
      createTimeoutMinutes: 30,
      masterLbEnabled: true,
      floatingIpEnabled: false,
      facts: {
        template: {
          name: "driver",
          coe: "kubernetes",
          distro: "fedora-coreos",
          serverType: "vm",
          tlsDisabled: false,
          registryEnabled: false,
          insecureRegistry: null,
          networkDriver: "flannel",
          volumeDriver: null,
          dockerStorageDriver: "overlay2",
          apiserverPort: null,
          externalNetwork: "public",
          dnsNameservers: ["8.8.8.8"],
          httpProxy: null,
          httpsProxy: null,
          noProxy: null,
        },
        network: { fixedNetwork: null, fixedSubnet: null, fixedSubnetCidr: null, externalNetwork: external.id },
        services: await owner.services().then((types) => [...types]),
      },
    },
    [group("master", 3), group("worker", 2)],
    {
      generation: 1,
      deleting: false,
      repair: false,
      probe: false,
      project: { id: prepared.person.projectId ?? "" },
      maxBatch: 1,
      pki: { revision: "1", caPem },
      admin: null,
      credential: { revision: 1, ...access },
      endpoints: {
        authUrl,
        apiUrl: `http://127.0.0.1:${portOf(certificates)}/v1`,
        region: "RegionOne",
        verifyCa: true,
        openstackCaPem: null,
      },
    },
  );
}

/** The same wish with other numbers of workers. */
const withWorkers = (count: number, remove: readonly string[] = []): Desired => ({
  ...want,
  generation: want.generation + 1,
  nodegroups: want.nodegroups.map((group) => (group.role === "worker" ? { ...group, count, remove } : group)),
});

const workersOf = (seen: Observed) => {
  const key = want.nodegroups.find((group) => group.role === "worker")?.key.id;
  return seen.nodegroups.find((group) => group.key.id === key)?.nodes ?? [];
};

describe("the Heat driver at a real Heat", () => {
  it(
    "accepts the wish and makes three masters behind a balancer and two workers with their volumes",
    async () => {
      expect(driver.accepts(want)).toEqual([]);
      const seen = await converge((now) => now.state === "ready", 10 * minute);
      expect(prepared.nodes?.problems).toEqual([]);
      expect(seen.apiAddress).toMatch(/^https:\/\/127\.24\.4\.\d+:6443$/);
      expect(seen.masterAddresses).toHaveLength(3);
      expect(workersOf(seen)).toHaveLength(2);
      const found = growth(before, await inventory(prepared.person, prepared.trusteeAdmin));
      expect(found).toMatchObject({ servers: 5, volumes: 8, "load balancers": 1, "floating ips": 1, networks: 1 });
    },
    11 * minute,
  );

  it(
    "adds a worker, then removes the one that was named and no other",
    async () => {
      want = withWorkers(3);
      const grown = workersOf(
        await converge((now) => now.state === "ready" && workersOf(now).length === 3, 5 * minute),
      );
      const victim = grown[0]?.serverId ?? "";
      want = withWorkers(2, [victim]);
      const shrunk = workersOf(
        await converge((now) => now.state === "ready" && workersOf(now).length === 2, 5 * minute),
      );
      expect(shrunk.map((node) => node.serverId).sort()).toEqual(
        grown
          .slice(1)
          .map((node) => node.serverId)
          .sort(),
      );
      want = withWorkers(2);
    },
    11 * minute,
  );

  it(
    "shows a failed worker's own words, and replaces it when it is asked to repair",
    async () => {
      failing = 1;
      want = withWorkers(3);
      const failed = await until("a worker has failed", 5 * minute, async () => {
        const seen = await observe();
        const [step] = driver.plan(want, seen, new Date());
        if (step) await twice(step);
        return seen.state === "failed" ? seen : null;
      });
      expect(failed.reason).toContain(words);
      expect(driver.plan(want, failed, new Date())).toEqual([]);
      want = { ...want, repair: true };
      const repaired = await converge((now) => now.state === "ready", 5 * minute);
      expect(workersOf(repaired)).toHaveLength(3);
      want = { ...want, repair: false };
    },
    11 * minute,
  );

  it("finds nothing more to do", async () => {
    expect(driver.plan(want, await observe(), new Date())).toEqual([]);
  });

  it(
    "removes everything that it made",
    async () => {
      want = { ...want, deleting: true };
      await converge((now) => now.state === "absent", 8 * minute);
      expect(await inventory(prepared.person, prepared.trusteeAdmin)).toEqual(before);
    },
    9 * minute,
  );

  it("cannot do anything once the trust is gone", async () => {
    await cloud.keystone.deleteTrust(access.trustId);
    const refused = await driver.survey(clouds.fromTrust(access)).catch((error: unknown) => error);
    expect(isOpenStackError(refused, "unauthorized")).toBe(true);
  });
});
