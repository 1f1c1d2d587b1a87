// Fills the OpenStack that `up` started, over its own APIs: what exists stays.
//   node seed.ts identity   projects, users, roles, domains, services with their endpoints
//   node seed.ts content    flavors, images, volume types, networks, key pairs
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { call, list, read, signIn } from "./session.ts";
import type { Session } from "./session.ts";

const IDENTITY = "http://127.0.0.1:5000/v3";
const REGION = "RegionOne";
const PASSWORD = "devcloud";
const CONTAINER_INFRA = process.env["JEROBOAM_CONTAINER_INFRA"] ?? "http://127.0.0.1:9511/v1";

const ROLES = [
  "service",
  "creator",
  "heat_stack_owner",
  "heat_stack_user",
  "load-balancer_member",
  "k8s_admin",
  "k8s_developer",
  "k8s_viewer",
];
const USER_ROLES = ["member", "reader", "heat_stack_owner", "creator", "load-balancer_member"];
const SERVICE_USERS = [
  "glance",
  "placement",
  "nova",
  "neutron",
  "cinder",
  "heat",
  "barbican",
  "octavia",
  "jeroboam",
  "magnum",
];
const SERVICES: [name: string, type: string, url: string][] = [
  ["glance", "image", "http://127.0.0.1:9292"],
  ["placement", "placement", "http://127.0.0.1:8778"],
  ["nova", "compute", "http://127.0.0.1:8774/v2.1"],
  ["neutron", "network", "http://127.0.0.1:9696"],
  ["cinderv3", "volumev3", "http://127.0.0.1:8776/v3/%(project_id)s"],
  ["cinder", "block-storage", "http://127.0.0.1:8776/v3/%(project_id)s"],
  ["heat", "orchestration", "http://127.0.0.1:8004/v1/%(project_id)s"],
  ["heat-cfn", "cloudformation", "http://127.0.0.1:8000/v1"],
  ["barbican", "key-manager", "http://127.0.0.1:9311"],
  ["octavia", "load-balancer", "http://127.0.0.1:9876"],
  ["jeroboam", "container-infra", CONTAINER_INFRA],
];
const FLAVORS: [name: string, ramMib: number, diskGib: number, vcpus: number][] = [
  ["m1.tiny", 512, 1, 1],
  ["m1.small", 2048, 20, 1],
  ["m1.medium", 4096, 40, 2],
  ["m1.large", 8192, 80, 4],
  ["m1.xlarge", 16384, 160, 8],
  ["c1.small", 2048, 20, 2],
  ["c1.medium", 4096, 20, 4],
  ["c1.large", 8192, 40, 8],
  ["c1.c2r4", 4096, 40, 2],
];
const IMAGES: Record<string, Record<string, string>> = {
  "fedora-coreos-38": { os_distro: "fedora-coreos" },
  "fedora-atomic-29": { os_distro: "fedora-atomic" },
  coreos: { os_distro: "coreos" },
  "ubuntu-mesos": { os_distro: "ubuntu" },
  "ubuntu-2204-kube-v1.27.4": { os_distro: "ubuntu", kube_version: "v1.27.4" },
  "ubuntu-2204-kube-v1.30.4": { os_distro: "ubuntu", kube_version: "v1.30.4" },
  "ubuntu-2204-kube-v1.31.1": { os_distro: "ubuntu", kube_version: "v1.31.1" },
  "cirros-plain": {},
};
const NETWORKS = { demo: "10.10.0.0/24", other: "10.20.0.0/24" };

const thing = z.looseObject({ id: z.string(), name: z.string() });
type Thing = z.infer<typeof thing>;

const signInAs = (name: string) =>
  signIn({
    authUrl: IDENTITY,
    user: { name, domain: "Default" },
    password: PASSWORD,
    scope: { project: name, domain: "Default" },
  });

/** Finds a thing by its name in the collection at `url` and makes it when it is not there. */
async function ensure(
  session: Session,
  url: string,
  name: string,
  make: Record<string, unknown>,
  find: Record<string, string> = {},
): Promise<Thing> {
  const plural = z.string().parse(new URL(url).pathname.split("/").at(-1));
  const singular = plural.replace("ies", "y").replace(/s$/, "");
  const query = new URLSearchParams({ name, ...find });
  const found = (await list(session, `${url}?${query.toString()}`, plural, thing)).find((one) => one.name === name);
  if (found) return found;
  const made = await call("POST", url, session, { [singular]: { name, ...make } });
  return read(made, singular, thing);
}

