// Console and REST API side by side on one cloud: the same request has the same answer, and a cluster's own identity
// and its nodes can do through the API what they must and nothing else. In one process, with the product's own runtime.
import { execFileSync } from "node:child_process";
import { randomBytes, randomUUID, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TRPCError } from "@trpc/server";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { proofRoot, proofSecret, writeProof } from "../../drivers/node-proof.ts";
import type { TrustAccess } from "../../drivers/openstack/cloud.ts";
import { openDelegation } from "../../server/auth/delegated-credential.ts";
import { getCredential } from "../../server/db/credential.ts";
import { keepProofs } from "../../server/db/node-proof.ts";
import { projectScope } from "../../server/db/scope.ts";
import { DomainError } from "../../server/domain/error.ts";
import { readEnv } from "../../server/env.ts";
import { openLog } from "../../server/log.ts";
import { buildApi } from "../../server/rest/app.ts";
import { openRuntime, type Runtime } from "../../server/runtime.ts";
import { signingRequest } from "../../server/services/testing/signing-request.ts";
import { createContext } from "../../server/trpc/context.ts";
import { createCaller } from "../../server/trpc/root.ts";

export interface DoorsCloud {
  /** Variables of server/env.ts that lead to the cloud. */
  env: Readonly<Record<string, string>>;
  person: { user: string; password: string; project: string };
  close(): Promise<void>;
}

interface RestAnswer {
  status: number;
  text: string;
  json: unknown;
}

