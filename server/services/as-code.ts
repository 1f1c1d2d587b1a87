// A create request as other people's clients would send it: what the wizard shows under "the same as".
import type { ClusterCreate } from "../domain/cluster.ts";

/** The REST body: wire names, and only what was set. */
export function createBody(input: ClusterCreate): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries({
      name: input.name,
      cluster_template_id: input.clusterTemplateId,
      keypair: input.keypair,
      master_count: input.masterCount,
      node_count: input.nodeCount,
      master_flavor_id: input.masterFlavorId,
      flavor_id: input.flavorId,
      docker_volume_size: input.dockerVolumeSizeGib,
      labels: input.labels,
      merge_labels: input.mergeLabels,
      create_timeout: input.createTimeoutMinutes,
      discovery_url: input.discoveryUrl,
      fixed_network: input.fixedNetwork,
      fixed_subnet: input.fixedSubnet,
      floating_ip_enabled: input.floatingIpEnabled,
      master_lb_enabled: input.masterLbEnabled,
    }).filter(([, value]) => value !== undefined && value !== null),
  );
}

/** The command line; one option a line, quoted for a POSIX shell. */
export function createCommand(input: ClusterCreate): string {
  const options: [string, string | number | null | undefined][] = [
    ["--cluster-template", input.clusterTemplateId],
    ["--keypair", input.keypair],
    ["--master-count", input.masterCount],
    ["--node-count", input.nodeCount],
    ["--master-flavor", input.masterFlavorId],
    ["--flavor", input.flavorId],
    ["--docker-volume-size", input.dockerVolumeSizeGib],
    ["--timeout", input.createTimeoutMinutes],
    ["--discovery-url", input.discoveryUrl],
    ["--fixed-network", input.fixedNetwork],
    ["--fixed-subnet", input.fixedSubnet],
  ];
  const labels = Object.entries(input.labels ?? {});
  return [
    "openstack coe cluster create",
    ...options.flatMap(([name, value]) =>
      value === undefined || value === null ? [] : [`${name} ${quoted(String(value))}`],
    ),
    // One option a label: the client splits a joined list at commas, also inside of values.
    ...labels.map(([key, value]) => `--labels ${quoted(`${key}=${value}`)}`),
    ...(input.mergeLabels && labels.length > 0 ? ["--merge-labels"] : []),
    ...switched(input.floatingIpEnabled, "--floating-ip-enabled", "--floating-ip-disabled"),
    ...switched(input.masterLbEnabled, "--master-lb-enabled", "--master-lb-disabled"),
    quoted(input.name ?? "NAME"),
  ].join(" \\\n  ");
}

const switched = (value: boolean | null | undefined, on: string, off: string) =>
  value === true ? [on] : value === false ? [off] : [];

const quoted = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
