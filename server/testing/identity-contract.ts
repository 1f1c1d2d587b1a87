// Identity from sign-in to a cluster's delegated credential, held against a Keystone: the sandbox's and a real one, by
// the same lines. The world is the seed's: user demo in projects demo and other, domain Default.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clouds, IssuedToken } from "../../drivers/openstack/cloud.ts";
import { openClouds, type CloudSettings } from "../../drivers/openstack/clouds.ts";
import { openAuth, type Auth } from "../auth/auth.ts";
import type { AuthDeps, RequestContext } from "../auth/context.ts";
import type { Aim } from "../auth/token.ts";
import {
  closeDelegation,
  delegate,
  openDelegation,
  removeDelegation,
  sweepDelegations,
} from "../auth/delegated-credential.ts";
import { may, policyNames, readPolicies } from "../auth/policy.ts";
import { getCluster, listClusters } from "../db/cluster.ts";
import { completeCredential, getCredential, getSpareCredential, insertIntent } from "../db/credential.ts";
import { Secret } from "../domain/secret.ts";
import type { Deps } from "../services/deps.ts";
import { deleteCluster } from "../services/cluster/change.ts";
import { rotateCredential } from "../services/rotation.ts";
import { writeCluster } from "./builders.ts";
import { silentLog, testClock, testSecrets, type TestClock } from "./test-context.ts";
import { testDatabase } from "./test-db.ts";
import { aDriver, testDeps } from "./test-deps.ts";

export interface IdentityTarget {
  settings: CloudSettings;
  /** Password of user demo. */
  password: string;
  close?(): Promise<void>;
}

const minute = 60_000;
const domain = { name: "Default" };

