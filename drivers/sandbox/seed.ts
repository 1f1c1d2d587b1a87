// The world that a newcomer finds: two projects with users of the same name, an administrator, a reader, flavors,
// images, networks whose floating addresses are loopback addresses of this machine, keypairs and volume types.
import { createHash, randomBytes, randomInt } from "node:crypto";
import { identityId, resourceId, type World } from "./world.ts";
import { scenarioFlavors, scenarioImages } from "./scenarios.ts";

const flavors: [name: string, ramMib: number, diskGib: number, vcpus: number][] = [
  ["m1.tiny", 512, 1, 1],
  ["m1.small", 2048, 20, 1],
  ["m1.medium", 4096, 40, 2],
  ["m1.large", 8192, 80, 4],
  ["m1.xlarge", 16384, 160, 8],
  ["c1.medium", 4096, 20, 4],
  ["c1.large", 8192, 40, 8],
];

const images: [name: string, distro: string | null, properties: Record<string, string>][] = [
  ["fedora-coreos-42", "fedora-coreos", { os_version: "42" }],
  ["fedora-coreos-41", "fedora-coreos", { os_version: "41" }],
  ["ubuntu-2404-kube-v1.33.4", "ubuntu", { kube_version: "v1.33.4" }],
  ["fedora-atomic-29", "fedora-atomic", {}],
  ["cirros", null, {}],
];

const roleNames = [
  "admin",
  "member",
  "reader",
  "service",
  "creator",
  "load-balancer_member",
  "heat_stack_owner",
  "heat_stack_user",
];
const member = ["member", "reader", "creator", "load-balancer_member", "heat_stack_owner"];

/**
 * Addresses of the network `public`: all of 127/8 is this machine's own on Linux, so that kubectl reaches them. Two
 * sandboxes on one machine have each their own: the second number is 42 on the port that is usual.
 */
const publicPrefix = (port: number): string =>
  `127.${port === 0 ? 43 + randomInt(198) : 42 + ((((port - 15_000) % 199) + 199) % 199)}`;

/** Makes what is missing; a world that was seeded before is left as people changed it. */
export function seed(world: World): void {
  if (world.domains.all().length > 0) return;
  const defaultDomain = world.domains.put({ id: "default", name: "Default" });
  const trustees = world.domains.put({ id: identityId(), name: "magnum" });
  for (const name of roleNames) world.roles.put({ id: identityId(), name });
  const project = (name: string) => world.projects.put({ id: identityId(), name, domainId: defaultDomain.id });
  const user = (name: string, password = name, domainId = defaultDomain.id) =>
    world.users.put({ id: identityId(), name, domainId, password, enabled: true });
  const grant = (userId: string, projectId: string | null, roles: string[], domainId: string | null = null) =>
    world.grants.put({ id: resourceId(), userId, projectId, domainId, roles });

  const [admins, demo, other, service] = ["admin", "demo", "other", "service"].map(project);
  if (!admins || !demo || !other || !service) throw new Error("the world has four projects");
  const admin = user("admin");
  for (const each of [admins, demo, other])
    grant(admin.id, each.id, ["admin", "member", "reader", "creator", "heat_stack_owner", "load-balancer_member"]);
  const people = { demo: user("demo"), other: user("other") };
  grant(people.demo.id, demo.id, member);
  grant(people.demo.id, other.id, ["member", "reader", "heat_stack_owner", "load-balancer_member"]);
  grant(people.other.id, other.id, member);
  grant(user("reader").id, demo.id, ["reader"]);
  grant(user("jeroboam").id, service.id, ["admin", "service"]);
  grant(user("trustee_domain_admin", "trustee_domain_admin", trustees.id).id, null, ["admin"], trustees.id);

  for (const [name, ram, disk, vcpus] of [...flavors, ...scenarioFlavors])
    world.flavors.put({ id: resourceId(), name, ram, disk, vcpus });
  for (const [name, distro, properties] of [...images, ...scenarioImages])
    world.images.put({
      id: resourceId(),
      name,
      os_distro: distro,
      properties,
      minDisk: distro ? 10 : 0,
      createdAt: world.now(),
    });
  for (const [name, description] of [
    ["standard", "Replicated disks"],
    ["fast", "Solid state"],
  ] as const)
    world.volumeTypes.put({ id: resourceId(), name, description });

  const prefix = publicPrefix(world.options.port);
  const outside = world.networks.put({
    id: resourceId(),
    name: "public",
    projectId: service.id,
    external: true,
    shared: false,
    tags: [],
  });
  world.subnets.put({
    id: resourceId(),
    name: "public-subnet",
    projectId: service.id,
    networkId: outside.id,
    cidr: `${prefix}.0.0/16`,
    gateway: `${prefix}.0.1`,
    dns: [],
    tags: [],
  });
  for (const [owner, name, range] of [
    [demo, "demo", "10.10.0"],
    [other, "other", "10.20.0"],
  ] as const) {
    const network = world.networks.put({
      id: resourceId(),
      name: `${name}-net`,
      projectId: owner.id,
      external: false,
      shared: false,
      tags: [],
    });
    const subnet = world.subnets.put({
      id: resourceId(),
      name: `${name}-subnet`,
      projectId: owner.id,
      networkId: network.id,
      cidr: `${range}.0/24`,
      gateway: `${range}.1`,
      dns: ["192.0.2.53"],
      tags: [],
    });
    const router = world.routers.put({
      id: resourceId(),
      name: `${name}-router`,
      projectId: owner.id,
      externalNetworkId: outside.id,
      tags: [],
    });
    world.ports.put({
      id: resourceId(),
      name: "",
      projectId: owner.id,
      networkId: network.id,
      subnetId: subnet.id,
      address: `${range}.1`,
      mac: randomMac(),
      deviceId: router.id,
      deviceOwner: "network:router_interface",
      securityGroups: [],
      description: "",
      tags: [],
    });
    world.securityGroups.put({
      id: resourceId(),
      name: "default",
      projectId: owner.id,
      description: "Default security group",
    });
  }
  for (const person of [people.demo, people.other, admin]) {
    const publicKey = `ssh-ed25519 ${Buffer.concat([Buffer.from("0000000b7373682d6564323535313900000020", "hex"), randomBytes(32)]).toString("base64")} ${person.name}@sandbox`;
    world.keypairs.put({
      id: `${person.id}/mykey`,
      userId: person.id,
      name: "mykey",
      publicKey,
      fingerprint: fingerprint(publicKey),
    });
  }
}

export const randomMac = (): string =>
  ["fa", "16", "3e", ...[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, "0"))].join(":");

export const fingerprint = (publicKey: string): string =>
  (
    createHash("md5")
      .update(Buffer.from(publicKey.split(" ")[1] ?? "", "base64"))
      .digest("hex")
      .match(/../g) ?? []
  ).join(":");
