// How much a project may have. -1 = no limit.
import type { Core } from "./core.ts";

export type QuotaService = "compute" | "network" | "volume" | "load-balancer" | "orchestration";

const usual: Readonly<Record<QuotaService, Readonly<Record<string, number>>>> = {
  compute: { instances: 50, cores: 200, ram: 400 * 1024, key_pairs: 100, server_groups: 40, server_group_members: 40 },
  network: {
    network: 40, subnet: 40, subnetpool: -1, port: 500, router: 20, floatingip: 50, rbac_policy: 10, security_group: 60, security_group_rule: 800,
  },
  volume: { volumes: 100, gigabytes: 5000, snapshots: 50, backups: 10, backup_gigabytes: 1000 },
  "load-balancer": { load_balancer: 20, listener: 80, pool: 80, member: 400, health_monitor: 80 },
  orchestration: { stacks: 512 },
}; // prettier-ignore

export const limitsFor = (core: Core, service: QuotaService, projectId: string): Record<string, number> => ({
  ...usual[service],
  ...core.state.quotas.get(`${service} ${projectId}`)?.limits,
});

export const limitFor = (core: Core, service: QuotaService, projectId: string, name: string): number =>
  limitsFor(core, service, projectId)[name] ?? -1;

export function setLimits(core: Core, service: QuotaService, projectId: string, limits: Record<string, number>): void {
  const id = `${service} ${projectId}`;
  core.state.quotas.save({ id, limits: { ...core.state.quotas.get(id)?.limits, ...limits } });
}
