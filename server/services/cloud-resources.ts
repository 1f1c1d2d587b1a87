// What the pickers of forms offer, and what the project has used of the cloud. Every service is asked at once, with the
// caller's own rights; one that fails leaves its own part empty and says so, never the whole page.
import type { RequestContext } from "../auth/context.ts";
import { authorize } from "../auth/policy.ts";
import type { Cloud, Image, Network, ResourceLimit, Route, Subnet } from "../../drivers/openstack/cloud.ts";
import { DomainError } from "../domain/error.ts";
import { isOpenStackError } from "../../drivers/openstack/error.ts";
import { asDomainError } from "../errors.ts";
import { driverByType } from "./cluster-template/driver.ts";
import type { Deps } from "./deps.ts";
import type {
  CloudOptions,
  FlavorOption,
  ImageOption,
  Listing,
  NetworkOption,
  ProjectOverview,
  ResourceUse,
} from "./views.ts";

/** Everything that a form can choose from. */
export async function cloudOptions(deps: Deps, ctx: RequestContext): Promise<CloudOptions> {
  authorize(ctx, "cluster:get_all");
  const cloud = ctx.cloud();
  const listed = <T>(work: Promise<T[]>) => listing(ctx, work);
  const [flavors, images, networks, keypairs, zones, volumeTypes, loadBalancer, regions] = await Promise.all([
    listed(cloud.nova.listFlavors()),
    listed(cloud.glance.listImages().then((all) => all.flatMap((image) => imageOption(deps, image)))),
    listed(networkOptions(cloud)),
    listed(cloud.nova.listKeypairs()),
    listed(cloud.nova.listZones()),
    listed(cloud.cinder.listTypes()),
    cloud.octavia.available().catch(() => false),
    cloud.regions().catch(() => [ctx.region]),
  ]);
  return {
    flavors: mapped(
      flavors,
      ({ id, name, vcpus, ramMib, diskGib }): FlavorOption => ({ id, name, vcpus, ramMib, diskGib }),
      (a, b) => a.vcpus - b.vcpus || a.ramMib - b.ramMib || byName(a, b),
    ),
    images,
    networks,
    keypairs: mapped(keypairs, ({ name, fingerprint, type }) => ({ name, fingerprint, type })),
    zones: mapped(zones, ({ name, available }) => ({ name, available })),
    volumeTypes: mapped(volumeTypes, ({ name }) => ({ name })),
    loadBalancer,
    regions: [...regions],
  };
}

const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name, "en", { numeric: true });

function mapped<T, U extends { name: string }>(
  list: Listing<T>,
  turn: (item: T) => U,
  order: (a: U, b: U) => number = byName,
): Listing<U> {
  return list.ok ? { ok: true, items: list.items.map(turn).toSorted(order) } : list;
}

async function listing<T>(ctx: RequestContext, work: Promise<T[]>): Promise<Listing<T>> {
  try {
    return { ok: true, items: await work };
  } catch (error) {
    const known = asDomainError(error);
    if (!known || known.reason === "unauthenticated") throw error;
    ctx.log.warn({ err: error }, "part of the cloud could not be asked");
    return { ok: false, error: known.message };
  }
}

function imageOption(deps: Deps, image: Image): ImageOption[] {
  if (image.hidden) return [];
  const { id, name, distro, status, visibility, minDiskGib, minRamMib, sizeBytes, createdAt } = image;
  const driver = distro === null ? null : driverByType(deps, { serverType: "vm", distro, coe: "kubernetes" });
  return [
    { id, name, distro, status, visibility, minDiskGib, minRamMib, sizeBytes, createdAt, driver: driver?.name ?? null },
  ];
}

async function networkOptions(cloud: Cloud): Promise<NetworkOption[]> {
  const [networks, subnets, routes] = await Promise.all([
    cloud.neutron.listNetworks(),
    cloud.neutron.listSubnets(),
    // Without it the choice works, only the hint about the missing router is absent.
    cloud.neutron.listRoutes().catch((): Route[] => []),
  ]);
  return networks.map((network) => networkOption(network, subnets, routes)).toSorted(byName);
}

function networkOption(network: Network, subnets: readonly Subnet[], routes: readonly Route[]): NetworkOption {
  const routed = routes.flatMap((route) =>
    route.networkId === network.id && route.externalNetworkId !== null ? [route.externalNetworkId] : [],
  );
  return {
    id: network.id,
    name: network.name,
    external: network.external,
    shared: network.shared,
    subnets: subnets
      .filter((subnet) => subnet.networkId === network.id)
      .map(({ id, name, cidr, ipVersion, gateway }) => ({ id, name, cidr, ipVersion, gateway })),
    routedTo: [...new Set(routed)],
  };
}

/** The project's limits at the cloud and what is used of them. */
export async function cloudUse(ctx: RequestContext): Promise<ProjectOverview["cloud"]> {
  const cloud = ctx.cloud();
  const uses = (rows: [name: string, limit: ResourceLimit][]): ResourceUse[] =>
    rows.flatMap(([name, { used, limit }]) => (used === null ? [] : [{ name, used, limit }]));
  const [compute, volumes, network, loadBalancers] = await Promise.all([
    listing(
      ctx,
      cloud.nova.limits().then((l) =>
        uses([
          ["Servers", l.instances],
          ["vCPUs", l.cores],
          ["RAM (MiB)", l.ramMib],
        ]),
      ),
    ),
    listing(
      ctx,
      cloud.cinder.limits().then((l) =>
        uses([
          ["Volumes", l.volumes],
          ["Volume storage (GiB)", l.gib],
        ]),
      ),
    ),
    listing(
      ctx,
      cloud.neutron.limits().then((l) =>
        uses([
          ["Networks", l.networks],
          ["Routers", l.routers],
          ["Floating IPs", l.floatingIps],
          ["Ports", l.ports],
          ["Security groups", l.securityGroups],
        ]),
      ),
    ),
    listing(
      ctx,
      cloud.octavia
        .available()
        .then(async (there) => (there ? uses([["Load balancers", (await cloud.octavia.limits()).loadBalancers]]) : [])),
    ),
  ]);
  return { compute, volumes, network, loadBalancers };
}

export interface CreatedKeypair {
  name: string;
  fingerprint: string;
  /** Only when the cloud made the pair; it is shown once and kept nowhere. */
  privateKey?: string;
}

/** A keypair of the caller's. Throws conflict for a name that exists, invalid_input for a key that Nova refuses. */
export async function createKeypair(
  _deps: Deps,
  ctx: RequestContext,
  { name, publicKey }: { name: string; publicKey?: string | undefined },
): Promise<CreatedKeypair> {
  const { nova } = ctx.cloud();
  try {
    if (publicKey !== undefined) {
      const { fingerprint } = await nova.importKeypair(name, publicKey);
      return { name, fingerprint };
    }
    const made = await nova.createKeypair(name);
    return { name, fingerprint: made.fingerprint, privateKey: made.privateKey.reveal() };
  } catch (error) {
    if (isOpenStackError(error, "conflict"))
      throw new DomainError("conflict", `You already have a keypair named ${name}.`, { field: "name" });
    if (isOpenStackError(error, "bad_request"))
      throw new DomainError("invalid_input", error.message, { field: publicKey === undefined ? "name" : "public_key" });
    throw error;
  }
}
