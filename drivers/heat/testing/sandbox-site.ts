// The sandbox with somebody in it who makes clusters by the driver alone: what tests of the driver start from.
import { randomUUID } from "node:crypto";
import type { Desired, NodegroupWish } from "../../driver.ts";
import { fedoraCoreosPair } from "../../kubernetes-fedora-coreos/driver.ts";
import { openClouds } from "../../openstack/clouds.ts";
import { startSandbox } from "../../sandbox/main.ts";
import { sandboxSettings } from "../../sandbox/testing/settings.ts";
import { Secret } from "../../../server/domain/secret.ts";
import { heatDriver } from "../driver.ts";
import { clusterServices } from "./cluster-services.ts";
import { converge } from "./converge.ts";
import type { ConvergeOptions } from "./converge.ts";
import { aDesired, aGroup } from "./desired.ts";
import type { DesiredPart } from "./desired.ts";

const domain = { name: "Default" };

export async function openSandboxSite() {
  const services = await clusterServices();
  const sandbox = await startSandbox({ host: "127.0.0.1", port: 0, speed: 100, apiUrl: services.url });
  const clouds = openClouds(sandboxSettings(sandbox.url));
  const owner = clouds.fromCredential({
    kind: "password",
    user: { name: "demo", domain },
    password: new Secret("demo"),
    scope: { project: { name: "demo", domain } },
  });

  /** A trustee of its own, with a trust of the person. */
  async function delegate(revision: number): Promise<Desired["credential"]> {
    const trusteePassword = new Secret('it\'s a "secret" \\ of %41 $HOME');
    const trustee = await clouds.identity.trustees.create({ name: randomUUID(), password: trusteePassword });
    const roles = (await owner.whoAmI()).roles.map((role) => role.name);
    const trust = await owner.keystone.createTrust({ trusteeUserId: trustee.id, roles });
    return { revision, trusteeUserId: trustee.id, trusteePassword, trustId: trust.id };
  }
  const credential = await delegate(1);
  /** With the cluster's own credential, as the conductor works. */
  const cloud = clouds.fromTrust(credential);
  const external = (await owner.neutron.findNetworks("public"))[0]?.id ?? "";

  async function group(part: Parameters<typeof aGroup>[0] & { flavorName?: string }): Promise<NodegroupWish> {
    const { flavorName = "m1.small", ...rest } = part;
    const flavor = await owner.nova.findFlavor(flavorName);
    const [image] = await owner.glance.listImages({ distro: "fedora-coreos" });
    if (!flavor || !image) throw new Error("the sandbox has no such flavor or image");
    return aGroup({ flavor, image: { id: image.id, minDiskGib: image.minDiskGib }, ...rest });
  }

  async function aCluster(part: DesiredPart = {}): Promise<Desired> {
    return aDesired({
      key: { id: randomUUID(), name: "Prod" },
      pki: { revision: "1", caPem: services.caPem },
      admin: services.admin,
      credential,
      endpoints: {
        apiUrl: services.url,
        region: "RegionOne",
        verifyCa: true,
        openstackCaPem: null,
      },
      nodegroups: [await group({ role: "master" }), await group({ count: 2 })],
      // Each address of 127/8 is this machine's: a port of its own keeps clusters of other tests away.
      template: { apiserverPort: 16443 },
      ...part,
      network: { externalNetwork: external, ...part.network },
    });
  }

  /** Converges with a driver that knows nothing from before. */
  const go = (want: Desired, options: ConvergeOptions = {}, by = clouds.fromTrust(want.credential)) =>
    converge(heatDriver(fedoraCoreosPair), by, want, { pollMs: 50, limitMs: 60_000, ...options });

  /** How many there are of everything that clusters are made of. */
  async function inventory(): Promise<Record<string, number>> {
    const [stacks, servers, networks, ports, floating, balancers, volumes, groups, routers] = await Promise.all([
      owner.heat.listStacks(),
      owner.nova.listServers(),
      owner.neutron.listNetworks(),
      owner.neutron.listPorts({}),
      owner.neutron.listFloatingIps(),
      owner.octavia.listLoadBalancers(),
      owner.cinder.listVolumes(),
      owner.neutron.listSecurityGroups(),
      owner.neutron.listRouters(),
    ]);
    const all = { stacks, servers, networks, ports, floating, balancers, volumes, groups, routers };
    return Object.fromEntries(Object.entries(all).map(([name, list]) => [name, list.length]));
  }

  const close = async () => {
    clouds.close();
    await sandbox.close();
    await services.close();
  };
  return { sandbox, services, clouds, owner, cloud, credential, delegate, group, aCluster, go, inventory, close };
}
