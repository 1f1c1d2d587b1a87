// A cluster's API of the sandbox without the cloud around it: authorities made by openssl, rows put in place by hand.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aDesired } from "../../heat/testing/desired.ts";
import { parseNodeEnv, renderNodeEnv } from "../../kubernetes/node-env.ts";
import type { NodeEnv, NodeValues } from "../../kubernetes/node-env.ts";
import { Secret } from "../../../server/domain/secret.ts";
import type { Core } from "../core.ts";
import { servingFor } from "../kube-serving.ts";
import { openKubernetes } from "../kubernetes.ts";
import type { Port, Server } from "../model.ts";
import { openState } from "../state.ts";

const clusterId = aDesired().key.id;
const common = { projectId: "p", description: "", tags: [], createdAt: 0, updatedAt: 0 };

export interface Authority {
  pem: string;
  keyPem: string;
  /** An administrator's certificate by it. */
  admin: { certPem: string; keyPem: Secret };
}

/** Address and port are the caller's choice; nothing else of the machine is used. */
export function kubeWorld(at: string, port: number, name = "prod") {
  const folder = mkdtempSync(join(tmpdir(), "jeroboam-kube-"));
  const state = openState(undefined);
  const core: Core = {
    state,
    speed: 100,
    url: () => "http://127.0.0.1",
    apiUrl: "http://127.0.0.1",
    tokenLifeMs: 1000,
    log: { info: () => {}, warn: () => {} },
    now: () => Date.now(),
    after: (seconds) => Date.now() + (seconds * 1000) / 100,
    wake: () => {},
  };
  const kubernetes = openKubernetes(core);
  const vip: Port = {
    ...common, id: "vip", name: "", networkId: "n", mac: "", fixedIps: [], securityGroupIds: [], allowedAddressPairs: [], deviceId: "", deviceOwner: "", status: "ACTIVE", adminStateUp: true,
  }; // prettier-ignore
  state.floatingIps.save({ ...common, id: "f", address: at, networkId: "n", portId: vip.id, fixedIp: null });
  const shared = {
    ...common,
    name: "",
    adminStateUp: true,
    provisioningStatus: "ACTIVE",
    operatingStatus: "ONLINE",
    balancerId: "lb",
  };
  state.balancers.save({ ...shared, id: "lb", vipAddress: "", vipPortId: vip.id, vipSubnetId: "", vipNetworkId: "", provider: "", flavorId: null, zone: null, dueAt: null }); // prettier-ignore
  state.listeners.save({ ...shared, id: "l", protocol: "TCP", protocolPort: port, defaultPoolId: "pool", allowedCidrs: null, connectionLimit: -1 }); // prettier-ignore
  state.pools.save({ ...shared, id: "pool", protocol: "TCP", algorithm: "", listenerId: "l" });

  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { cwd: folder, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  let made = 0;

  return {
    core,
    kubernetes,
    clusterId,
    authority(): Authority {
      const ca = `ca-${++made}`;
      openssl(
        "req",
        "-x509",
        ...curve,
        "-keyout",
        `${ca}.key`,
        "-out",
        `${ca}.crt`,
        "-days",
        "2",
        "-subj",
        `/CN=${ca}`,
      );
      openssl("req", ...curve, "-keyout", "admin.key", "-out", "admin.csr", "-subj", "/O=system:masters/CN=admin");
      const keyPem = new Secret(readFileSync(join(folder, "admin.key"), "utf8"));
      const certPem = openssl("x509", "-req", "-in", "admin.csr", "-CA", `${ca}.crt`, "-CAkey", `${ca}.key`, "-CAcreateserial", "-days", "1"); // prettier-ignore
      const read = (end: string) => readFileSync(join(folder, `${ca}.${end}`), "utf8");
      return { pem: read("crt"), keyPem: read("key"), admin: { certPem, keyPem } };
    },
    env: (node: string, address: string, values: NodeValues = {}): NodeEnv => ({
      ...parseNodeEnv(renderNodeEnv({ CLUSTER_UUID: clusterId, CLUSTER_NAME: name, ROLE: "master", API_PORT: String(port), KUBE_TAG: "v1.31.1", SERVICE_CIDR: "10.254.0.0/16", FIRST_INDEX: "0", ...values })),
      INDEX: node.split("-").at(-1) ?? "",
      NODE_NAME: node,
      NODE_ADDRESS: address,
      API_ADDRESS: address,
      API_PUBLIC_ADDRESS: at,
    }), // prettier-ignore
    /** A server with a port, behind the balancer. */
    server(id: string, address: string): Server {
      state.ports.save({ ...vip, id: `port-${id}`, fixedIps: [{ subnet_id: "s", ip_address: address }] });
      state.members.save({ ...shared, id: `member-${id}`, poolId: "pool", address, protocolPort: port, subnetId: null, weight: 1, backup: false }); // prettier-ignore
      return state.servers.save({
        id, name: id, projectId: "p", userId: "u", flavorId: "m1.small", imageId: null, keyName: null, userData: null, metadata: {}, zone: "nova", portIds: [`port-${id}`], ownPortIds: [],
        volumeIds: [], serverGroupId: null, securityGroups: [], status: "ACTIVE", taskState: null, fault: null, createdAt: 0, updatedAt: 0, launchedAt: 0, dueAt: null, host: "h",
      }); // prettier-ignore
    },
    /** A control plane node that has come up. */
    async master(
      name: string,
      address: string,
      bundle: string,
      signer: Authority,
      values: NodeValues = {},
    ): Promise<void> {
      const env = this.env(name, address, values);
      const server = this.server(name, address);
      kubernetes.join(env, server, await servingFor(env, bundle, signer.keyPem));
      kubernetes.register(env, server);
      kubernetes.advance();
    },
    worker(name: string, address: string, values: NodeValues = {}): void {
      kubernetes.register({ ...this.env(name, address), ROLE: "worker", ...values }, this.server(name, address));
    },
    async close() {
      await kubernetes.close();
      rmSync(folder, { recursive: true });
    },
  };
}
