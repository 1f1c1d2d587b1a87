// What every cloud behind these clients must do: held against the sandbox and against real services alike, so that a
// difference shows as a failed line here. The world is the seed's: user demo in projects demo and other, flavors,
// images, networks, keypair mykey, volume types.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../server/domain/secret.ts";
import type { Cloud, Clouds, Credential, IssuedToken, StackRef, TokenScope } from "./cloud.ts";
import { openClouds } from "./clouds.ts";
import type { CloudSettings } from "./clouds.ts";
import { OpenStackError } from "./error.ts";

export interface CloudTarget {
  settings: CloudSettings;
  /** A plain user of project demo who may also enter project other, both in domain Default. */
  user: { name: string; password: string };
}

const domain = { name: "Default" };
const missing = "00000000-0000-4000-8000-000000000000";

async function refusal(call: Promise<unknown>): Promise<OpenStackError> {
  const answer: unknown = await call.catch((error: unknown) => error);
  if (answer instanceof OpenStackError) return answer;
  throw new Error(`expected a refusal, got ${String(answer)}`);
}

/** Asks until the answer fits; clouds take their time. */
async function eventually<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + 45_000;
  for (;;) {
    const answer = await ask();
    if (fits(answer) || Date.now() > end) return answer;
    await delay(300);
  }
}

