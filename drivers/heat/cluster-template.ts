// The cluster stack: what masters and workers share. Rendered whole, with nothing in it that this cluster does not need.
import type { Desired } from "../driver.ts";
import { getAttr, getResource } from "./hot.ts";
import type { Hot } from "./hot.ts";
import { baseName } from "./names.ts";
import { networkPlan } from "./network.ts";
import type { HeatCoe } from "./pair.ts";

export interface Template {
  heat_template_version: string;
  description: string;
  parameters: Record<string, Hot>;
  resources: Record<string, Hot>;
  outputs: Record<string, Hot>;
}

export const balancerType = "OS::Octavia::LoadBalancer";

export const templateVersion = "2018-08-31";

/** Names of outputs are ours; `api_address` is also Magnum's. */
export function renderClusterTemplate(want: Desired, coe: HeatCoe): Template {
  const name = baseName(want.key);
  const plan = networkPlan(want);
  const port = coe.apiPort(want);
  const podCidr = coe.podCidr(want);
  const resources: Record<string, Hot> = {};
  const outputs: Record<string, Hot> = {};
  const output = (key: string, value: Hot) => (outputs[key] = { value });
  const tags = ["coe", `coe-cluster-${want.key.id}`];

  let network: Hot = want.network.fixedNetwork;
  let subnet: Hot = want.network.fixedSubnet;
  const gateway: string[] = [];
  if (plan.ownNetwork) {
    resources["network"] = { type: "OS::Neutron::Net", properties: { name, tags } };
    network = getResource("network");
    resources["subnet"] = {
      type: "OS::Neutron::Subnet",
      properties: {
        name,
        network,
        cidr: plan.subnetCidr,
        ip_version: plan.subnetCidr?.includes(":") ? 6 : 4,
        dns_nameservers: [...want.template.dnsNameservers],
        tags,
      },
    };
    subnet = getResource("subnet");
    if (want.network.externalNetwork !== null) {
      resources["router"] = {
        type: "OS::Neutron::Router",
        properties: { name, external_gateway_info: { network: want.network.externalNetwork }, tags },
      };
      resources["router_interface"] = {
        type: "OS::Neutron::RouterInterface",
        properties: { router: getResource("router"), subnet },
      };
      gateway.push("router_interface");
      output("router_id", getResource("router"));
    }
  }
  output("network_id", network);
  if (subnet !== null) output("subnet_id", subnet);

  for (const group of ["masters", "workers"])
    resources[`${group}_security_group`] = {
      type: "OS::Neutron::SecurityGroup",
      properties: { name: `${name}-${group}`, description: `Cluster ${want.key.id}, ${group}` },
    };
  const rule = (key: string, group: string, properties: Record<string, Hot>) =>
    (resources[key] = {
      type: "OS::Neutron::SecurityGroupRule",
      properties: { security_group: getResource(`${group}_security_group`), direction: "ingress", ...properties },
    });
  for (const group of ["masters", "workers"]) {
    for (const from of ["masters", "workers"])
      rule(`${group}_from_${from}`, group, { remote_group: getResource(`${from}_security_group`) });
    // Networks without encapsulation show the address of the pod, not that of the node.
    rule(`${group}_from_pods`, group, { remote_ip_prefix: podCidr });
  }
  // A balancer of the ovn provider keeps the client's address; others speak from an address of the subnet.
  const throughBalancer = plan.balancer && plan.balancerProvider !== "ovn" && plan.subnetCidr !== null;
  const apiFrom = throughBalancer ? [plan.subnetCidr] : (plan.allowedCidrs ?? [null]);
  apiFrom.forEach((range, index) =>
    rule(`masters_api_${index}`, "masters", {
      protocol: "tcp",
      port_range_min: port,
      port_range_max: port,
      ...(range === null ? {} : { remote_ip_prefix: range, ...(range.includes(":") ? { ethertype: "IPv6" } : {}) }),
    }),
  );
  if (plan.subnetCidr !== null)
    for (const protocol of ["tcp", "udp"])
      rule(`workers_node_ports_${protocol}`, "workers", {
        protocol,
        port_range_min: 30000,
        port_range_max: 32767,
        remote_ip_prefix: plan.subnetCidr,
      });
  output("masters_security_group_id", getResource("masters_security_group"));
  output("workers_security_group_id", getResource("workers_security_group"));

  resources["masters_server_group"] = {
    type: "OS::Nova::ServerGroup",
    properties: { name: `${name}-masters`, policies: ["soft-anti-affinity"] },
  };
  output("masters_server_group_id", getResource("masters_server_group"));

  let floatingPort: Hot;
  if (plan.balancer) {
    resources["api_balancer"] = {
      type: balancerType,
      properties: {
        name: `${name}-api`,
        description: `Kubernetes API of cluster ${want.key.id}`,
        vip_subnet: subnet,
        ...(plan.balancerProvider === null ? {} : { provider: plan.balancerProvider }),
      },
      ...(plan.ownNetwork ? { depends_on: ["subnet", ...gateway] } : {}),
    };
    resources["api_listener"] = {
      type: "OS::Octavia::Listener",
      properties: {
        name: `${name}-api`,
        loadbalancer: getResource("api_balancer"),
        protocol: "TCP",
        protocol_port: port,
        ...(plan.allowedCidrs === null ? {} : { allowed_cidrs: plan.allowedCidrs }),
      },
    };
    resources["api_pool"] = {
      type: "OS::Octavia::Pool",
      properties: {
        name: `${name}-api`,
        listener: getResource("api_listener"),
        protocol: "TCP",
        lb_algorithm: plan.balancerAlgorithm,
      },
    };
    if (plan.balancerHealthcheck)
      resources["api_monitor"] = {
        type: "OS::Octavia::HealthMonitor",
        properties: { pool: getResource("api_pool"), type: "TCP", delay: 5, max_retries: 3, timeout: 4 },
      };
    output("api_balancer_id", getResource("api_balancer"));
    output("api_pool_id", getResource("api_pool"));
    output("api_private_address", getAttr("api_balancer", "vip_address"));
    floatingPort = getAttr("api_balancer", "vip_port_id");
  } else {
    // The single master's port lives here: the address is known before the master is, and outlives its server.
    resources["api_port"] = nodePort(
      `${name}-api`,
      network,
      subnet,
      getResource("masters_security_group"),
      podCidr,
      gateway,
    );
    output("api_port_id", getResource("api_port"));
    output("api_private_address", getAttr("api_port", "fixed_ips", 0, "ip_address"));
    floatingPort = getResource("api_port");
  }
  if (plan.apiFloating) {
    resources["api_floating"] = {
      type: "OS::Neutron::FloatingIP",
      properties: { floating_network: want.network.externalNetwork, port_id: floatingPort },
      ...(gateway.length > 0 ? { depends_on: gateway } : {}),
    };
    output("api_public_address", getAttr("api_floating", "floating_ip_address"));
  }
  output(
    "api_address",
    plan.apiFloating ? getAttr("api_floating", "floating_ip_address") : outputValue(outputs, "api_private_address"),
  );
  return {
    heat_template_version: templateVersion,
    description: `Cluster ${want.key.name} (${want.key.id}): network, security groups and API address`,
    parameters: {},
    resources,
    outputs,
  };
}

function outputValue(outputs: Record<string, Hot>, name: string): Hot {
  const found = outputs[name];
  return typeof found === "object" && found !== null && "value" in found ? (found["value"] ?? null) : null;
}

/** A node's port: its own address, and the pods' behind it. */
export function nodePort(
  name: Hot,
  network: Hot,
  subnet: Hot,
  securityGroup: Hot,
  podCidr: string,
  after: string[] = [],
): Hot {
  return {
    type: "OS::Neutron::Port",
    properties: {
      name,
      network,
      ...(subnet === null ? {} : { fixed_ips: [{ subnet }] }),
      security_groups: [securityGroup],
      allowed_address_pairs: [{ ip_address: podCidr }],
    },
    ...(after.length > 0 ? { depends_on: after } : {}),
  };
}
