// What a new cloud holds: people, projects, flavors, images, networks.
import { generateKeyPairSync } from "node:crypto";
import type { Core } from "./core.ts";
import { digest, hexId, uuid } from "./core.ts";
import { newPassword } from "./keystone.ts";
import type { Networking } from "./networking.ts";
import { fingerprintOf } from "./nova.ts";
import { setLimits } from "./quota.ts";
import { scenarioFlavors } from "./scenarios.ts";

const roles = [
  "admin", "member", "reader", "service", "creator", "observer", "heat_stack_owner", "heat_stack_user", "load-balancer_member",
  "load-balancer_admin", "k8s_admin", "k8s_developer", "k8s_viewer",
]; // prettier-ignore
const usual = ["member", "reader", "heat_stack_owner", "creator", "load-balancer_member"];
const flavors: [name: string, ramMib: number, diskGib: number, vcpus: number][] = [
  ["m1.tiny", 512, 1, 1],
  ["m1.small", 2048, 20, 1],
  ["m1.medium", 4096, 40, 2],
  ["m1.large", 8192, 80, 4],
  ["m1.xlarge", 16384, 160, 8],
  ["c1.small", 2048, 20, 2],
  ["c1.medium", 4096, 20, 4],
  ["c1.large", 8192, 40, 8],
  ["c1.c2r4", 4096, 40, 2],
  ...scenarioFlavors.map((name): [string, number, number, number] => [name, 4096, 20, 2]),
];
const images: [name: string, properties: Record<string, string>][] = [
  ["fedora-coreos-38", { os_distro: "fedora-coreos", os_version: "38" }],
  ["fedora-atomic-29", { os_distro: "fedora-atomic" }],
  ["coreos", { os_distro: "coreos" }],
  ["ubuntu-mesos", { os_distro: "ubuntu" }],
  ["ubuntu-2204-kube-v1.27.4", { os_distro: "ubuntu", kube_version: "v1.27.4" }],
  ["ubuntu-2204-kube-v1.30.4", { os_distro: "ubuntu", kube_version: "v1.30.4" }],
  ["ubuntu-2204-kube-v1.31.1", { os_distro: "ubuntu", kube_version: "v1.31.1" }],
  ["cirros-plain", {}],
];

