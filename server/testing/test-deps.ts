// What services need, for tests: a real database, real secrets, and a cloud that the test chooses.
import type { Capabilities, ClusterDriver, Footprint, Problem } from "../../drivers/driver.ts";
import type { Clouds } from "../../drivers/openstack/cloud.ts";
import { openClouds } from "../../drivers/openstack/clouds.ts";
import { openAuth } from "../auth/auth.ts";
import { readPolicies } from "../auth/policy.ts";
import { openChanges } from "../changes.ts";
import type { Clock } from "../clock.ts";
import { changesSince, latestSeq } from "../db/change.ts";
import type { Db } from "../db/client.ts";
import { readEnv } from "../env.ts";
import { openKeyStore } from "../pki/key-store.ts";
import type { Deps } from "../services/deps.ts";
import { silentLog, testClock, testSecrets } from "./test-context.ts";

/** `clouds`: default is one that nobody answers for, as in an outage. */
export function testDeps(
  db: Db,
  given: { clouds?: Clouds; drivers?: readonly ClusterDriver[]; clock?: Clock } = {},
): Deps {
  const env = readEnv({ DATABASE_URL: "file:unused.db", SANDBOX_PORT: "1" });
  const clouds = given.clouds ?? openClouds(env.openstack);
  const clock = given.clock ?? testClock();
  const secrets = testSecrets();
  return {
    env,
    db,
    log: silentLog,
    clock,
    secrets,
    keys: openKeyStore(secrets, "sealed", () => Promise.reject(new Error("there is no key manager in this test"))),
    auth: openAuth(
      { db, clouds, secrets, clock, log: silentLog, policies: readPolicies(null) },
      { region: "RegionOne", session: env.session },
    ),
    drivers: given.drivers ?? [aDriver()],
    clouds,
    changes: openChanges({ latest: () => latestSeq(db), since: (seq) => changesSince(db, seq) }, () => {}),
  };
}

const capable: Capabilities = {
  resizeMasters: false,
  nodegroups: true,
  upgrade: false,
  rotateCa: false,
  rotateCredential: false,
  scaleToZero: true,
  removeNamed: true,
};

const none: Footprint = {
  servers: 0,
  vcpus: 0,
  ramMib: 0,
  volumes: 0,
  volumeGib: 0,
  networks: 0,
  subnets: 0,
  routers: 0,
  ports: 0,
  securityGroups: 0,
  serverGroups: 0,
  floatingIps: 0,
  loadBalancers: 0,
};

/** A driver with a back end that has nothing: for what services ask of drivers. */
export function aDriver(given: { can?: Partial<Capabilities>; accepts?: () => Problem[] } = {}): ClusterDriver {
  return {
    name: "k8s_fedora_coreos_v1",
    provides: [{ serverType: "vm", distro: "fedora-coreos", coe: "kubernetes" }],
    can: { ...capable, ...given.can },
    labels: [],
    nodeRevision: "1",
    version: (want, group) => group?.labels.get("kube_tag") ?? want.labels.get("kube_tag") ?? "v1.34.1",
    replaceable: () => [],
    renewable: () => [],
    accepts: given.accepts ?? (() => []),
    warns: () => [],
    footprint: (want) => ({ ...none, servers: want.nodegroups.reduce((sum, group) => sum + group.count, 0) }),
    survey: async () => ({ at: new Date(0), stacks: [] }),
    observe: () => Promise.reject(new Error("services observe nothing")),
    plan: () => [],
    apply: () => Promise.reject(new Error("services apply nothing")),
    health: () => Promise.reject(new Error("services ask no health")),
    resources: async () => [],
    previewDelete: async () => ({ removes: [], stays: [], blocks: [] }),
    previewShrink: async () => [],
  };
}
