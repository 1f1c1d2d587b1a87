// A RequestContext without Keystone, for tests of what lies behind the gates. Policies are the real ones.
import { randomBytes, randomUUID } from "node:crypto";
import { pino } from "pino";
import type { Clouds, TokenInfo } from "../../drivers/openstack/cloud.ts";
import { makeContext, type AuthDeps, type RequestContext } from "../auth/context.ts";
import { readPolicies, type Policies } from "../auth/policy.ts";
import type { Clock } from "../clock.ts";
import { Secret } from "../domain/secret.ts";
import { openSecrets, type Secrets } from "../secrets.ts";
import { aProject, testTime } from "./builders.ts";

export const silentLog = pino({ level: "silent" });

/** Secrets under a key that nobody else has. */
export const testSecrets = (): Secrets => openSecrets(randomBytes(32));

export interface TestClock extends Clock {
  set(now: Date): void;
  advance(ms: number): void;
}

/** This host's own, for what really has to pass. */
export const systemClock: Clock = { now: () => new Date() };

/** Stands still until it is moved. */
export function testClock(start: Date = testTime): TestClock {
  let now = start;
  return {
    now: () => now,
    set: (time) => {
      now = time;
    },
    advance: (ms) => {
      now = new Date(now.getTime() + ms);
    },
  };
}

export interface TestPerson {
  door?: RequestContext["door"];
  projectId?: string;
  userId?: string;
  /** Default: member and reader. */
  roles?: readonly string[];
  region?: string;
  /** The caller is a node of this cluster. */
  nodeOf?: string;
  /** What `cloud()` is made from; without it, `cloud()` throws. */
  clouds?: Clouds;
  policies?: Policies;
  clock?: Clock;
}

const defaultPolicies = readPolicies(null);

export function testContext(given: TestPerson = {}): RequestContext {
  const projectId = given.projectId ?? aProject();
  const domain = { id: "default", name: "Default" };
  const clock = given.clock ?? testClock();
  const tokenInfo: TokenInfo = {
    user: { id: given.userId ?? "user-1", name: "Ada", domain },
    project: { id: projectId, name: "demo", domain },
    domain: null,
    roles: (given.roles ?? ["member", "reader"]).map((name) => ({ id: `role-${name}`, name })),
    methods: ["password"],
    issuedAt: clock.now(),
    expiresAt: new Date(clock.now().getTime() + 3_600_000),
    trust: given.nodeOf
      ? { id: "trust-1", trustorId: given.userId ?? "user-1", trusteeId: "trustee-1", impersonation: true }
      : null,
    applicationCredential: null,
    catalog: [],
  };
  const deps: Pick<AuthDeps, "clouds" | "clock" | "log" | "policies"> = {
    clouds: given.clouds ?? noClouds,
    clock,
    log: silentLog,
    policies: given.policies ?? defaultPolicies,
  };
  return makeContext(deps, {
    door: given.door ?? "console",
    requestId: `req-${randomUUID()}`,
    token: new Secret("token"),
    tokenInfo,
    project: { id: projectId, name: "demo", domainId: domain.id },
    region: given.region ?? "RegionOne",
    clusterIdOfTrustee: given.nodeOf ?? null,
  });
}

const refuse = (): never => {
  throw new Error("this test gave no clouds");
};

const noClouds: Clouds = {
  get identity() {
    return refuse();
  },
  service: refuse,
  fromToken: refuse,
  fromTrust: refuse,
  fromCredential: refuse,
  close: () => {},
};