/** Registers the suite; `open` is called once. */
export function identityContract(open: () => Promise<IdentityTarget>): void {
  const database = testDatabase();
  let target: IdentityTarget;
  let clouds: Clouds;
  let clock: TestClock;
  let deps: AuthDeps;
  let auth: Auth;
  /** How often Keystone was asked about a token. */
  let validations = 0;
  const secrets = testSecrets();

  beforeAll(async () => {
    target = await open();
    clouds = openClouds(target.settings);
    clock = testClock(new Date());
    const counted: Clouds = {
      ...clouds,
      identity: {
        ...clouds.identity,
        validate: (token) => {
          validations++;
          return clouds.identity.validate(token);
        },
      },
    };
    deps = { db: database.db, clouds: counted, secrets, clock, log: silentLog, policies: readPolicies(null) };
    auth = openAuth(deps, settings());
  });
  afterAll(async () => {
    clouds.close();
    await target.close?.();
  });

  const settings = () => ({
    region: target.settings.region,
    session: { idleMs: 60 * minute, longestMs: 12 * 60 * minute },
  });
  const person = () => ({ domain: "Default", user: "demo", password: target.password, from: "192.0.2.1" });
  const issue = (project: string): Promise<IssuedToken> =>
    clouds.identity.signIn({
      kind: "password",
      user: { name: "demo", domain },
      password: new Secret(target.password),
      scope: { project: { name: project, domain } },
    });
  const api = (token: Secret, aim: Aim = "read") => auth.apiContext(token.reveal(), "req-1", aim);

  describe("signing in to the console", () => {
    it("gives a cookie that is neither in the database nor made of a token, and lists the person's projects", async () => {
      const { value, view } = await auth.sessions.signIn(person());
      expect(value).toMatch(/^[\w-]{43}$/);
      expect(view.user).toMatchObject({ name: "demo", domainName: "Default" });
      expect(view.projects.map((project) => project.name)).toEqual(["demo", "other"]);
      expect(view.regions).toContain(view.region);
      const rows = JSON.stringify(await database.db.prisma.session.findMany());
      expect(rows).not.toContain(value);
      const ctx = await auth.sessions.context(value, view.projects[0]?.id ?? "", "req-1", "change");
      expect(rows).not.toContain(ctx.token.reveal());
      expect(JSON.stringify(await database.db.prisma.session.findMany())).not.toContain(ctx.token.reveal());
      await auth.sessions.signOut(value);
    });

    it("says the same for a wrong password, an unknown user and an unknown domain", async () => {
      const attempts = [
        { ...person(), password: "wrong" },
        { ...person(), user: "nobody" },
        { ...person(), domain: "nowhere" },
      ];
      const refusals = await Promise.all(
        attempts.map((attempt) => auth.sessions.signIn(attempt).catch((error: unknown) => error)),
      );
      for (const refusal of refusals) expect(refusal).toMatchObject({ reason: "bad_credentials" });
      expect(new Set(refusals.map(String)).size).toBe(1);
    });

    it("enters each of the person's projects with its own token and roles, and no other project", async () => {
      const { value, view } = await auth.sessions.signIn(person());
      const [demo, other] = view.projects;
      const ctx = await auth.sessions.context(value, demo?.id ?? "", "req-1", "change");
      expect(ctx).toMatchObject({
        door: "console",
        project: { name: "demo" },
        user: { name: "demo" },
        isAdmin: false,
        clusterIdOfTrustee: null,
        scope: { projectId: demo?.id, region: view.region },
      });
      expect(ctx.roles).toContain("member");
      expect((await ctx.cloud().whoAmI()).project?.id).toBe(demo?.id);
      expect((await auth.sessions.context(value, other?.id ?? "", "req-1", "change")).project.name).toBe("other");
      const service = (await clouds.service().whoAmI()).project?.id ?? "";
      for (const closed of [service, randomUUID()])
        await expect(auth.sessions.context(value, closed, "req-1", "change")).rejects.toMatchObject({
          reason: "forbidden",
        });
      expect(await auth.sessions.view(value)).not.toBeNull();
      await auth.sessions.signOut(value);
    });

    it("comes back to the project where the person was, whatever pages of others ask for by themselves", async () => {
      const { value, view } = await auth.sessions.signIn(person());
      const [demo = "", other = ""] = view.projects.map((project) => project.id);
      const last = async () => (await auth.sessions.view(value))?.lastProjectId;
      expect(await last()).toBeNull();
      await auth.sessions.visited(value, other);
      for (const aim of ["read", "change"] as const) await auth.sessions.context(value, demo, "req-1", aim);
      expect(await last()).toBe(other);
      await auth.sessions.visited(value, demo);
      expect(await last()).toBe(demo);
      await auth.sessions.signOut(value);
      await auth.sessions.visited(value, other);
    });

    it("keeps one token for a project however many requests come at once, and after a restart", async () => {
      const { value, view } = await auth.sessions.signIn(person());
      const ids = view.projects.map((project) => project.id);
      const contexts = await Promise.all(
        [...ids, ...ids, ...ids].map((id) => auth.sessions.context(value, id, "req-1", "change")),
      );
      expect(new Set(contexts.map((ctx) => ctx.token.reveal())).size).toBe(ids.length);
      const restarted = openAuth(deps, settings());
      const again = await Promise.all(ids.map((id) => restarted.sessions.context(value, id, "req-1", "change")));
      expect(again.map((ctx) => ctx.token.reveal())).toEqual(
        contexts.slice(0, ids.length).map((ctx) => ctx.token.reveal()),
      );
      await auth.sessions.signOut(value);
    });

    it("ends at sign-out: the cookie opens nothing and Keystone refuses the tokens", async () => {
      const { value, view } = await auth.sessions.signIn(person());
      const ctx = await auth.sessions.context(value, view.projects[0]?.id ?? "", "req-1", "change");
      await auth.sessions.signOut(value);
      expect(await auth.sessions.view(value)).toBeNull();
      await expect(auth.sessions.context(value, ctx.project.id, "req-1", "change")).rejects.toMatchObject({
        reason: "unauthenticated",
      });
      expect(await clouds.identity.validate(ctx.token)).toBeNull();
      await auth.sessions.signOut(value);
    });

    it("ends after twelve hours at the latest, however much it is used", async () => {
      const { value, view } = await auth.sessions.signIn(person());
      expect(view.expiresAt.getTime()).toBeLessThanOrEqual(clock.now().getTime() + 12 * 60 * minute);
      const before = clock.now();
      while (clock.now().getTime() + 30 * minute < view.expiresAt.getTime()) {
        clock.advance(30 * minute);
        await auth.sessions.used(value);
      }
      clock.set(new Date(view.expiresAt.getTime() + 1));
      expect(await auth.sessions.view(value)).toBeNull();
      clock.set(before);
      await auth.sessions.signOut(value);
    });

    it("gets a new token for a project when the kept one was revoked", async () => {
      const { value, view } = await auth.sessions.signIn(person());
      const id = view.projects[0]?.id ?? "";
      const first = await auth.sessions.context(value, id, "req-1", "change");
      await clouds.identity.revoke(first.token);
      const second = await auth.sessions.context(value, id, "req-1", "change");
      expect(second.token.reveal()).not.toBe(first.token.reveal());
      expect(await clouds.identity.validate(second.token)).not.toBeNull();
      await auth.sessions.signOut(value);
    });

    it("ends when it is not used, whatever its pages ask by themselves", async ({ skip }) => {
      const before = clock.now();
      // A session ends with its token; this one has to outlive two hours.
      const { expiresAt } = await issue("demo");
      skip(expiresAt.getTime() - before.getTime() < 120 * minute, "the cloud's tokens end before that");
      const { value, view } = await auth.sessions.signIn(person());
      const id = view.projects[0]?.id ?? "";
      clock.advance(59 * minute);
      await auth.sessions.used(value);
      clock.advance(59 * minute);
      await auth.sessions.context(value, id, "req-1", "read");
      expect(await auth.sessions.view(value)).not.toBeNull();
      clock.advance(minute);
      expect(await auth.sessions.view(value)).toBeNull();
      await auth.sessions.used(value);
      await expect(auth.sessions.context(value, id, "req-1", "read")).rejects.toMatchObject({
        reason: "unauthenticated",
      });
      clock.set(before);
    });

    it("changes to regions of the catalog only", async () => {
      const { value, view } = await auth.sessions.signIn(person());
      expect((await auth.sessions.setRegion(value, view.region)).region).toBe(view.region);
      await expect(auth.sessions.setRegion(value, "Atlantis")).rejects.toMatchObject({
        reason: "invalid_input",
        details: { field: "region" },
      });
      await auth.sessions.signOut(value);
    });

    it("knows nobody by a missing or invented cookie", async () => {
      for (const value of [null, "x".repeat(43)]) {
        expect(await auth.sessions.view(value)).toBeNull();
        await expect(auth.sessions.context(value, "demo", "req-1", "change")).rejects.toMatchObject({
          reason: "unauthenticated",
        });
      }
    });
  });

  describe("the REST API's token", () => {
    it("gives user, project and roles; nothing for a missing, invented or unscoped one", async () => {
      const { token } = await issue("demo");
      const ctx = await api(token);
      expect(ctx).toMatchObject({ door: "api", user: { name: "demo" }, project: { name: "demo" }, trust: null });
      expect((await ctx.cloud().whoAmI()).user.id).toBe(ctx.user.id);
      await expect(auth.apiContext(undefined, "req-1", "change")).rejects.toMatchObject({ reason: "unauthenticated" });
      await expect(auth.apiContext("nonsense", "req-1", "change")).rejects.toMatchObject({ reason: "unauthenticated" });
      const unscoped = await clouds.identity.signIn({
        kind: "password",
        user: { name: "demo", domain },
        password: new Secret(target.password),
        scope: "unscoped",
      });
      await expect(api(unscoped.token)).rejects.toMatchObject({ reason: "forbidden" });
    });

    it("is asked about once a minute for reading, however many requests come at once", async () => {
      const { token } = await issue("demo");
      validations = 0;
      await Promise.all(Array.from({ length: 20 }, () => api(token)));
      clock.advance(minute - 1);
      await api(token);
      expect(validations).toBe(1);
      clock.advance(1);
      await api(token);
      expect(validations).toBe(2);
    });

    it("changes nothing once it is revoked, and reads nothing a minute later", async () => {
      const { token } = await issue("demo");
      await api(token);
      await clouds.identity.revoke(token);
      await api(token, "read");
      await expect(api(token, "change")).rejects.toMatchObject({ reason: "unauthenticated" });
      const { token: another } = await issue("demo");
      await api(another);
      await clouds.identity.revoke(another);
      clock.advance(minute);
      await expect(api(another, "read")).rejects.toMatchObject({ reason: "unauthenticated" });
    });

    it("is asked about once for each change, whatever was known before", async () => {
      const { token } = await issue("demo");
      validations = 0;
      for (const asked of [1, 2, 3]) {
        await api(token, "change");
        expect(validations).toBe(asked);
      }
      await api(token, "read");
      expect(validations).toBe(3);
    });

    it("is not believed past its own end", async () => {
      const issued = await issue("demo");
      const before = clock.now();
      const end = issued.expiresAt.getTime();
      validations = 0;
      // Only our clock moves: what counts is when Keystone is asked.
      for (const [now, asked] of [
        [end - minute / 2, 1],
        [end - 1, 1],
        [end + 1, 2],
      ] as const) {
        clock.set(new Date(now));
        await api(issued.token);
        expect(validations).toBe(asked);
      }
      clock.set(before);
    });
  });

  describe("a cluster's delegated credential", () => {
    let owner: RequestContext;

    beforeAll(async () => {
      owner = await api((await issue("demo")).token);
    });
    afterAll(async () => {
      for (const credential of await database.db.prisma.credential.findMany()) await removeDelegation(deps, credential);
    });

    const stored = async (id: string) => {
      const credential = await getSpareCredential(database.db, id);
      if (!credential) throw new Error("the credential is not spare");
      return credential;
    };
    const delegated = async (clusterId: string = randomUUID()) => {
      const id = await delegate(deps, owner, clusterId, []);
      const credential = await stored(id);
      const access = openDelegation(deps, credential);
      if (!access) throw new Error("the credential is not complete");
      return { id, credential, access, clusterId };
    };

    it("acts as the owner in the owner's project, with the roles that were handed on and no more", async () => {
      const { access, credential, clusterId } = await delegated();
      expect(credential).toMatchObject({ trusteeName: `${clusterId}_${owner.project.id}`, region: owner.region });
      expect(credential.trusteePassword).not.toContain(access.trusteePassword.reveal());
      const me = await clouds.fromTrust(access).whoAmI();
      expect(me).toMatchObject({ user: { id: owner.user.id }, project: { id: owner.project.id } });
      expect(me.roles.map((role) => role.name)).not.toContain("admin");
      expect(me.roles.map((role) => role.name)).toContain("member");
    });

    it("makes a node known by its token: its own cluster, four deeds, and nothing else", async () => {
      const { id, access, clusterId } = await delegated();
      const token = await clouds.fromTrust(access).token();
      await expect(api(token), "its cluster is not written yet").rejects.toMatchObject({ reason: "unauthenticated" });
      const other = await writeCluster(database.db, owner.scope, { cluster: { userId: owner.user.id } });
      await writeCluster(database.db, owner.scope, {
        cluster: { id: clusterId, userId: owner.user.id },
        credentialId: id,
      });
      auth.tokens.forget(token);
      const node = await api(token);
      expect(node).toMatchObject({ user: { id: owner.user.id }, clusterIdOfTrustee: clusterId, isAdmin: false });
      const about = { projectId: owner.project.id, userId: owner.user.id };
      expect(policyNames.filter((name) => may(node, name, { ...about, clusterId })).toSorted()).toEqual([
        "certificate:create",
        "certificate:get",
        "cluster:get",
        "cluster:update_health_status",
      ]);
      expect(policyNames.filter((name) => may(node, name, { ...about, clusterId: other }))).toEqual([]);
      expect(policyNames.filter((name) => may(node, name))).toEqual([]);
      expect((await listClusters(database.db, node.scope, { size: 10 })).rows.map((row) => row.id)).toEqual([
        clusterId,
      ]);
      await expect(getCluster(database.db, node.scope, other)).rejects.toMatchObject({ reason: "cluster_not_found" });
      await expect(delegate(deps, node, randomUUID(), [])).rejects.toMatchObject({ reason: "delegation_failed" });
    });

    it("knows a node that comes as the trustee itself, without any scope", async () => {
      const { id, access, clusterId } = await delegated();
      await writeCluster(database.db, owner.scope, {
        cluster: { id: clusterId, userId: owner.user.id },
        credentialId: id,
      });
      const { token } = await clouds.identity.signIn({
        kind: "password",
        user: { id: access.trusteeUserId },
        password: access.trusteePassword,
        scope: "unscoped",
      });
      const node = await api(token);
      expect(node).toMatchObject({ clusterIdOfTrustee: clusterId, project: { id: owner.project.id } });
      expect(may(node, "certificate:create", { clusterId })).toBe(true);
      expect(may(node, "cluster:delete", { clusterId })).toBe(false);
    });

    it("goes with all its parts, also when some are gone already, and again", async () => {
      const whole = await delegated();
      const withoutTrust = await delegated();
      await clouds.fromTrust(withoutTrust.access).keystone.deleteTrust(withoutTrust.access.trustId);
      const withoutTrustee = await delegated();
      await clouds.identity.trustees.delete(withoutTrustee.access.trusteeUserId);
      for (const { id, credential, access } of [whole, withoutTrust, withoutTrustee]) {
        await removeDelegation(deps, credential);
        await removeDelegation(deps, credential);
        expect(await getSpareCredential(database.db, id)).toBeNull();
        expect(await clouds.identity.trustees.find(credential.trusteeName)).toBeNull();
        await expect(clouds.fromTrust(access).whoAmI()).rejects.toMatchObject({ kind: "unauthorized" });
      }
      const left = (await owner.cloud().keystone.listTrusts()).map((trust) => trust.id);
      expect(left).not.toContain(whole.access.trustId);
    });

    it("is swept when the request died at any point, once it is older than a request can last", async () => {
      const intent = async () => {
        const id = randomUUID();
        const trusteeName = `${randomUUID()}_${owner.project.id}`;
        const trusteePassword = secrets.seal("secret-of-a-test", `credential:${id}`);
        await insertIntent(database.db, owner.scope, {
          id,
          region: owner.region,
          trusteeName,
          trusteePassword,
          now: clock.now(),
        });
        return { id, trusteeName };
      };
      const nothing = await intent();
      const unnoted = await intent();
      await clouds.identity.trustees.create({ name: unnoted.trusteeName, password: new Secret("secret-of-a-test") });
      const noted = await intent();
      const trustee = await clouds.identity.trustees.create({
        name: noted.trusteeName,
        password: new Secret("secret-of-a-test"),
      });
      await completeCredential(database.db, owner.scope, noted.id, { trusteeUserId: trustee.id });
      const complete = await delegated();
      const used = await delegated();
      await writeCluster(database.db, owner.scope, { cluster: { id: used.clusterId }, credentialId: used.id });

      expect(await sweepDelegations(deps, 15 * minute)).toBe(0);
      clock.advance(15 * minute + 1);
      expect(await sweepDelegations(deps, 15 * minute)).toBeGreaterThanOrEqual(4);
      for (const { id, trusteeName } of [
        nothing,
        unnoted,
        noted,
        { id: complete.id, trusteeName: complete.credential.trusteeName },
      ]) {
        expect(await getSpareCredential(database.db, id)).toBeNull();
        expect(await clouds.identity.trustees.find(trusteeName)).toBeNull();
      }
      expect(await getCredential(database.db, owner.scope, used.clusterId)).toMatchObject({ id: used.id });
      expect((await clouds.fromTrust(used.access).whoAmI()).user.id).toBe(owner.user.id);
      await removeDelegation(deps, used.credential);
    });

    it("takes over after an attempt for the same cluster that left a trustee whose password nobody knows", async () => {
      const clusterId = randomUUID();
      await clouds.identity.trustees.create({
        name: `${clusterId}_${owner.project.id}`,
        password: new Secret("lost-for-ever"),
      });
      const { access } = await delegated(clusterId);
      expect((await clouds.fromTrust(access).whoAmI()).user.id).toBe(owner.user.id);
    });

    it("is refused to an application credential, in words, and leaves nothing behind", async () => {
      const keystone = owner.cloud().keystone;
      const credential = await keystone.createApplicationCredential({ name: `test-${randomUUID()}` });
      try {
        const { token } = await clouds.identity.signIn({
          kind: "application_credential",
          credential: { id: credential.id },
          secret: credential.secret,
        });
        const ctx = await api(token);
        const clusterId = randomUUID();
        await expect(delegate(deps, ctx, clusterId, [])).rejects.toMatchObject({
          reason: "delegation_failed",
          message: expect.stringContaining("application credential"),
          details: { remedy: expect.stringContaining("password") },
        });
        expect(await clouds.identity.trustees.find(`${clusterId}_${ctx.project.id}`)).toBeNull();
      } finally {
        await keystone.deleteApplicationCredential(credential.id);
      }
    });

    it("is refused with Keystone's own words when Keystone refuses, and leaves nothing behind", async () => {
      const { token } = await issue("demo");
      const ctx = await api(token);
      await clouds.identity.revoke(token);
      const clusterId = randomUUID();
      await expect(delegate(deps, ctx, clusterId, [])).rejects.toMatchObject({
        reason: "delegation_failed",
        details: { upstream: { service: "identity" } },
      });
      expect(await clouds.identity.trustees.find(`${clusterId}_${ctx.project.id}`)).toBeNull();
      await expect(delegate(deps, owner, clusterId, ["no-such-role"])).rejects.toMatchObject({
        reason: "delegation_failed",
        message: expect.stringContaining("no-such-role"),
      });
    });

    describe("that is rotated", () => {
      const withCluster = async () => {
        const made = await delegated();
        const cluster = { id: made.clusterId, region: owner.region, userId: "somebody-before" };
        await writeCluster(database.db, owner.scope, { cluster, credentialId: made.id });
        await database.db.prisma.cluster.update({ where: { id: made.clusterId }, data: { status: "CREATE_COMPLETE" } });
        return made;
      };
      const services = (): Deps => ({
        ...testDeps(database.db, { clouds, clock, drivers: [aDriver({ can: { rotateCredential: true } })] }),
        secrets,
      });
      const present = async (clusterId: string) => {
        const credential = await getCredential(database.db, owner.scope, clusterId);
        const access = credential && openDelegation(deps, credential);
        if (!credential || !access) throw new Error("the cluster has no complete credential");
        return { credential, access };
      };
      const trusts = async () => (await owner.cloud().keystone.listTrusts()).map((trust) => trust.id);

      it("lives beside the old one, under another name, and makes the caller the owner", async () => {
        const old = await withCluster();
        await rotateCredential(services(), owner, old.clusterId);
        const { credential, access } = await present(old.clusterId);
        expect(credential.revision).toBe(old.credential.revision + 1);
        expect(credential.trusteeName).not.toBe(old.credential.trusteeName);
        for (const each of [old.access, access])
          expect((await clouds.fromTrust(each).whoAmI()).user.id).toBe(owner.user.id);
        const cluster = await getCluster(database.db, owner.scope, old.clusterId);
        expect(cluster).toMatchObject({ userId: owner.user.id, userName: "demo", status: "UPDATE_IN_PROGRESS" });
      });

      it("lets nodes with the old one and nodes with the new one be known as the cluster's", async () => {
        const old = await withCluster();
        await rotateCredential(services(), owner, old.clusterId);
        const { access } = await present(old.clusterId);
        for (const each of [old.access, access]) {
          const ctx = await api(await clouds.fromTrust(each).token());
          expect(ctx.clusterIdOfTrustee).toBe(old.clusterId);
        }
        clock.advance(60 * minute);
        await sweepDelegations(deps, 15 * minute);
        expect((await clouds.fromTrust(old.access).whoAmI()).user.id).toBe(owner.user.id);
      });

      it("is void in its old form when it is closed, again as well, while the old trust stays for Heat", async () => {
        const old = await withCluster();
        await rotateCredential(services(), owner, old.clusterId);
        const { access } = await present(old.clusterId);
        await closeDelegation(deps, old.credential);
        await closeDelegation(deps, old.credential);
        await expect(clouds.fromTrust(old.access).whoAmI()).rejects.toMatchObject({ kind: "unauthorized" });
        expect((await clouds.fromTrust(access).whoAmI()).user.id).toBe(owner.user.id);
        expect(await trusts()).toContain(old.access.trustId);
        const row = await database.db.prisma.credential.findUniqueOrThrow({ where: { id: old.id } });
        await removeDelegation(deps, row);
        expect(await trusts()).not.toContain(old.access.trustId);
        expect(await clouds.identity.trustees.find(row.trusteeName)).toBeNull();
      });

      it("counts as closed when somebody removed the trustee", async () => {
        const old = await withCluster();
        await rotateCredential(services(), owner, old.clusterId);
        await clouds.identity.trustees.delete(old.access.trusteeUserId);
        await closeDelegation(deps, old.credential);
        const row = await database.db.prisma.credential.findUniqueOrThrow({ where: { id: old.id } });
        expect(row.trusteePassword).toBe("");
      });

      it("leaves nothing behind of a rotation that is refused because the cluster changed meanwhile", async () => {
        const old = await withCluster();
        const before = await trusts();
        const late: Clouds = {
          ...clouds,
          identity: {
            ...clouds.identity,
            trustees: {
              ...clouds.identity.trustees,
              create: async (wish) => {
                await database.db.prisma.cluster.update({
                  where: { id: old.clusterId },
                  data: { status: "DELETE_IN_PROGRESS" },
                });
                return clouds.identity.trustees.create(wish);
              },
            },
          },
        };
        await expect(rotateCredential({ ...services(), clouds: late }, owner, old.clusterId)).rejects.toMatchObject({
          reason: "operation_not_allowed_now",
        });
        expect(await trusts()).toEqual(before);
        expect(await present(old.clusterId)).toMatchObject({ credential: { id: old.id } });
        const left = (await clouds.identity.trustees.list()).filter((user) => user.name.startsWith(old.clusterId));
        expect(left.map((user) => user.id)).toEqual([old.access.trusteeUserId]);
      });

      it(
        "leaves a stack that was made with the old one open to change while it is void, and to deletion when it is gone",
        async () => {
          const old = await withCluster();
          const ref = await clouds.fromTrust(old.access).heat.createStack({
            name: `trust-${old.clusterId.slice(0, 8)}`,
            tags: [],
            template: {
              heat_template_version: "2018-08-31",
              parameters: { length: { type: "number", default: 8 } },
              resources: { word: { type: "OS::Heat::RandomString", properties: { length: { get_param: "length" } } } },
            },
          });
          await rotateCredential(services(), owner, old.clusterId);
          await closeDelegation(deps, old.credential);
          const { heat } = clouds.fromTrust((await present(old.clusterId)).access);
          const rests = (state: string) =>
            expect
              .poll(async () => (await heat.findStack(ref.id))?.status ?? "gone", { timeout: minute, interval: 200 })
              .toBe(state);
          await rests("CREATE_COMPLETE");
          await heat.patchStack(ref, { parameters: { length: 9 } });
          await rests("UPDATE_COMPLETE");
          await removeDelegation(
            deps,
            await database.db.prisma.credential.findUniqueOrThrow({ where: { id: old.id } }),
          );
          await expect(heat.patchStack(ref, { parameters: { length: 10 } })).rejects.toMatchObject({ status: 500 });
          await heat.deleteStack(ref);
          await rests("gone");
        },
        3 * minute,
      );

      it("is given by whoever asks again for the deletion, when the cluster's own is refused and it could not go", async () => {
        const old = await withCluster();
        await clouds.fromTrust(old.access).keystone.deleteTrust(old.access.trustId);
        await database.db.prisma.cluster.update({ where: { id: old.clusterId }, data: { status: "DELETE_FAILED" } });
        await deleteCluster(services(), owner, old.clusterId, null);
        const { credential, access } = await present(old.clusterId);
        expect(credential.id).not.toBe(old.id);
        expect((await clouds.fromTrust(access).whoAmI()).user.id).toBe(owner.user.id);
        const cluster = await getCluster(database.db, owner.scope, old.clusterId);
        expect(cluster).toMatchObject({ status: "DELETE_IN_PROGRESS", userId: "somebody-before" });
      });

      it("is not made for a deletion that the cluster's own is good for", async () => {
        const old = await withCluster();
        await deleteCluster(services(), owner, old.clusterId, null);
        expect(await present(old.clusterId)).toMatchObject({ credential: { id: old.id } });
      });

      it("leaves nothing behind when the deletion is refused all the same", async () => {
        const old = await withCluster();
        await clouds.fromTrust(old.access).keystone.deleteTrust(old.access.trustId);
        await database.db.prisma.cluster.update({ where: { id: old.clusterId }, data: { locked: true } });
        const before = await trusts();
        await expect(deleteCluster(services(), owner, old.clusterId, null)).rejects.toMatchObject({
          reason: "operation_not_allowed_now",
        });
        expect(await trusts()).toEqual(before);
        expect(await present(old.clusterId)).toMatchObject({ credential: { id: old.id } });
      });

      it("is refused to tokens that cannot hand on rights, as at creation", async () => {
        const old = await withCluster();
        const keystone = owner.cloud().keystone;
        const credential = await keystone.createApplicationCredential({ name: `test-${randomUUID()}` });
        try {
          const { token } = await clouds.identity.signIn({
            kind: "application_credential",
            credential: { id: credential.id },
            secret: credential.secret,
          });
          await expect(rotateCredential(services(), await api(token), old.clusterId)).rejects.toMatchObject({
            reason: "delegation_failed",
            message: expect.stringContaining("application credential"),
          });
          expect(await present(old.clusterId)).toMatchObject({ credential: { id: old.id } });
        } finally {
          await keystone.deleteApplicationCredential(credential.id);
        }
      });
    });
  });
}
