// Sign-in, delegation and revocation as a real Keystone does them.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openClouds } from "../../drivers/openstack/clouds.ts";
import type { Clouds, IssuedToken, User } from "../../drivers/openstack/cloud.ts";
import { Secret } from "../../server/domain/secret.ts";
import { until } from "../lifecycle/until.ts";
import { password, settings } from "./settings.ts";

const domain = { name: "Default" };
const person = (name: string, project = name) =>
  ({
    kind: "password",
    user: { name, domain },
    password: new Secret(password),
    scope: { project: { name: project, domain } },
  }) as const;

let clouds: Clouds;

beforeAll(() => {
  clouds = openClouds(settings);
});
afterAll(() => {
  clouds.close();
});

describe("signing in", () => {
  it("gives a token for a project, and refuses a wrong password as unauthorized", async () => {
    const token = await clouds.identity.signIn(person("demo"));
    expect(token.project?.name).toBe("demo");
    expect(token.roles.map((role) => role.name)).toContain("member");
    expect(token.catalog.map((service) => service.type)).toContain("container-infra");
    const wrong = { ...person("demo"), password: new Secret("wrong") };
    await expect(clouds.identity.signIn(wrong)).rejects.toMatchObject({ kind: "unauthorized" });
  });

  it("changes to another project of the same person, and to no other", async () => {
    const { token } = await clouds.identity.signIn(person("demo"));
    const names = (await clouds.identity.projectsOf(token)).map((project) => project.name);
    expect(names.sort()).toEqual(["demo", "other"]);
    const into = (name: string) =>
      clouds.identity.signIn({ kind: "token", token, scope: { project: { name, domain } } });
    expect((await into("other")).project?.name).toBe("other");
    await expect(into("service")).rejects.toMatchObject({ kind: "unauthorized" });
  });

  it("ends: a revoked token is not valid any more and opens nothing", async () => {
    const { token } = await clouds.identity.signIn(person("demo"));
    expect((await clouds.identity.validate(token))?.user.name).toBe("demo");
    await clouds.identity.revoke(token);
    expect(await clouds.identity.validate(token)).toBeNull();
    // Services keep what they have heard of a token for a while; Keystone itself does not.
    await expect(clouds.fromToken(token).keystone.listTrusts()).rejects.toMatchObject({ kind: "unauthorized" });
    await clouds.identity.revoke(token);
  });

  it("answers null for a token that never was", async () => {
    expect(await clouds.identity.validate(new Secret("nonsense"))).toBeNull();
  });
});

describe("delegation", () => {
  let owner: IssuedToken;
  let trustee: User;
  let access: { trusteeUserId: string; trusteePassword: Secret; trustId: string };

  beforeAll(async () => {
    owner = await clouds.identity.signIn(person("demo"));
    const trusteePassword = new Secret(randomUUID());
    trustee = await clouds.identity.trustees.create({ name: `e2e-${randomUUID()}`, password: trusteePassword });
    const roles = owner.roles.map((role) => role.name);
    const trust = await clouds.fromToken(owner.token).keystone.createTrust({ trusteeUserId: trustee.id, roles });
    access = { trusteeUserId: trustee.id, trusteePassword, trustId: trust.id };
  });
  afterAll(async () => {
    await clouds.identity.trustees.delete(trustee.id);
  });

  it("lets the trustee act as the trustor in the trustor's project, and says so in the token", async () => {
    const me = await clouds.fromTrust(access).whoAmI();
    expect(me.user.name).toBe("demo");
    expect(me.project?.name).toBe("demo");
    expect(me.trust).toMatchObject({ id: access.trustId, trusteeId: trustee.id, trustorId: owner.user.id });
  });

  it("lets the trustee make and delete a stack, which does not take the trust along", async () => {
    const { heat, keystone } = clouds.fromTrust(access);
    const template = { heat_template_version: "2018-08-31", resources: { word: { type: "OS::Heat::RandomString" } } };
    const stack = await heat.createStack({ name: `e2e-${randomUUID()}`, template, tags: ["e2e"] });
    await until("the stack is complete", 60_000, async () => (await heat.getStack(stack)).status === "CREATE_COMPLETE");
    await heat.deleteStack(stack);
    await until("the stack is gone", 60_000, async () => (await heat.findStack(stack.name)) === null);
    expect((await keystone.getTrust(access.trustId)).id).toBe(access.trustId);
  });

  it("ends with the trust, which the trustee itself can delete", async () => {
    await clouds.fromTrust(access).keystone.deleteTrust(access.trustId);
    await expect(clouds.fromTrust(access).whoAmI()).rejects.toMatchObject({ kind: "unauthorized" });
    const left = await clouds.fromToken(owner.token).keystone.listTrusts();
    expect(left.filter((trust) => trust.trusteeUserId === trustee.id)).toEqual([]);
  });

  it("ends with the trustee too, whose trusts go with it", async () => {
    const roles = ["member"];
    await clouds.fromToken(owner.token).keystone.createTrust({ trusteeUserId: trustee.id, roles });
    await clouds.identity.trustees.delete(trustee.id);
    expect(await clouds.identity.trustees.find(trustee.name)).toBeNull();
    const left = await clouds.fromToken(owner.token).keystone.listTrusts();
    expect(left.filter((trust) => trust.trusteeUserId === trustee.id)).toEqual([]);
  });
});
