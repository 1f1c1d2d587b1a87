// What a request names in OpenStack, found or refused in Magnum's words (magnum-api 3, 11.4). Facts of the cloud are those of
// the last minute; what is personal or counted is asked for each time.
import type { Cloud, Flavor, Image, Network, Subnet } from "../../drivers/openstack/cloud.ts";
import { isOpenStackError } from "../../drivers/openstack/error.ts";
import { DomainError } from "../domain/error.ts";

/** `field`: wire name of the input that the name came from. Throws image_not_found, _ambiguous, _not_readable. */
export async function findImage(cloud: Cloud, what: string, field: string): Promise<Image> {
  const images = await cloud.facts.findImages(what).catch((error: unknown) => {
    if (isOpenStackError(error, "forbidden"))
      throw new DomainError("image_not_readable", `Not authorized for image ${what}.`, { field });
    throw error;
  });
  const [image, another] = images;
  if (!image) throw new DomainError("image_not_found", `Image ${what} could not be found.`, { field });
  if (another)
    throw new DomainError(
      "image_ambiguous",
      `Multiple images exist with same name '${what}'. Please use the image ID instead.`,
      { field },
    );
  return image;
}

/** An image that says which distribution it holds, as drivers are chosen by it. Throws image_without_distro too. */
export async function findNodeImage(cloud: Cloud, what: string, field: string): Promise<Image & { distro: string }> {
  const image = await findImage(cloud, what, field);
  if (image.distro === null || image.distro === "")
    throw new DomainError("image_without_distro", `Image ${what} doesn't contain os_distro field.`, { field });
  return { ...image, distro: image.distro };
}

/** Throws flavor_not_found. */
export async function findFlavor(cloud: Cloud, what: string | null, field: string): Promise<Flavor> {
  const flavor = what === null ? null : await cloud.facts.findFlavor(what);
  if (!flavor)
    throw new DomainError("flavor_not_found", `Unable to find flavor ${what ?? "None"}.`, {
      field,
      ...(what === null ? { remedy: "Choose a flavor: the template names none." } : {}),
    });
  return flavor;
}

/** Root disks come from the flavor unless a volume is made for them (magnum-api 11.5). Throws flavor_zero_disk. */
export function checkRootDisk(flavor: Flavor, bootVolumeSizeGib: number, field: string): void {
  if (bootVolumeSizeGib <= 0 && flavor.diskGib === 0)
    throw new DomainError(
      "flavor_zero_disk",
      "Flavor with zero root volume size is not supported when boot_volume_size is zero.",
      { field, remedy: `Choose another flavor than ${flavor.name}, or set the label boot_volume_size.` },
    );
}

/** Throws external_network_not_found, network_ambiguous. */
export async function findExternalNetwork(cloud: Cloud, what: string, field: string): Promise<Network> {
  const found = (await cloud.facts.findNetworks(what, true)).filter((network) => network.external);
  return only(found, what, "external_network_not_found", `Unable to find external network ${what}.`, field);
}

/** Servers cannot be on an external one. Throws network_not_found, network_ambiguous. */
export async function findFixedNetwork(cloud: Cloud, what: string, field: string): Promise<Network> {
  const all = await cloud.facts.findNetworks(what, false);
  const found = all.filter((network) => !network.external);
  const why = found.length < all.length ? ": it is an external network, and nodes cannot be on one" : "";
  return only(found, what, "network_not_found", `Unable to find fixed network ${what}${why}.`, field);
}

/** Throws subnet_not_found, network_ambiguous. */
export async function findFixedSubnet(cloud: Cloud, what: string, field: string): Promise<Subnet> {
  const [subnet, another] = await cloud.facts.findSubnets(what);
  if (!subnet) throw new DomainError("subnet_not_found", `Unable to find fixed subnet ${what}.`, { field });
  if (another)
    throw new DomainError(
      "network_ambiguous",
      `Multiple subnets exist with same name '${what}'. Please use the subnet ID instead.`,
      { field },
    );
  return subnet;
}

function only(
  found: readonly Network[],
  what: string,
  reason: "network_not_found" | "external_network_not_found",
  message: string,
  field: string,
): Network {
  const [network, another] = found;
  if (!network) throw new DomainError(reason, message, { field });
  if (another)
    throw new DomainError(
      "network_ambiguous",
      `Multiple networks exist with same name '${what}'. Please use the network ID instead.`,
      { field },
    );
  return network;
}

/** Keypairs are personal: only those of the caller count. Throws keypair_not_found. */
export async function checkKeypair(cloud: Cloud, name: string): Promise<void> {
  if ((await cloud.nova.findKeypair(name)) === null)
    throw new DomainError("keypair_not_found", `Unable to find keypair ${name}.`, {
      field: "keypair",
      remedy: "Choose one of your own keypairs or create one under this name.",
    });
}
