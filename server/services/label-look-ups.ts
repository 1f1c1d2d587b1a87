// What labels name in the cloud. Each is asked for beside whatever else a request names, and only where its label is set.
import type { Cloud } from "../../drivers/openstack/cloud.ts";
import { isOpenStackError } from "../../drivers/openstack/error.ts";
import { DomainError, type Reason } from "../domain/error.ts";
import type { LabelReader } from "../domain/label-reader.ts";

const volumeTypes = ["boot_volume_type", "etcd_volume_type", "docker_volume_type"] as const;

/** One promise a named thing; it rejects with volume_type_not_found, zone_not_found or label_refused. */
export function labelLookUps(cloud: Cloud, labels: LabelReader, { balancer }: { balancer: boolean }): Promise<void>[] {
  const questions: Promise<void>[] = [];
  const ask = (
    key: (typeof volumeTypes)[number] | "availability_zone" | "octavia_provider",
    find: (name: string) => Promise<boolean>,
    reason: Reason,
    words: (name: string) => string,
  ) => {
    const name = labels.get(key);
    if (name !== undefined) questions.push(findOrRefuse(find(name), reason, words(name), `labels.${key}`));
  };
  for (const key of volumeTypes)
    ask(
      key,
      async (name) => (await cloud.facts.listVolumeTypes(name)).some((type) => type.name === name || type.id === name),
      "volume_type_not_found",
      (name) => `Valid volume type could not be found: there is no ${name}.`,
    );
  ask(
    "availability_zone",
    async (name) => (await cloud.facts.listZones(name)).some((zone) => zone.name === name && zone.available),
    "zone_not_found",
    (name) => `There is no availability zone ${name} to use.`,
  );
  if (balancer)
    ask(
      "octavia_provider",
      async (name) => (await providersOrNone(cloud, name))?.includes(name) ?? true,
      "label_refused",
      (name) => `There is no load balancing provider ${name} in this cloud.`,
    );
  return questions;
}

async function findOrRefuse(found: Promise<boolean>, reason: Reason, message: string, field: string): Promise<void> {
  if (!(await found)) throw new DomainError(reason, message, { field });
}

/** Null where the cloud does not tell this caller, or has no balancing: "could not check" never blocks. */
async function providersOrNone(cloud: Cloud, name: string): Promise<readonly string[] | null> {
  try {
    return await cloud.facts.listProviders(name);
  } catch (error) {
    if (["forbidden", "not_found", "no_service"].some((kind) => isOpenStackError(error) && error.kind === kind))
      return null;
    throw error;
  }
}