async function identity(): Promise<void> {
  const admin = await signInAs("admin");
  const roles = new Map<string, string>();
  for (const name of ["admin", "member", "reader", ...ROLES]) {
    roles.set(name, (await ensure(admin, `${IDENTITY}/roles`, name, {})).id);
  }
  const project = (name: string) => ensure(admin, `${IDENTITY}/projects`, name, { domain_id: "default" });
  const user = (name: string, domain = "default") =>
    ensure(admin, `${IDENTITY}/users`, name, { domain_id: domain, password: PASSWORD }, { domain_id: domain });
  const grant = async (scope: "projects" | "domains", target: Thing, to: Thing, names: string[]) => {
    for (const name of names) {
      const role = roles.get(name) ?? "";
      await call("PUT", `${IDENTITY}/${scope}/${target.id}/users/${to.id}/roles/${role}`, admin);
    }
  };

  const service = await project("service");
  for (const name of SERVICE_USERS) await grant("projects", service, await user(name), ["admin", "service"]);
  const [demo, other] = [await project("demo"), await project("other")];
  await grant("projects", demo, await user("demo"), USER_ROLES);
  await grant("projects", other, await user("other"), USER_ROLES);
  await grant("projects", other, await user("demo"), ["member"]);
  await grant("projects", demo, await user("reader"), ["reader"]);
  for (const each of [demo, other]) await grant("projects", each, await user("admin"), ["admin"]);
  for (const [name, domainAdmin] of [
    ["heat", "heat_domain_admin"],
    ["magnum", "trustee_domain_admin"],
  ] as const) {
    const domain = await ensure(admin, `${IDENTITY}/domains`, name, {});
    await grant("domains", domain, await user(domainAdmin, domain.id), ["admin"]);
  }

  const known = await list(
    admin,
    `${IDENTITY}/endpoints`,
    "endpoints",
    z.object({ id: z.string(), service_id: z.string(), interface: z.string(), url: z.string() }),
  );
  for (const [name, type, url] of SERVICES) {
    const { id } = await ensure(admin, `${IDENTITY}/services`, name, { type }, { type });
    for (const visibility of ["public", "internal", "admin"]) {
      const have = known.find((endpoint) => endpoint.service_id === id && endpoint.interface === visibility);
      const endpoint = { service_id: id, interface: visibility, url, region_id: REGION };
      if (!have) await call("POST", `${IDENTITY}/endpoints`, admin, { endpoint });
      else if (have.url !== url) await call("PATCH", `${IDENTITY}/endpoints/${have.id}`, admin, { endpoint: { url } });
    }
  }
}

async function content(): Promise<void> {
  const admin = await signInAs("admin");
  const directory = mkdtempSync(join(tmpdir(), "jeroboam-seed-"));
  try {
    const flavors = await list(admin, `${admin.at("compute")}/flavors`, "flavors", thing);
    for (const [name, ram, disk, vcpus] of FLAVORS) {
      if (flavors.some((flavor) => flavor.name === name)) continue;
      await call("POST", `${admin.at("compute")}/flavors`, admin, { flavor: { name, ram, disk, vcpus } });
    }

    const disk = join(directory, "empty.qcow2");
    execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", disk, "1G"]);
    const images = await list(admin, `${admin.at("image")}/v2/images?status=active&limit=200`, "images", thing);
    for (const [name, properties] of Object.entries(IMAGES)) {
      if (images.some((image) => image.name === name)) continue;
      const made = await call("POST", `${admin.at("image")}/v2/images`, admin, {
        name,
        disk_format: "qcow2",
        container_format: "bare",
        visibility: "public",
        min_disk: properties["os_distro"] === undefined ? 0 : 10,
        ...properties,
      });
      const image = thing.parse(await made.json());
      await call("PUT", `${admin.at("image")}/v2/images/${image.id}/file`, admin, readFileSync(disk));
    }

    const types = await list(admin, `${admin.at("volumev3")}/types`, "volume_types", thing);
    for (const name of ["standard", "fast"]) {
      if (types.some((type) => type.name === name)) continue;
      await call("POST", `${admin.at("volumev3")}/types`, admin, { volume_type: { name } });
    }

    const neutron = `${admin.at("network")}/v2.0`;
    const outside = await ensure(admin, `${neutron}/networks`, "public", {
      "router:external": true,
      "provider:network_type": "local",
    });
    // Floating addresses are loopback addresses, so that what stands in for a node can answer at them.
    await ensure(admin, `${neutron}/subnets`, "public-subnet", {
      network_id: outside.id,
      ip_version: 4,
      cidr: "127.24.4.0/24",
      gateway_ip: "127.24.4.1",
      enable_dhcp: false,
      allocation_pools: [{ start: "127.24.4.10", end: "127.24.4.250" }],
    });
    for (const [name, cidr] of Object.entries(NETWORKS)) {
      await projectContent(await signInAs(name), name, cidr, outside, directory);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function projectContent(
  user: Session,
  name: string,
  cidr: string,
  outside: Thing,
  directory: string,
): Promise<void> {
  const neutron = `${user.at("network")}/v2.0`;
  const own = { project_id: user.projectId ?? "" };
  const network = await ensure(user, `${neutron}/networks`, `${name}-net`, {}, own);
  const subnet = await ensure(
    user,
    `${neutron}/subnets`,
    `${name}-subnet`,
    { network_id: network.id, ip_version: 4, cidr, dns_nameservers: ["8.8.8.8"] },
    own,
  );
  const gateway = { external_gateway_info: { network_id: outside.id } };
  const router = await ensure(user, `${neutron}/routers`, `${name}-router`, gateway, own);
  const ports = await list(user, `${neutron}/ports?device_id=${router.id}`, "ports", z.looseObject({ id: z.string() }));
  if (ports.length === 0) {
    await call("PUT", `${neutron}/routers/${router.id}/add_router_interface`, user, { subnet_id: subnet.id });
  }

  const keypair = z.object({ keypair: z.object({ name: z.string() }) });
  const keypairs = await list(user, `${user.at("compute")}/os-keypairs`, "keypairs", keypair);
  if (keypairs.some((one) => one.keypair.name === "mykey")) return;
  const file = join(directory, name);
  if (!existsSync(file)) execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file]);
  const publicKey = readFileSync(`${file}.pub`, "utf8").trim();
  await call("POST", `${user.at("compute")}/os-keypairs`, user, { keypair: { name: "mykey", public_key: publicKey } });
}

const parts: Record<string, (() => Promise<void>) | undefined> = { identity, content };
const part = parts[process.argv[2] ?? ""];
if (!part) throw new Error("Say what to fill: identity or content.");
await part();
