// Which driver serves which cluster. The list is built once at start; two drivers for one triple stop the start, since
// otherwise the one that happens to be found first would win.
import type { ClusterDriver, ClusterType } from "./driver.ts";

export interface DriverRegistry {
  all: readonly ClusterDriver[];
  /** By the name stored with a template or cluster; null when it is not enabled here. */
  byName(name: string): ClusterDriver | null;
  /** By server type, image distro and COE. */
  byType(type: ClusterType): ClusterDriver | null;
}

export function driverRegistry(drivers: readonly ClusterDriver[]): DriverRegistry {
  const word = ({ serverType, distro, coe }: ClusterType) => `${serverType}/${distro}/${coe}`;
  const byType = new Map<string, ClusterDriver>();
  const byName = new Map<string, ClusterDriver>();
  for (const driver of drivers) {
    if (byName.has(driver.name)) throw new Error(`two drivers are named ${driver.name}`);
    byName.set(driver.name, driver);
    for (const type of driver.provides) {
      const other = byType.get(word(type));
      if (other)
        throw new Error(`drivers ${other.name} and ${driver.name} both serve ${word(type)}: enable one of them`);
      byType.set(word(type), driver);
    }
  }
  return {
    all: drivers,
    byName: (name) => byName.get(name) ?? null,
    byType: (type) => byType.get(word(type)) ?? null,
  };
}