/** Fills an empty cloud. */
export function seed(core: Core, net: Networking): void {
  const { state } = core;
  const at = core.now();
  const roleIds = new Map(roles.map((name) => [name, state.roles.save({ id: hexId(), name }).id]));
  const domain = (id: string, name: string) => state.domains.save({ id, name, enabled: true, description: "" });
  domain("default", "Default");
  const project = (name: string) =>
    state.projects.save({ id: hexId(), name, domainId: "default", enabled: true, description: "" });
  const user = (name: string, domainId = "default", defaultProjectId: string | null = null) =>
    state.users.save({
      id: hexId(),
      name,
      domainId,
      enabled: true,
      description: "",
      defaultProjectId,
      ...newPassword(name),
    });
  const grant = (userId: string, target: { projectId: string } | { domainId: string }, names: readonly string[]) => {
    for (const name of names) {
      const scope = { projectId: null, domainId: null, ...target };
      const roleId = roleIds.get(name) ?? "";
      state.grants.save({
        id: `${scope.projectId ?? scope.domainId ?? ""} ${userId} ${roleId}`,
        userId,
        roleId,
        ...scope,
      });
    }
  };
  const [admin, service, demo, other] = [project("admin"), project("service"), project("demo"), project("other")];
  const people = {
    admin: user("admin", "default", admin.id),
    demo: user("demo", "default", demo.id),
    other: user("other", "default", other.id),
  };
  grant(people.admin.id, { projectId: admin.id }, ["admin"]);
  grant(people.demo.id, { projectId: demo.id }, usual);
  grant(people.demo.id, { projectId: other.id }, ["member"]);
  grant(people.other.id, { projectId: other.id }, usual);
  for (const each of [demo, other]) grant(people.admin.id, { projectId: each.id }, ["admin"]);
  grant(user("reader").id, { projectId: demo.id }, ["reader"]);
  grant(user("jeroboam").id, { projectId: service.id }, ["admin", "service"]);
  for (const [name, manager] of [
    ["heat", "heat_domain_admin"],
    ["magnum", "trustee_domain_admin"],
  ] as const) {
    const { id } = domain(hexId(), name);
    grant(user(manager, id).id, { domainId: id }, ["admin"]);
  }

  for (const [name, ram, disk, vcpus] of flavors) state.flavors.save({ id: uuid(), name, ram, disk, vcpus, specs: {} });
  images.forEach(([name, properties], n) => {
    const id = uuid();
    state.images.save({
      id, name, owner: admin.id, visibility: "public", status: "active", size: 196624, minDisk: "os_distro" in properties ? 10 : 0, minRam: 0,
      diskFormat: "qcow2", containerFormat: "bare", checksum: digest(id).slice(0, 32), hidden: false, isProtected: false, tags: [], properties,
      createdAt: at + n, updatedAt: at + n,
    }); // prettier-ignore
  });
  state.volumeTypes.save({ id: uuid(), name: "__DEFAULT__", description: "Default Volume Type", isPublic: true });
  for (const name of ["standard", "fast"])
    state.volumeTypes.save({ id: uuid(), name, description: null, isPublic: true });

  // Floating addresses are loopback addresses, so that a node's Kubernetes API can really listen there; which ones is left
  // to chance, so that two clouds on one machine do not get in each other's way.
  const range = `127.${32 + Math.floor(Math.random() * 80)}.${Math.floor(Math.random() * 256)}`;
  const caller = { userId: people.admin.id, projectId: admin.id, domainId: null, roles: ["admin"], isAdmin: true };
  const outside = net.createNetwork(admin.id, { name: "public", external: true });
  net.createSubnet(admin.id, caller, {
    name: "public-subnet",
    network_id: outside.id,
    cidr: `${range}.0/24`,
    enable_dhcp: false,
    allocation_pools: [{ start: `${range}.10`, end: `${range}.250` }],
  });
  for (const [owner, name, cidr] of [
    [demo, "demo", "10.10.0.0/24"],
    [other, "other", "10.20.0.0/24"],
  ] as const) {
    const network = net.createNetwork(owner.id, { name: `${name}-net` });
    const subnet = net.createSubnet(owner.id, caller, {
      name: `${name}-subnet`,
      network_id: network.id,
      cidr,
      dns_nameservers: ["8.8.8.8"],
    });
    net.addInterface(net.createRouter(owner.id, { name: `${name}-router`, externalNetworkId: outside.id }), subnet.id);
    net.defaultSecurityGroup(owner.id);
    const publicKey = sshKey(`${name}@sandbox`);
    const { id } = people[name];
    state.keypairs.save({
      id: `${id} mykey`,
      userId: id,
      name: "mykey",
      publicKey,
      fingerprint: fingerprintOf(publicKey),
      type: "ssh",
      createdAt: at,
    });
  }
  const adminKey = sshKey("admin@sandbox");
  state.keypairs.save({
    id: `${people.admin.id} mykey`,
    userId: people.admin.id,
    name: "mykey",
    publicKey: adminKey,
    fingerprint: fingerprintOf(adminKey),
    type: "ssh",
    createdAt: at,
  });
  setLimits(core, "compute", service.id, { instances: -1, cores: -1, ram: -1 });
}

/** A key of which nobody has the private half. */
function sshKey(comment: string): string {
  const { x = "" } = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
  const part = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return `ssh-ed25519 ${Buffer.concat([part(Buffer.from("ssh-ed25519")), part(Buffer.from(x, "base64url"))]).toString("base64")} ${comment}`;
}
