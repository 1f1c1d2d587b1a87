import type { ClusterDriver, ClusterType } from "../../../drivers/driver.ts";
import type { Image } from "../../../drivers/openstack/cloud.ts";
import { DomainError } from "../../domain/error.ts";
import type { Deps } from "../deps.ts";

/** Who makes clusters of this kind, if anybody here does. */
export const driverByType = ({ drivers }: Pick<Deps, "drivers">, type: ClusterType): ClusterDriver | null =>
  drivers.find((driver) =>
    driver.provides.some(
      (each) => each.serverType === type.serverType && each.distro === type.distro && each.coe === type.coe,
    ),
  ) ?? null;

/**
 * The driver of a template: the named one, else the one that the image names, else by server type, distro and COE
 * (magnum-api 11.2). Throws driver_not_found.
 */
export function chooseDriver(
  deps: Pick<Deps, "drivers">,
  named: string | null,
  image: Image & { distro: string },
  { serverType, coe }: { serverType: "vm" | "bm"; coe: string },
): ClusterDriver {
  const name = named ?? image.properties["magnum_driver"] ?? null;
  if (name !== null) {
    const driver = deps.drivers.find((each) => each.name === name);
    // Its distributions are its author's word; a COE that it does not make would never become a cluster.
    if (driver?.provides.some((each) => each.serverType === serverType && each.coe === coe)) return driver;
    if (driver)
      throw new DomainError("driver_not_found", notSupported(serverType, image.distro, coe), {
        field: driver.provides.some((each) => each.coe === coe) ? "server_type" : "coe",
      });
    throw new DomainError("driver_not_found", `Cluster driver (${name}) not supported.`, {
      field: named === null ? "image_id" : "driver",
      remedy: `Choose one of: ${deps.drivers.map((each) => each.name).join(", ")}.`,
    });
  }
  const found = driverByType(deps, { serverType, distro: image.distro, coe });
  if (!found)
    throw new DomainError("driver_not_found", notSupported(serverType, image.distro, coe), {
      field: "image_id",
      remedy: "Choose an image of a distribution that this cloud's drivers serve.",
    });
  return found;
}

const notSupported = (serverType: string, distro: string, coe: string) =>
  `Cluster type (${serverType}, ${distro}, ${coe}) not supported.`;