/** Registers the suite. `open` is called once; both functions may take their time. */
export function cloudContract(open: () => Promise<CloudTarget>): void {
  let target: CloudTarget;
  let clouds: Clouds;
  let token: IssuedToken;
  let demo: Cloud;

  const password = (scope?: TokenScope): Credential => ({
    kind: "password",
    user: { name: target.user.name, domain },
    password: new Secret(target.user.password),
    ...(scope === undefined ? {} : { scope }),
  });
  const inDemo: TokenScope = { project: { name: "demo", domain } };

  beforeAll(async () => {
    target = await open();
    clouds = openClouds(target.settings);
    token = await clouds.identity.signIn(password(inDemo));
    demo = clouds.fromToken(token.token, { info: token });
  });
  afterAll(() => clouds?.close());

  describe("signing in", () => {
    it("gives a token with project, roles, a catalog and an end", () => {
      expect(token.user).toMatchObject({ name: target.user.name, domain });
      expect(token.project).toMatchObject({ name: "demo", domain });
      expect(token.roles.map((role) => role.name)).toEqual(expect.arrayContaining(["member", "reader"]));
      expect(token.expiresAt.getTime()).toBeGreaterThan(Date.now());
      expect(token.trust).toBeNull();
      expect(token.applicationCredential).toBeNull();
    });

    it("gives a catalog with every service we drive and our own", async () => {
      expect(await demo.services()).toEqual(
        expect.arrayContaining([
          ...["block-storage", "compute", "container-infrastructure-management", "image", "key-manager"],
          ...["load-balancer", "network", "orchestration"],
        ]),
      );
      expect(await demo.regions()).toEqual(["RegionOne"]);
      expect(await demo.keystone.listRegions()).toEqual(["RegionOne"]);
      expect(await demo.endpoint("container-infra")).toMatch(/\/v1$/);
      expect(await demo.endpoint("teleportation")).toBeNull();
    });

    it("refuses a wrong password in Keystone's words and without the password", async () => {
      const error = await refusal(
        clouds.identity.signIn({
          kind: "password",
          user: { name: "demo", domain },
          password: new Secret("wrong-pass"),
        }),
      );
      expect(error).toMatchObject({ kind: "unauthorized", status: 401, service: "identity" });
      expect(error.message).toBe("The request you have made requires authentication.");
    });

    it("refuses a project that the user is not in", async () => {
      const scope: TokenScope = { project: { name: "admin", domain } };
      expect(await refusal(clouds.identity.signIn(password(scope)))).toMatchObject({
        kind: "unauthorized",
        status: 401,
      });
    });

    it("without a project shows the projects that may be entered, and enters each", async () => {
      const unscoped = await clouds.identity.signIn(password("unscoped"));
      expect(unscoped.project).toBeNull();
      const projects = await clouds.identity.projectsOf(unscoped.token);
      expect(projects.map((project) => project.name)).toEqual(expect.arrayContaining(["demo", "other"]));
      for (const { id, name } of projects) {
        const entered = await clouds.identity.signIn({
          kind: "token",
          token: unscoped.token,
          scope: { project: { id } },
        });
        expect(entered.project).toMatchObject({ id, name });
        expect(entered.expiresAt).toEqual(unscoped.expiresAt);
        expect(entered.methods).toContain("token");
      }
    });

    it("switches from one project straight to another", async () => {
      const other = await clouds.identity.signIn({
        kind: "token",
        token: token.token,
        scope: { project: { name: "other", domain } },
      });
      expect(other.project?.name).toBe("other");
      expect(other.user.id).toBe(token.user.id);
    });
  });

  describe("tokens", () => {
    it("are validated with all that they say", async () => {
      const info = await clouds.identity.validate(token.token);
      expect(info).toMatchObject({ user: token.user, project: token.project });
      expect(info?.roles.map((role) => role.name).toSorted()).toEqual(token.roles.map((role) => role.name).toSorted());
      expect(info?.expiresAt).toEqual(token.expiresAt);
      expect(info?.catalog.length).toBe(token.catalog.length);
    });

    it("describe themselves when nobody has told their catalog", async () => {
      const bare = clouds.fromToken(token.token);
      expect((await bare.whoAmI()).project?.name).toBe("demo");
      expect(await bare.octavia.available()).toBe(true);
    });

    it("are not valid when nobody has made them", async () => {
      expect(await clouds.identity.validate(new Secret("gAAAAABmade-up"))).toBeNull();
      const error = await refusal(clouds.fromToken(new Secret("gAAAAABmade-up")).nova.listFlavors());
      expect(error.kind).toBe("unauthorized");
    });

    it("end when they are revoked, everywhere", async () => {
      const short = await clouds.identity.signIn(password(inDemo));
      await clouds.identity.revoke(short.token);
      await clouds.identity.revoke(short.token);
      expect(await clouds.identity.validate(short.token)).toBeNull();
      expect((await refusal(clouds.identity.projectsOf(short.token))).kind).toBe("unauthorized");
      const late = clouds.identity.signIn({ kind: "token", token: short.token, scope: inDemo });
      expect((await refusal(late)).status).toBeGreaterThanOrEqual(401);
      expect(await clouds.identity.validate(token.token)).not.toBeNull();
    });

    it("are renewed by a credential that can sign in again", async () => {
      const cloud = clouds.fromCredential(password(inDemo));
      const first = await cloud.token();
      await clouds.identity.revoke(first);
      expect((await cloud.keystone.listRegions()).length).toBe(1);
      expect((await cloud.token()).reveal()).not.toBe(first.reveal());
    });
  });

  describe("rights at Keystone", () => {
    it("let the service user find projects by name and id", async () => {
      const keystone = clouds.service().keystone;
      const [found] = await keystone.findProjects("demo");
      expect(found).toMatchObject({ id: token.project?.id, name: "demo", enabled: true });
      expect(await keystone.findProjects(found?.id ?? "")).toEqual([found]);
      expect(await keystone.findProjects("no-such-project")).toEqual([]);
      expect((await keystone.listRoles()).map((role) => role.name)).toContain("member");
    });

    it("do not let a plain user do the same", async () => {
      expect(await refusal(demo.keystone.listRoles())).toMatchObject({ kind: "forbidden", status: 403 });
      expect((await refusal(demo.keystone.findProjects("demo"))).message).toContain("identity:list_projects");
    });
  });

  describe("trusts", () => {
    const make = async () => {
      const name = `contract-${randomUUID()}`;
      const secret = new Secret(randomUUID());
      const trustee = await clouds.identity.trustees.create({ name, password: secret });
      return { name, secret, trustee };
    };

    it("let a trustee act as their creator, and show that they do", async () => {
      const { name, secret, trustee } = await make();
      expect(trustee.domainId).toBe(await clouds.identity.trustees.domainId());
      expect(await clouds.identity.trustees.find(name)).toEqual(trustee);
      const trust = await demo.keystone.createTrust({
        trusteeUserId: trustee.id,
        roles: ["member", "heat_stack_owner"],
      });
      expect(trust).toMatchObject({
        trusteeUserId: trustee.id,
        trustorUserId: token.user.id,
        impersonation: true,
        expiresAt: null,
      });
      expect(trust.roles.toSorted()).toEqual(["heat_stack_owner", "member"]);
      expect(await demo.keystone.getTrust(trust.id)).toEqual(trust);
      expect((await demo.keystone.listTrusts()).map((one) => one.id)).toContain(trust.id);

      const access = { trusteeUserId: trustee.id, trusteePassword: secret, trustId: trust.id };
      const delegated = clouds.fromTrust(access);
      const who = await delegated.whoAmI();
      expect(who).toMatchObject({ user: token.user, project: token.project });
      expect(who.trust).toEqual({ id: trust.id, trustorId: token.user.id, trusteeId: trustee.id, impersonation: true });
      expect(who.roles.map((role) => role.name)).toEqual(expect.arrayContaining(["member", "heat_stack_owner"]));
      expect(who.roles.map((role) => role.name)).not.toContain("creator");
      expect((await clouds.identity.validate(await delegated.token()))?.trust).toEqual(who.trust);
      expect(await delegated.heat.listStacks({ tags: ["contract-none"] })).toEqual([]);
      expect((await delegated.nova.listFlavors()).length).toBeGreaterThan(0);
      // It acts as the trustor, so it may end itself.
      await delegated.keystone.deleteTrust(trust.id);
      expect((await refusal(demo.keystone.getTrust(trust.id))).kind).toBe("not_found");
      expect((await refusal(clouds.fromTrust(access).whoAmI())).kind).toMatch(/unauthorized|forbidden|not_found/);
      expect(await clouds.identity.validate(await delegated.token())).toBeNull();
      await clouds.identity.trustees.delete(trustee.id);
    });

    it("go with their trustee", async () => {
      const { name, secret, trustee } = await make();
      const trust = await demo.keystone.createTrust({ trusteeUserId: trustee.id, roles: ["member"] });
      const access = { trusteeUserId: trustee.id, trusteePassword: secret, trustId: trust.id };
      const delegated = await clouds.fromTrust(access).token();
      await clouds.identity.trustees.delete(trustee.id);
      await clouds.identity.trustees.delete(trustee.id);
      expect(await clouds.identity.trustees.find(name)).toBeNull();
      expect((await refusal(demo.keystone.getTrust(trust.id))).kind).toBe("not_found");
      expect((await demo.keystone.listTrusts()).map((one) => one.id)).not.toContain(trust.id);
      expect(await clouds.identity.validate(delegated)).toBeNull();
      expect((await refusal(clouds.fromTrust(access).whoAmI())).kind).toBe("unauthorized");
    });

    it("hold no role that the creator has not, and a trustee's name only once", async () => {
      const { name, secret, trustee } = await make();
      expect((await refusal(demo.keystone.createTrust({ trusteeUserId: trustee.id, roles: ["admin"] }))).kind).toBe(
        "not_found",
      );
      const again = await refusal(clouds.identity.trustees.create({ name, password: secret }));
      expect(again).toMatchObject({ kind: "conflict", status: 409 });
      expect(again.message).not.toContain(secret.reveal());
      await clouds.identity.trustees.delete(trustee.id);
    });
  });

  describe("application credentials", () => {
    it("sign in as their user with the roles given, make no trust, and end when deleted", async () => {
      const made = await demo.keystone.createApplicationCredential({
        name: `contract-${randomUUID()}`,
        roles: ["member"],
      });
      expect(made.projectId).toBe(token.project?.id);
      const credential: Credential = {
        kind: "application_credential",
        credential: { id: made.id },
        secret: made.secret,
      };
      const cloud = clouds.fromCredential(credential);
      const who = await cloud.whoAmI();
      expect(who).toMatchObject({ user: token.user, project: token.project });
      expect(who.applicationCredential).toMatchObject({ id: made.id, name: made.name, restricted: true });
      expect(
        (await refusal(cloud.keystone.createTrust({ trusteeUserId: token.user.id, roles: ["member"] }))).kind,
      ).toBe("forbidden");
      await demo.keystone.deleteApplicationCredential(made.id);
      expect((await refusal(demo.keystone.deleteApplicationCredential(made.id))).kind).toBe("not_found");
      // Keystone 22 says that it could not find the credential, where a wrong password is 401.
      expect((await refusal(clouds.fromCredential(credential).whoAmI())).kind).toMatch(/unauthorized|not_found/);
    });
  });

  describe("compute", () => {
    it("lists flavors with their sizes and finds one by id and by name", async () => {
      const small = await demo.nova.findFlavor("m1.small");
      expect(small).toMatchObject({ name: "m1.small", vcpus: 1, ramMib: 2048, diskGib: 20, public: true });
      expect(await demo.nova.findFlavor(small?.id ?? "")).toEqual(small);
      expect(await demo.nova.findFlavor("m1.none")).toBeNull();
    });

    it("makes, imports, lists and deletes key pairs", async () => {
      const name = `contract ${randomUUID()}`;
      const made = await demo.nova.createKeypair(name);
      expect(made.privateKey.reveal()).toMatch(/^-----BEGIN (RSA |OPENSSH )?PRIVATE KEY-----/);
      expect(made.publicKey).toMatch(/^ssh-/);
      expect(made.fingerprint).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
      const { privateKey: _shownOnce, ...kept } = made;
      expect(await demo.nova.findKeypair(name)).toEqual(kept);
      expect((await demo.nova.listKeypairs()).map((pair) => pair.name)).toEqual(
        expect.arrayContaining([name, "mykey"]),
      );
      expect(await refusal(demo.nova.createKeypair(name))).toMatchObject({ kind: "conflict", status: 409 });
      await demo.nova.deleteKeypair(name);
      expect(await demo.nova.findKeypair(name)).toBeNull();
      expect((await refusal(demo.nova.deleteKeypair(name))).kind).toBe("not_found");

      const imported = await demo.nova.importKeypair(name, made.publicKey);
      expect(imported).toMatchObject({ name, publicKey: made.publicKey, fingerprint: made.fingerprint });
      await demo.nova.deleteKeypair(name);
      expect((await refusal(demo.nova.importKeypair(name, "not a key"))).kind).toBe("bad_request");
    });

    it("tells zones, limits with usage, and that a server is missing", async () => {
      expect(await demo.nova.listZones()).toContainEqual({ name: "nova", available: true });
      const limits = await demo.nova.limits();
      for (const name of ["instances", "cores", "ramMib", "serverGroups"] as const) {
        expect(limits[name].used).toBeGreaterThanOrEqual(0);
      }
      expect(await demo.nova.listServers({ name: "^contract-none-" })).toEqual([]);
      const error = await refusal(demo.nova.getServer(missing));
      expect(error).toMatchObject({ kind: "not_found", status: 404, service: "compute" });
      expect(error.message).toBe(`Instance ${missing} could not be found.`);
      expect(error.requestId).toMatch(/^req-/);
    });
  });

  describe("network", () => {
    it("knows external networks from own ones, finds both by name and id", async () => {
      const [external] = await demo.neutron.listNetworks({ external: true });
      expect(external).toMatchObject({ name: "public", external: true });
      const [own] = await demo.neutron.findNetworks("demo-net");
      expect(own).toMatchObject({ name: "demo-net", external: false, shared: false, projectId: token.project?.id });
      expect(await demo.neutron.findNetworks(own?.id ?? "")).toEqual([own]);
      expect(await demo.neutron.findNetworks("no-such-net")).toEqual([]);
      expect((await demo.neutron.listNetworks({ external: false })).map((network) => network.name)).not.toContain(
        "public",
      );
      expect(await demo.neutron.listNetworks({ ids: [missing] })).toEqual([]);
    });

    it("knows which subnet is routed to which external network", async () => {
      const [external] = await demo.neutron.findNetworks("public");
      const [subnet] = await demo.neutron.findSubnets("demo-subnet");
      expect(subnet).toMatchObject({ cidr: "10.10.0.0/24", ipVersion: 4, gateway: "10.10.0.1" });
      const networkIds = [subnet?.networkId ?? ""];
      expect(await demo.neutron.listSubnets({ networkIds })).toEqual([subnet]);
      expect(await demo.neutron.listRoutes()).toContainEqual({
        routerId: expect.any(String),
        subnetId: subnet?.id,
        networkId: subnet?.networkId,
        externalNetworkId: external?.id,
      });
      expect((await demo.neutron.listRouters()).map((router) => router.externalNetworkId)).toContain(external?.id);
    });

    it("tells quotas with usage, and addresses only where it may", async () => {
      const limits = await demo.neutron.limits();
      for (const limit of Object.values(limits)) expect(limit.used).toBeGreaterThanOrEqual(0);
      expect(limits.networks.used).toBeGreaterThanOrEqual(1);
      const [own] = await demo.neutron.findNetworks("demo-net");
      const addresses = await demo.neutron.addressesOf(own?.id ?? "");
      if (addresses) expect(addresses.total).toBeGreaterThanOrEqual(addresses.used);
    });

    it("lists ports, floating IPs and security groups, and says what is missing", async () => {
      const [own] = await demo.neutron.findNetworks("demo-net");
      const ports = await demo.neutron.listPorts({ networkId: own?.id ?? "" });
      expect(ports.map((port) => port.deviceOwner)).toContain("network:router_interface");
      expect(await demo.neutron.listFloatingIps({ portIds: [missing] })).toEqual([]);
      expect((await demo.neutron.listSecurityGroups({ name: "default" })).length).toBe(1);
      const error = await refusal(demo.neutron.deletePort(missing));
      expect(error).toMatchObject({ kind: "not_found", message: `Port ${missing} could not be found.` });
      expect((await refusal(demo.neutron.deleteFloatingIp(missing))).kind).toBe("not_found");
      expect((await refusal(demo.neutron.deleteSecurityGroup(missing))).kind).toBe("not_found");
    });
  });

  describe("images", () => {
    it("have the properties that choose a driver", async () => {
      const images = await demo.glance.listImages();
      const coreos = images.find((image) => image.distro === "fedora-coreos");
      expect(coreos).toMatchObject({ status: "active", visibility: "public", hidden: false });
      expect(await demo.glance.findImages(coreos?.name ?? "")).toEqual([coreos]);
      expect(await demo.glance.findImages(coreos?.id ?? "")).toEqual([coreos]);
      expect(images.some((image) => image.distro === null)).toBe(true);
      expect(images.some((image) => image.properties["kube_version"]?.startsWith("v1."))).toBe(true);
      expect(await demo.glance.findImages("no-such-image")).toEqual([]);
      expect(await demo.glance.findImages(missing)).toEqual([]);
    });

    it("are listed by distro, up to a limit", async () => {
      const ubuntu = await demo.glance.listImages({ distro: "ubuntu" });
      expect(ubuntu.length).toBeGreaterThanOrEqual(1);
      expect(ubuntu.every((image) => image.distro === "ubuntu")).toBe(true);
      expect((await demo.glance.listImages({ limit: 2 })).length).toBe(2);
    });
  });

  describe("volumes", () => {
    it("have types, limits with usage, and lists by metadata", async () => {
      expect((await demo.cinder.listTypes()).map((type) => type.name)).toEqual(
        expect.arrayContaining(["standard", "fast"]),
      );
      expect((await demo.cinder.limits()).volumes.used).toBeGreaterThanOrEqual(0);
      expect(await demo.cinder.listVolumes({ metadata: { "cinder.csi.openstack.org/cluster": "none" } })).toEqual([]);
      expect((await refusal(demo.cinder.deleteVolume(missing))).message).toBe(`Volume ${missing} could not be found.`);
    });
  });

  describe("load balancers", () => {
    it("are listed, counted against the quota, and missing when they are", async () => {
      expect(await demo.octavia.available()).toBe(true);
      expect(Array.isArray(await demo.octavia.listLoadBalancers())).toBe(true);
      expect(await demo.octavia.listLoadBalancers({ vipNetworkId: missing })).toEqual([]);
      expect(await demo.octavia.listProviders()).toContain("amphora");
      expect((await demo.octavia.limits()).loadBalancers.used).toBeGreaterThanOrEqual(0);
      const error = await refusal(demo.octavia.getLoadBalancer(missing));
      expect(error).toMatchObject({ kind: "not_found", service: "load-balancer" });
      expect(error.message.toLowerCase()).toBe(`load balancer ${missing} not found.`);
      expect((await refusal(demo.octavia.deleteLoadBalancer(missing))).kind).toBe("not_found");
    });
  });

  describe("secrets", () => {
    it("are kept, found by name, read back byte for byte, and deleted", async () => {
      const name = `contract-${randomUUID()}`;
      const payload = "-----BEGIN X-----\nhällo\n-----END X-----\n";
      const id = await demo.barbican.createSecret({ name, payload: new Secret(payload) });
      expect((await demo.barbican.getPayload(id)).reveal()).toBe(payload);
      expect(await demo.barbican.findSecrets(name)).toEqual([id]);
      await demo.barbican.deleteSecret(id);
      await demo.barbican.deleteSecret(id);
      expect(await demo.barbican.findSecrets(name)).toEqual([]);
      expect((await refusal(demo.barbican.getPayload(id))).kind).toBe("not_found");
    });
  });

  describe("stacks", () => {
    const tag = "jeroboam-contract";
    const member = {
      heat_template_version: "2021-04-16",
      parameters: { name: { type: "string" }, password: { type: "string", hidden: true } },
      resources: {
        port: { type: "OS::Neutron::SecurityGroup", properties: { name: { get_param: "name" } } },
      },
      outputs: { "OS::stack_id": { value: { get_resource: "port" } } },
    };
    const template = {
      heat_template_version: "2021-04-16",
      parameters: {
        count: { type: "number" },
        removal: { type: "comma_delimited_list", default: [] },
        password: { type: "string", hidden: true },
        version: { type: "string", default: "v1" },
      },
      resources: {
        handle: { type: "OS::Heat::WaitConditionHandle", properties: { signal_transport: "TOKEN_SIGNAL" } },
        ready: {
          type: "OS::Heat::WaitCondition",
          properties: { handle: { get_resource: "handle" }, timeout: 300, count: 1 },
        },
        members: {
          type: "OS::Heat::ResourceGroup",
          properties: {
            count: { get_param: "count" },
            removal_policies: [{ resource_list: { get_param: "removal" } }],
            resource_def: {
              type: "member.yaml",
              properties: { name: "contract-%index%", password: { get_param: "password" } },
            },
          },
        },
      },
      outputs: {
        refs: { value: { get_attr: ["members", "refs_map"] } },
        said: { value: { get_attr: ["ready", "data"] } },
      },
    };
    const files = { "member.yaml": JSON.stringify(member) };
    const settled = async (ref: StackRef) =>
      eventually(
        () => demo.heat.getStack(ref, { outputs: true }),
        (stack) => stack.state !== "IN_PROGRESS",
      );
    const indexes = async (ref: StackRef) => {
      const resources = await demo.heat.listResources(ref, { nestedDepth: 2 });
      const here = resources.filter((resource) => resource.type === "member.yaml" && resource.action !== "DELETE");
      return here.map((resource) => resource.name).toSorted();
    };

    it("are made, signalled, grown, shrunk by name and deleted", async () => {
      const name = `contract-${randomUUID().slice(0, 8)}`;
      const wish = {
        name,
        template,
        files,
        parameters: { count: 2, removal: [], password: new Secret("pa55-word") },
        tags: [tag, `${tag}-${name}`],
        timeoutMinutes: 10,
      };
      const ref = await demo.heat.createStack(wish);
      expect(ref.name).toBe(name);
      const twice = await refusal(demo.heat.createStack(wish));
      expect(twice).toMatchObject({ kind: "conflict", status: 409, message: `The Stack (${name}) already exists.` });

      expect(await demo.heat.findStack(name)).toMatchObject({ id: ref.id, action: "CREATE", state: "IN_PROGRESS" });
      expect((await demo.heat.findStack(ref.id))?.name).toBe(name);
      const listed = await demo.heat.listStacks({ tags: [tag, `${tag}-${name}`] });
      expect(listed.map((stack) => stack.id)).toEqual([ref.id]);
      expect(listed[0]?.tags.toSorted()).toEqual(wish.tags.toSorted());
      expect(await demo.heat.listStacks({ tags: [tag, "jeroboam-contract-none"] })).toEqual([]);

      const waiting = await eventually(
        () => demo.heat.listResources(ref, { nestedDepth: 2 }),
        (resources) => resources.some((one) => one.name === "ready" && one.status === "CREATE_IN_PROGRESS"),
      );
      expect(waiting.find((one) => one.name === "handle")?.stack).toEqual(ref);
      await eventually(
        () => indexes(ref),
        (found) => found.length === 2,
      );
      expect((await demo.heat.getStack(ref)).outputs).toEqual({});
      await demo.heat.signalResource(ref, "handle", { status: "SUCCESS", reason: "ok", id: "node", data: "up" });

      const made = await settled(ref);
      expect(made).toMatchObject({ status: "CREATE_COMPLETE", timeoutMinutes: 10, disableRollback: true });
      expect(made.parameters).toMatchObject({ count: "2", password: "******", version: "v1" });
      expect(made.outputs["said"]).toBe('{"node": "up"}');
      expect(Object.keys(Object(made.outputs["refs"])).toSorted()).toEqual(["0", "1"]);

      const resources = await demo.heat.listResources(ref, { nestedDepth: 2 });
      const groups = resources.filter((one) => one.name === "port");
      expect(groups.map((one) => one.parentResource).toSorted()).toEqual(["0", "1"]);
      const first = resources.find((one) => one.name === "0" && one.type === "member.yaml");
      expect(groups.find((one) => one.parentResource === "0")?.stack.id).toBe(first?.physicalId);
      expect((await demo.heat.listResources(ref)).map((one) => one.name).toSorted()).toEqual([
        "handle",
        "members",
        "ready",
      ]);

      await demo.heat.patchStack(ref, { parameters: { count: 3, removal: [] } });
      const grown = await settled(ref);
      expect(grown).toMatchObject({ status: "UPDATE_COMPLETE", tags: listed[0]?.tags });
      expect(grown.parameters["count"]).toBe("3");
      expect(await indexes(ref)).toEqual(["0", "1", "2"]);

      // Named by what it refers to, as servers are: index 1 goes, the others stay, and the number is not used again.
      const victim = String(Object(grown.outputs["refs"])["1"]);
      await demo.heat.patchStack(ref, { parameters: { count: 2, removal: [victim] } });
      expect((await settled(ref)).status).toBe("UPDATE_COMPLETE");
      expect(await indexes(ref)).toEqual(["0", "2"]);
      await demo.heat.patchStack(ref, { parameters: { count: 2, removal: ["0"] } });
      const replaced = await settled(ref);
      expect(await indexes(ref)).toEqual(["2", "3"]);
      expect(replaced.parameters["password"]).toBe("******");
      await demo.heat.patchStack(ref, { parameters: { version: "v2" }, tags: [...wish.tags, "more"] });
      expect((await settled(ref)).parameters["version"]).toBe("v2");
      await demo.heat.patchStack(ref, { clearParameters: ["version"] });
      expect((await settled(ref)).parameters["version"]).toBe("v1");
      expect((await demo.heat.getStack(ref)).tags).toContain("more");

      const events = await demo.heat.listEvents(ref, { limit: 5 });
      expect(events.length).toBe(5);
      expect(events[0]).toMatchObject({ resource: name, status: "CREATE_IN_PROGRESS", stackName: name });
      expect((await demo.heat.listEvents(ref, { after: events[0]?.id ?? "", limit: 1 }))[0]?.id).toBe(events[1]?.id);

      await demo.heat.deleteStack(ref);
      expect(
        await eventually(
          () => demo.heat.findStack(ref.id),
          (stack) => stack === null,
        ),
      ).toBeNull();
      await demo.heat.deleteStack(ref);
      expect(await demo.heat.findStack(name)).toBeNull();
      expect((await refusal(demo.heat.getStack(ref))).kind).toBe("not_found");
      expect(await demo.heat.listStacks({ tags: [`${tag}-${name}`] })).toEqual([]);
    });

    it("fail with the node's own words", async () => {
      const name = `contract-${randomUUID().slice(0, 8)}`;
      const ref = await demo.heat.createStack({
        name,
        template,
        files,
        parameters: { count: 1, removal: [], password: new Secret("pa55-word") },
        tags: [tag],
        timeoutMinutes: 10,
      });
      await eventually(
        () => demo.heat.listResources(ref),
        (resources) => resources.some((one) => one.name === "ready" && one.status === "CREATE_IN_PROGRESS"),
      );
      await demo.heat.signalResource(ref, "handle", {
        status: "FAILURE",
        reason: "kubelet did not start",
        id: "node",
        data: "",
      });
      const failed = await settled(ref);
      expect(failed.status).toBe("CREATE_FAILED");
      expect(failed.reason).toContain("kubelet did not start");
      const broken = await demo.heat.listResources(ref, { nestedDepth: 2, status: "FAILED" });
      expect(broken).toContainEqual(
        expect.objectContaining({ name: "ready", type: "OS::Heat::WaitCondition", status: "CREATE_FAILED" }),
      );
      await demo.heat.deleteStack(ref);
      expect(
        await eventually(
          () => demo.heat.findStack(ref.id),
          (stack) => stack === null,
        ),
      ).toBeNull();
    });

    it("are refused with Heat's reason when the template is wrong", async () => {
      const wrong = { heat_template_version: "2021-04-16", resources: { one: { type: "OS::No::Such" } } };
      const error = await refusal(
        demo.heat.createStack({ name: `contract-${randomUUID().slice(0, 8)}`, template: wrong, tags: [] }),
      );
      expect(error).toMatchObject({ kind: "bad_request", status: 400, service: "orchestration" });
      expect(error.message).toContain("OS::No::Such");
      expect((await refusal(demo.heat.validateTemplate({ template: wrong }))).kind).toBe("bad_request");
      const stranger = { id: missing, name: "contract-none" };
      expect((await refusal(demo.heat.patchStack(stranger, { parameters: {} }))).kind).toBe("not_found");
      expect(await demo.heat.findStack("contract-none")).toBeNull();
    });
  });
}
