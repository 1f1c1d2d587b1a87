import type { ClusterTemplate } from "../../domain/cluster-template.ts";
import type { ClusterFacts } from "../../domain/facts.ts";

/** What of the template the cluster keeps, whatever becomes of the template. */
export const snapshotOf = (
  template: Omit<ClusterTemplate, "id" | "projectId" | "userId" | "createdAt" | "updatedAt">,
): ClusterFacts["template"] => ({
  name: template.name,
  coe: template.coe,
  distro: template.clusterDistro,
  serverType: template.serverType,
  tlsDisabled: template.tlsDisabled,
  registryEnabled: template.registryEnabled,
  insecureRegistry: template.insecureRegistry,
  networkDriver: template.networkDriver,
  volumeDriver: template.volumeDriver,
  dockerStorageDriver: template.dockerStorageDriver,
  apiserverPort: template.apiserverPort,
  externalNetwork: template.externalNetworkId,
  dnsNameservers: (template.dnsNameserver ?? "").split(",").flatMap((each) => each.trim() || []),
  httpProxy: template.httpProxy,
  httpsProxy: template.httpsProxy,
  noProxy: template.noProxy,
});