export function describeDoors(cloudName: string, open: () => Promise<DoorsCloud>): void {
  describe(`both doors on ${cloudName}`, () => {
    let cloud: DoorsCloud;
    let runtime: Runtime;
    let api: FastifyInstance;
    let console: ReturnType<typeof createCaller>;
    let project: string;
    let token: string;
    let template: string;
    /** Every cloud of ours has images of these kinds, under names of its own. */
    let image: string;
    let plainImage: string;
    const made: string[] = [];
    const directory = mkdtempSync(join(tmpdir(), "doors-"));
    const unique = (word: string) => `${word}-${randomBytes(3).toString("hex")}`;

    beforeAll(async () => {
      cloud = await open();
      const env = readEnv({ ...cloud.env, DATABASE_URL: `file:${join(directory, "doors.db")}`, LOG_LEVEL: "error" });
      runtime = await openRuntime(env, openLog(env.logLevel, "doors"));
      api = buildApi(runtime);
      const { user, password } = cloud.person;
      const signedIn = await runtime.auth.sessions.signIn({ domain: "Default", user, password, from: "127.0.0.1" });
      console = createCaller(await createContext(runtime, { cookie: `jeroboam_session=${signedIn.value}` }));
      project = signedIn.view.projects.find((each) => each.name === cloud.person.project)?.id ?? "";
      const context = await runtime.auth.sessions.context(signedIn.value, project, "req-doors", "change");
      token = context.token.reveal();
      const { images } = await console.cloud.options({ project });
      const ofDistro = (distro: string | null) =>
        images.ok ? images.items.find((each) => each.distro === distro)?.name : undefined;
      image = ofDistro("fedora-coreos") ?? "";
      plainImage = ofDistro(null) ?? "";
      template = await aTemplate();
    });

    afterAll(async () => {
      // Nobody conducts here, so that what was delegated is taken back by hand.
      for (const id of made) {
        const access = await trustOf(id);
        if (access) await runtime.clouds.identity.trustees.delete(access.trusteeUserId);
      }
      await api.close();
      await runtime.stop();
      await cloud.close();
      rmSync(directory, { recursive: true });
    });

    async function rest(
      method: "GET" | "POST" | "DELETE",
      url: string,
      body?: object,
      as = token,
    ): Promise<RestAnswer> {
      const answer = await api.inject({
        method,
        url,
        headers: { "x-auth-token": as, "openstack-api-version": "container-infra latest" },
        ...(body ? { payload: body } : {}),
      });
      const isJson = answer.headers["content-type"] === "application/json";
      const json: unknown = isJson ? JSON.parse(answer.body) : null;
      return { status: answer.statusCode, text: answer.body, json };
    }

    /** The first problem: REST names its field in the text, the console beside it. */
    const detailOf = (answer: RestAnswer) =>
      z
        .object({ errors: z.array(z.object({ detail: z.string() })) })
        .parse(answer.json)
        .errors[0]?.detail.split("\n")[0]
        ?.replace(/ \([a-z_.]+\)(?=\.|$)/, "");

    async function aTemplate(more: object = {}): Promise<string> {
      const answer = await rest("POST", "/v1/clustertemplates", {
        name: unique("doors"),
        coe: "kubernetes",
        image_id: image,
        external_network_id: "public",
        flavor_id: "m1.small",
        master_flavor_id: "m1.small",
        labels: { kube_tag: "v1.31.1" },
        ...more,
      });
      expect(answer.status, answer.text).toBe(201);
      return z.object({ uuid: z.string() }).parse(answer.json).uuid;
    }

    const idempotencyKey = () => randomBytes(8).toString("hex");

    async function aCluster(name = unique("web")): Promise<string> {
      const { id } = await console.cluster.create({
        project,
        clusterTemplateId: template,
        name,
        idempotencyKey: idempotencyKey(),
      });
      made.push(id);
      return id;
    }

    async function trustOf(id: string) {
      const stored = await getCredential(runtime.db, projectScope(project), id);
      return stored ? openDelegation(runtime, stored) : null;
    }

    async function refusal(work: Promise<unknown>): Promise<DomainError> {
      try {
        await work;
      } catch (error) {
        if (error instanceof TRPCError && error.cause instanceof DomainError) return error.cause;
        throw error;
      }
      throw new Error("it was not refused");
    }

    const wrong: [
      what: string,
      wish: { clusterTemplateId?: string; [key: string]: unknown },
      body: object,
      field: string,
    ][] = [
      ["an unknown flavor", { flavorId: "nope" }, { flavor_id: "nope" }, "flavor_id"],
      ["an unknown control plane flavor", { masterFlavorId: "nope" }, { master_flavor_id: "nope" }, "master_flavor_id"],
      ["an unknown keypair", { keypair: "nope" }, { keypair: "nope" }, "keypair"],
      ["an even control plane", { masterCount: 2 }, { master_count: 2 }, "master_count"],
      [
        "several control plane nodes without a balancer",
        { masterCount: 3, masterLbEnabled: false },
        { master_count: 3, master_lb_enabled: false },
        "master_count",
      ],
      ["an unknown network", { fixedNetwork: "nope" }, { fixed_network: "nope" }, "fixed_network"],
      ["an unknown subnet", { fixedSubnet: "nope" }, { fixed_subnet: "nope" }, "fixed_subnet"],
      [
        "a boot volume size that is no number",
        { labels: { boot_volume_size: "x" } },
        { labels: { boot_volume_size: "x" } },
        "labels.boot_volume_size",
      ],
      [
        "a zone that is not there",
        { labels: { availability_zone: "mars" } },
        { labels: { availability_zone: "mars" } },
        "labels.availability_zone",
      ],
      ["an unknown template", { clusterTemplateId: "nope" }, { cluster_template_id: "nope" }, "cluster_template_id"],
    ];

    test.each(wrong)(
      "refuse %s in the same words, at its field, as the review does",
      async (_what, wish, body, field) => {
        const name = unique("web");
        const input = { project, clusterTemplateId: template, name, ...wish };
        const refused = await refusal(console.cluster.create({ ...input, idempotencyKey: idempotencyKey() }));
        expect(refused.details.field).toBe(field);
        const answer = await rest("POST", "/v1/clusters", { cluster_template_id: template, name, ...body });
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
        expect(detailOf(answer)).toBe(refused.message);
        const { problems } = await console.cluster.preview(input);
        expect(problems[0]).toEqual({ field, message: refused.message });
      },
    );

    test("tell everything that is wrong at once to forms", async () => {
      const wish = { project, clusterTemplateId: template, keypair: "nope", flavorId: "none", masterCount: 2 };
      const refused = await refusal(console.cluster.create({ ...wish, idempotencyKey: idempotencyKey() }));
      expect(refused.details.problems?.map((each) => each.field)).toEqual(["master_count", "flavor_id", "keypair"]);
    });

    test("make the same cluster of the same request, with what was not said taken from the template", async () => {
      const labels = { kube_tag: "v1.31.1" };
      const name = unique("twin");
      const { id } = await console.cluster.create({
        project,
        clusterTemplateId: template,
        name,
        nodeCount: 2,
        labels: {},
        idempotencyKey: idempotencyKey(),
      });
      made.push(id);
      const body = {
        cluster_template_id: template,
        name,
        node_count: "2",
        keypair: null,
        discovery_url: null,
        master_count: 1,
        create_timeout: 60,
      };
      const answer = await rest("POST", "/v1/clusters", body);
      expect(answer.status, answer.text).toBe(202);
      const other = z.object({ uuid: z.string() }).parse(answer.json).uuid;
      made.push(other);
      const [one, two] = await Promise.all([id, other].map((each) => console.cluster.get({ project, id: each })));
      const comparable = (view: typeof one) => ({
        ...view,
        id: "",
        createdAt: 0,
        statusSince: 0,
        operation: null,
        nodegroups: [],
      });
      expect(comparable(one)).toEqual(comparable(two));
      expect(one).toMatchObject({
        status: "CREATE_IN_PROGRESS",
        nodeCount: 2,
        masterCount: 1,
        labels,
        flavorId: "m1.small",
      });
    });

    test("make one cluster of one form, however often and how fast it is sent, and leave no identity over", async () => {
      const name = unique("once");
      const input = { project, clusterTemplateId: template, name, idempotencyKey: idempotencyKey() };
      const answers = await Promise.all([1, 2, 3].map(() => console.cluster.create(input)));
      const ids = new Set(answers.map((each) => each.id));
      expect(ids.size).toBe(1);
      made.push(...ids);
      expect((await console.cluster.list({ project, q: name })).total).toBe(1);
      const credentials = await runtime.db.prisma.credential.findMany({ where: { clusterId: null } });
      expect(credentials).toEqual([]);
      const trustees = await runtime.clouds.identity.trustees.list();
      expect(trustees.filter((user) => [...ids].some((id) => user.name.startsWith(id)))).toHaveLength(1);
    });

    test("a template whose network driver its driver cannot do says so when a cluster is asked for", async () => {
      const other = await aTemplate({ network_driver: "cilium" });
      const { problems } = await console.cluster.preview({ project, clusterTemplateId: other, name: "web" });
      expect(problems).toHaveLength(1);
    });

    /** As the conductor leaves a cluster that is ready. */
    async function aReadyCluster(): Promise<string> {
      const id = await aCluster();
      const { prisma } = runtime.db;
      await prisma.cluster.update({
        where: { id },
        data: { status: "CREATE_COMPLETE", apiAddress: "https://192.0.2.7:6443" },
      });
      await prisma.nodeGroup.updateMany({ where: { clusterId: id }, data: { status: "CREATE_COMPLETE" } });
      return id;
    }

    /** One for all that is refused and so changes nothing. */
    let spared: Promise<string> | null = null;
    const theReadyCluster = () => (spared ??= aReadyCluster());

    interface Change {
      what: string;
      console: (id: string) => Promise<unknown>;
      rest: (id: string) => Promise<RestAnswer>;
      status: number;
    }
    const nodegroup = (what: string, wish: object, body: object, status: number): Change => ({
      what,
      console: (id) => console.nodegroup.create({ project, id, name: "pool", ...wish }),
      rest: (id) => rest("POST", `/v1/clusters/${id}/nodegroups`, { name: "pool", ...body }),
      status,
    });
    const resize = (what: string, wish: { nodeCount: number; nodesToRemove?: string[] }, body: object): Change => ({
      what,
      console: (id) => console.cluster.resize({ project, id, ...wish }),
      rest: (id) => rest("POST", `/v1/clusters/${id}/actions/resize`, body),
      status: 400,
    });
    const upgrade = (what: string, to: () => string, status: number): Change => ({
      what,
      console: (id) => console.cluster.upgrade({ project, id, clusterTemplate: to() }),
      rest: (id) => rest("POST", `/v1/clusters/${id}/actions/upgrade`, { cluster_template: to() }),
      status,
    });
    const changes: Change[] = [
      nodegroup("a group whose name is taken", { name: "default-worker" }, { name: "default-worker" }, 409),
      nodegroup("another control plane", { role: "master" }, { role: "master" }, 400),
      nodegroup("a group of an unknown flavor", { flavorId: "nope" }, { flavor_id: "nope" }, 400),
      nodegroup("a group of an unknown image", { imageId: "nope" }, { image_id: "nope" }, 400),
      nodegroup("a group below its minimum", { minNodeCount: 2 }, { node_count: 1, min_node_count: 2 }, 409),
      nodegroup(
        "a reserved node label",
        { nodeLabels: { "a.kubernetes.io/b": "c" } },
        { node_labels: { "a.kubernetes.io/b": "c" } },
        409,
      ),
      nodegroup(
        "a taint of no effect",
        { nodeTaints: [{ key: "a", effect: "No" }] },
        { node_taints: [{ key: "a", effect: "No" }] },
        409,
      ),
      {
        what: "the deletion of a default group",
        console: (id) => console.nodegroup.delete({ project, id, group: "default-worker" }),
        rest: (id) => rest("DELETE", `/v1/clusters/${id}/nodegroups/default-worker`),
        status: 400,
      },
      {
        what: "the deletion of a group that is not there",
        console: (id) => console.nodegroup.delete({ project, id, group: "nope" }),
        rest: (id) => rest("DELETE", `/v1/clusters/${id}/nodegroups/nope`),
        status: 404,
      },
      resize("a size beyond one group's limit", { nodeCount: 91 }, { node_count: 91 }),
      resize(
        "the removal of a node that is not there",
        { nodeCount: 1, nodesToRemove: ["nope"] },
        { node_count: 1, nodes_to_remove: ["nope"] },
      ),
      upgrade("an upgrade to an unknown template", () => "nope", 404),
    ];

    test.each(changes.map((change) => [change.what, change] as const))(
      "refuse %s in the same words, and change nothing",
      async (_what, change) => {
        const id = await theReadyCluster();
        const refused = await refusal(change.console(id));
        const answer = await change.rest(id);
        expect(answer.status, answer.text).toBe(change.status);
        expect(detailOf(answer)).toBe(refused.message);
        expect((await console.cluster.get({ project, id })).status).toBe("CREATE_COMPLETE");
      },
    );

    test("refuse an upgrade that brings nothing or cannot be, as the preview says", async () => {
      const id = await theReadyCluster();
      const refused = await refusal(console.cluster.upgrade({ project, id, clusterTemplate: template }));
      const answer = await rest("POST", `/v1/clusters/${id}/actions/upgrade`, { cluster_template: template });
      expect(detailOf(answer)).toBe(refused.message);
      const { problems } = await console.cluster.upgradePreview({ project, id, clusterTemplate: template });
      expect(problems[0]?.message).toBe(refused.message);
    });

    test("take the same changes and show the same cluster afterwards", async () => {
      const [one, two] = [await aReadyCluster(), await aReadyCluster()];
      await console.nodegroup.create({ project, id: one, name: "pool", nodeCount: 2, maxNodeCount: 5 });
      const body = { name: "pool", node_count: 2, max_node_count: 5, min_node_count: 0, role: "worker" };
      expect((await rest("POST", `/v1/clusters/${two}/nodegroups`, body)).status).toBe(202);
      await console.cluster.resize({ project, id: one, nodegroup: "pool", nodeCount: 3 });
      const resized = await rest("POST", `/v1/clusters/${two}/actions/resize`, { node_count: 3, nodegroup: "pool" });
      expect(resized.status, resized.text).toBe(202);
      const shown = await Promise.all(
        [one, two].map(async (id) => {
          const { status, nodeCount, nodegroups } = await console.cluster.get({ project, id });
          return {
            status,
            nodeCount,
            groups: nodegroups.map((group) => ({
              ...group,
              id: "",
              seq: 0,
              clusterId: "",
              createdAt: 0,
              updatedAt: 0,
            })),
          };
        }),
      );
      expect(shown[0]).toEqual(shown[1]);
      expect(shown[0]).toMatchObject({ status: "UPDATE_IN_PROGRESS", nodeCount: 4 });
      expect(shown[0]?.groups.at(-1)).toMatchObject({ name: "pool", status: "CREATE_IN_PROGRESS", nodeCount: 3 });
    });

    test("fill a quota's last place once, and take back the identity of who came second", async () => {
      const { used } = (await console.cluster.list({ project })).quota;
      const row = { projectId: project, resource: "Cluster" };
      await runtime.db.prisma.quota.create({ data: { ...row, hardLimit: used + 1, createdAt: new Date() } });
      const before = await runtime.clouds.identity.trustees.list();
      const wish = (name: string) => ({
        project,
        clusterTemplateId: template,
        name: unique(name),
        idempotencyKey: idempotencyKey(),
      });
      const results = await Promise.allSettled(["a", "b"].map((name) => console.cluster.create(wish(name))));
      made.push(...results.flatMap((each) => (each.status === "fulfilled" ? [each.value.id] : [])));
      expect(results.map((each) => each.status).toSorted()).toEqual(["fulfilled", "rejected"]);
      const refused = await refusal(console.cluster.create(wish("c")));
      expect(refused.reason).toBe("quota_exceeded");
      expect(refused.message).toContain(`You have reached the maximum clusters per project, ${used + 1}.`);
      expect(detailOf(await rest("POST", "/v1/clusters", { cluster_template_id: template }))).toBe(refused.message);
      const gained = (await runtime.clouds.identity.trustees.list()).filter(
        (user) => !before.some((each) => each.id === user.id),
      );
      expect(gained.filter((user) => user.name.endsWith(`_${project}`))).toHaveLength(1);
      expect(await runtime.db.prisma.credential.count({ where: { clusterId: null } })).toBe(0);
      await runtime.db.prisma.quota.deleteMany({ where: row });
    });

    test("refuse what the project's limits at the cloud have no room for, and say which", async () => {
      const wish = { project, clusterTemplateId: template, name: unique("big"), nodeCount: 80 };
      const { quota, problems } = await console.cluster.preview(wish);
      const tight = quota.filter((each) => each.limit !== null && each.used + each.adds > each.limit);
      expect(problems.map((each) => each.message)).toEqual(
        tight.map(
          ({ name, used, adds, limit }) =>
            `The project's quota is too small: ${name} would go from ${used} to ${used + adds} of ${limit}.`,
        ),
      );
      expect(quota.find((each) => each.name === "instances")?.adds).toBe(81);
      if (tight.length > 0) {
        const refused = await refusal(console.cluster.create({ ...wish, idempotencyKey: idempotencyKey() }));
        expect(refused.reason).toBe("cloud_quota_exceeded");
        expect((await rest("POST", "/v1/clusters", { cluster_template_id: template, node_count: 80 })).status).toBe(
          403,
        );
      }
    });

    const base = () => ({
      coe: "kubernetes" as const,
      imageId: image,
      externalNetworkId: "public",
      flavorId: "m1.small",
      masterFlavorId: "m1.small",
    });
    const baseBody = () => ({
      coe: "kubernetes",
      image_id: image,
      external_network_id: "public",
      flavor_id: "m1.small",
      master_flavor_id: "m1.small",
    });
    const wrongTemplates: [what: string, wish: object, body: object, field: string, message: RegExp][] = [
      ["an unknown image", { imageId: "nope" }, { image_id: "nope" }, "image_id", /^Image nope could not be found\.$/],
      [
        "an image that does not say its distribution",
        { imageId: "{plain}" },
        { image_id: "{plain}" },
        "image_id",
        /doesn't contain os_distro field/,
      ],
      [
        "an image that no driver serves",
        { imageId: "fedora-atomic-29" },
        { image_id: "fedora-atomic-29" },
        "image_id",
        /^Cluster type \(vm, fedora-atomic, kubernetes\) not supported\.$/,
      ],
      ["an unknown flavor", { flavorId: "nope" }, { flavor_id: "nope" }, "flavor_id", /^Unable to find flavor nope\.$/],
      [
        "a network that is not external",
        { externalNetworkId: "demo-net" },
        { external_network_id: "demo-net" },
        "external_network_id",
        /^Unable to find external network demo-net\.$/,
      ],
      [
        "a network driver that does not exist",
        { networkDriver: "weave" },
        { network_driver: "weave" },
        "network_driver",
        /^Network driver type weave is not supported/,
      ],
      [
        "a volume driver of another COE",
        { volumeDriver: "rexray" },
        { volume_driver: "rexray" },
        "volume_driver",
        /^Volume driver type rexray is not supported/,
      ],
      [
        "an unknown driver",
        { driver: "nope" },
        { driver: "nope" },
        "driver",
        /^Cluster driver \(nope\) not supported\.$/,
      ],
      [
        "devicemapper without room",
        { dockerStorageDriver: "devicemapper" },
        { docker_storage_driver: "devicemapper" },
        "docker_volume_size",
        /expecting minimum value 3GB/,
      ],
      [
        "publishing by a member",
        { public: true },
        { public: true },
        "public",
        /^Not authorized to set public or hidden flag/,
      ],
    ];

    test.each(wrongTemplates)(
      "refuse a template with %s in the same words",
      async (_what, wish, body, field, message) => {
        const filled = (part: object) =>
          z.record(z.string(), z.unknown()).parse(JSON.parse(JSON.stringify(part).replace("{plain}", plainImage)));
        const refused = await refusal(console.template.create({ project, ...base(), ...filled(wish) }));
        expect(refused.details.field).toBe(field);
        expect(refused.message).toMatch(message);
        const answer = await rest("POST", "/v1/clustertemplates", { ...baseBody(), ...filled(body) });
        expect(detailOf(answer)).toBe(refused.message);
        expect(answer.status).toBe(field === "public" ? 403 : 400);
      },
    );

    test("take a template whose keypair nobody has, and name what it refers to", async () => {
      const { id } = await console.template.create({ project, ...base(), keypairId: "of somebody else" });
      expect(await console.template.get({ project, id })).toMatchObject({
        clusterDistro: "fedora-coreos",
        driver: "k8s_fedora_coreos_v1",
        networkDriver: "flannel",
        names: { image, flavor: "m1.small", externalNetwork: "public" },
        mine: true,
        cannotEdit: null,
      });
      await console.template.update({ project, id, change: { flavorId: "m1.medium", labels: { a: "b" } } });
      expect((await rest("GET", `/v1/clustertemplates/${id}`)).json).toMatchObject({
        flavor_id: "m1.medium",
        labels: { a: "b" },
      });
      await console.template.delete({ project, id });
      expect((await rest("GET", `/v1/clustertemplates/${id}`)).status).toBe(404);
    });

    test("keypairs are imported or made, and the private key is shown once", async () => {
      const name = unique("key");
      const made = await console.cloud.createKeypair({ project, name });
      expect(made.privateKey).toContain("PRIVATE KEY");
      const again = await refusal(console.cloud.createKeypair({ project, name }));
      expect(again).toMatchObject({ reason: "conflict", details: { field: "name" } });
      const broken = await refusal(
        console.cloud.createKeypair({ project, name: unique("key"), publicKey: "ssh-rsa nonsense" }),
      );
      expect(broken).toMatchObject({ reason: "invalid_input", details: { field: "public_key" } });
      const options = await console.cloud.options({ project });
      expect(options.keypairs.ok && options.keypairs.items.map((each) => each.name)).toContain(name);
      await (await signedIn()).cloud().nova.deleteKeypair(name);
    });

    async function signedIn() {
      const { user, password } = cloud.person;
      const signed = await runtime.auth.sessions.signIn({ domain: "Default", user, password, from: "127.0.0.1" });
      return runtime.auth.sessions.context(signed.value, project, "req-doors", "change");
    }

    describe("a cluster's own identity, and its nodes", () => {
      let id: string;
      let access: TrustAccess;
      let nodeToken: string;

      beforeAll(async () => {
        id = await aCluster();
        const found = await trustOf(id);
        if (!found) throw new Error("the cluster has no trust");
        access = found;
        nodeToken = (await runtime.clouds.fromTrust(access).token()).reveal();
      });

      /** What the conductor opens for a node of this role that it sees coming up, as the node has it. */
      async function aProof(role: "master" | "worker"): Promise<string> {
        const group = (await console.cluster.get({ project, id })).nodegroups.find((each) => each.role === role);
        const nodegroupId = group?.id ?? "";
        const member = { id: randomUUID(), nodegroupId, name: `web-${role}-0`, addresses: ["10.0.0.7"], coming: true };
        await runtime.db.transaction((tx) => keepProofs(tx, id, [member], false, new Date()));
        const secret = proofSecret(proofRoot(access.trusteePassword, id, nodegroupId), member.id);
        return writeProof({ nodegroupId, id: member.id, secret }).reveal();
      }
      const bootstrap = (body: object, as: string) => rest("POST", `/v1/clusters/${id}/bootstrap`, body, as);

      test("sees its own cluster and its CA, and nothing else of its owner", async () => {
        const other = await aCluster();
        expect((await rest("GET", `/v1/clusters/${id}`, undefined, nodeToken)).status).toBe(200);
        expect((await rest("GET", `/v1/certificates/${id}`, undefined, nodeToken)).status).toBe(200);
        for (const [method, url] of [
          ["GET", `/v1/clusters/${other}`],
          ["GET", `/v1/certificates/${other}`],
          ["DELETE", `/v1/clusters/${other}`],
        ] as const)
          expect((await rest(method, url, undefined, nodeToken)).status, url).toBe(404);
        for (const [method, url] of [
          ["GET", "/v1/clusters"],
          ["DELETE", `/v1/clusters/${id}`],
          ["GET", "/v1/clustertemplates"],
          ["POST", "/v1/clusters"],
        ] as const) {
          const body = method === "POST" ? { cluster_template_id: template } : undefined;
          expect((await rest(method, url, body, nodeToken)).status, url).toBe(403);
        }
      });

      test("has no kubelet's and no operator's certificate signed by the cloud's token", async () => {
        for (const subject of ["/O=system:nodes/CN=system:node:web-0", "/O=system:masters/CN=admin"]) {
          const body = { cluster_uuid: id, csr: signingRequest(subject) };
          expect((await rest("POST", "/v1/certificates", body, nodeToken)).status, subject).toBe(403);
        }
      });

      test("of a node is known by its proof: a worker gets its own certificate, whatever it asks for", async () => {
        const csr = signingRequest("/O=system:masters/CN=system:node:other");
        const answer = await bootstrap({ proof: await aProof("worker"), csr }, "");
        expect(answer.status, answer.text).toBe(200);
        expect(answer.text).not.toContain(".key ");
        const [, pem = ""] = answer.text.split("kubelet.crt ");
        expect(new X509Certificate(Buffer.from(pem, "base64")).subject).toBe(
          "O=system:nodes\nCN=system:node:web-worker-0",
        );
      });

      test("of the control plane fetches its keys, which fit the cluster's CA", async () => {
        const body = { proof: await aProof("master"), csr: signingRequest("/CN=web-master-0") };
        const answer = await bootstrap(body, "");
        expect(answer.status, answer.text).toBe(200);
        const files = new Map(
          answer.text
            .trimEnd()
            .split("\n")
            .map((line) => line.split(" ", 2))
            .map(([name = "", content = ""]) => [name, Buffer.from(content, "base64").toString()]),
        );
        const wanted = [
          "pki/ca.crt",
          "pki/ca.key",
          "pki/etcd/ca.crt",
          "pki/etcd/ca.key",
          "pki/front-proxy-ca.crt",
          "pki/front-proxy-ca.key",
          "pki/sa.pub",
          "pki/sa.key",
        ];
        expect([...files.keys()]).toEqual(expect.arrayContaining(wanted));
        const [ca] = await console.certificate.authorities({ project, id });
        expect(files.get("pki/ca.crt")).toBe(ca?.pem);
        const publicKey = execFileSync("openssl", ["pkey", "-pubout"], {
          input: files.get("pki/ca.key"),
          encoding: "utf8",
        });
        expect(publicKey).toBe(new X509Certificate(ca?.pem ?? "").publicKey.export({ type: "spki", format: "pem" }));
        // An answer may get lost on its way; somebody else has another key.
        expect((await bootstrap(body, "")).status).toBe(200);
        expect((await bootstrap({ ...body, csr: signingRequest("/CN=web-master-0") }, "")).status).toBe(409);
      });

      test("opens nothing by a server that says it is of the control plane, nor by any token", async () => {
        const metadata = { "coe-cluster": id, "coe-nodegroup": "default-master" };
        const csr = signingRequest("/CN=web-master-0");
        expect((await bootstrap({ server_id: randomUUID(), metadata }, nodeToken)).status).toBe(400);
        for (const as of [nodeToken, token])
          expect((await bootstrap({ proof: `x.${randomUUID()}.${"0".repeat(64)}`, csr }, as)).status).toBe(403);
      });
    });
  });
}
