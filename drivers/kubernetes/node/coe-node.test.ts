import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, expect, test } from "vitest";
import { aGroup } from "../../heat/testing/desired.ts";
import { marksWord } from "../nodes.ts";
import { missing, nodeWorlds, secrets, shells, storeAddresses } from "../testing/node-world.ts";
import type { World } from "../testing/node-world.ts";

const { aWorld, closeAll } = nodeWorlds();
afterEach(closeAll);

const program = new URL("coe-node", import.meta.url).pathname;

test.skipIf(!existsSync("/usr/bin/shellcheck"))("shellcheck has nothing to say (skipped where it is missing)", () => {
  const programs = [program, program.replace(/coe-node$/, "coe-leave")];
  const run = spawnSync("shellcheck", ["-s", "sh", "-x", ...programs], { encoding: "utf8", cwd: dirname(program) });
  expect(run.stdout).toBe("");
  expect(run.status).toBe(0);
});

for (const shell of shells)
  test.skipIf(missing(shell))(
    `a worker gets its certificate, becomes ready and signals once (${shell[0]}; skipped where it is missing)`,
    async () => {
      const world = await aWorld("worker");
      const run = await world.run({ shell });
      expect(run).toMatchObject({ code: 0 });
      expect(world.signals).toEqual([
        { status: "SUCCESS", reason: "node prod-4f2a1b-node-0 is ready", id: "prod-4f2a1b-node-0" },
      ]);

      const shown = world.openssl(
        "x509",
        "-in",
        `${world.root}/var/lib/kubelet/pki/coe-node.crt`,
        "-noout",
        "-subject",
        "-ext",
        "subjectAltName,extendedKeyUsage",
        "-nameopt",
        "RFC2253",
      );
      expect(shown).toContain("CN=system:node:prod-4f2a1b-node-0,O=system:nodes");
      expect(shown).toContain("DNS:prod-4f2a1b-node-0, IP Address:127.0.0.1, IP Address:192.0.2.9");
      expect(shown).toMatch(/TLS Web Client Authentication, TLS Web Server Authentication/);
      expect(
        world.openssl("verify", "-CAfile", "cluster.crt", `${world.root}/var/lib/kubelet/pki/coe-node.crt`),
      ).toContain("OK");
      expect(world.mode("/var/lib/kubelet/pki/coe-node.key")).toBe(0o600);
      expect(world.mode("/etc/kubernetes/kubelet.conf")).toBe(0o600);
      expect(world.read("/var/lib/kubelet/config.yaml")).toContain(
        'providerID: "openstack:///99999999-8888-4777-8666-555544443333"',
      );
      expect(world.read("/var/lib/kubelet/coe-flags.env")).toContain(
        "--node-labels=magnum.openstack.org/role=worker,magnum.openstack.org/nodegroup=default-worker",
      );
      expect(world.commands().slice(-2)).toEqual(["systemctl enable kubelet", "systemctl restart kubelet"]);
      for (const secret of Object.values(secrets)) expect(run.output).not.toContain(secret);
      expect(run.output).toContain("phase identity done");
    },
  );

test("a second run changes nothing and stays silent", async () => {
  const world = await aWorld("worker");
  await world.run();
  const [before, asked] = [world.tree(), world.requests.length];
  expect(await world.run()).toEqual({ code: 0, output: "coe: reported already\n" });
  expect(world.tree()).toEqual(before);
  expect(world.requests.length).toBe(asked);
});

test("the first master begins the cluster with the CA keys that the service gave it", async () => {
  const world = await aWorld("master", { network: { floatingIpEnabled: false } });
  expect(await world.run()).toMatchObject({ code: 0 });
  expect(world.signals.map((signal) => signal.status)).toEqual(["SUCCESS"]);
  for (const name of ["ca.key", "etcd/ca.key", "front-proxy-ca.key", "sa.key"])
    expect(world.mode(`/etc/kubernetes/pki/${name}`)).toBe(0o600);
  expect(world.read("/etc/kubernetes/pki/sa.pub")).toContain("BEGIN PUBLIC KEY");
  const commands = world.commands().filter((command) => command.startsWith("kube"));
  expect(commands).toEqual([
    `kubeadm init phase preflight --config ${world.root}/etc/coe/kubeadm.yaml --ignore-preflight-errors=FileExisting-conntrack`,
    `kubeadm init --config ${world.root}/etc/coe/kubeadm.yaml --ignore-preflight-errors=FileExisting-conntrack`,
    // The service sent manifests: nobody outside can reach this API, so the node applies the add-ons.
    expect.stringContaining("apply --server-side"),
  ]);
  const config = world.read("/etc/coe/kubeadm.yaml");
  expect(config).toContain('advertiseAddress: "127.0.0.1"');
  expect(config).toContain('certSANs: ["127.0.0.1","192.0.2.7","192.0.2.9"]');
  expect(config).not.toMatch(/@[A-Z_]+@|\{\{/);
  expect(existsSync(`${world.root}/var/lib/coe/bootstrap`)).toBe(false);
});

test("any other master joins with a credential that it makes for itself and removes", async () => {
  const world = await aWorld("master", {}, { INDEX: "2" });
  expect(await world.run()).toMatchObject({ code: 0 });
  expect(world.commands().filter((command) => command.startsWith("kube"))).toEqual([
    `kubeadm join phase preflight --config ${world.root}/etc/coe/kubeadm.yaml --ignore-preflight-errors=FileExisting-conntrack`,
    `kubeadm join --config ${world.root}/etc/coe/kubeadm.yaml --ignore-preflight-errors=FileExisting-conntrack`,
  ]);
  expect(existsSync(`${world.root}/etc/coe/discovery.conf`)).toBe(false);
});

test("the first master of another version says so in the cluster's configuration before it joins", async () => {
  const world = await aWorld("master", {}, { INDEX: "2" });
  world.configured.version = "v1.34.10";
  expect(await world.run()).toMatchObject({ code: 0 });
  const config = `${world.root}/etc/coe/kubeadm.yaml`;
  const commands = world.commands().filter((command) => command.startsWith("kubeadm"));
  expect(commands).toEqual([
    `kubeadm init phase upload-config kubeadm --config ${config} --kubeconfig ${world.root}/etc/coe/discovery.conf`,
    expect.stringContaining("kubeadm join phase preflight"),
    expect.stringContaining("kubeadm join --config"),
  ]);
  expect(world.read("/etc/coe/kubeadm.yaml")).toContain("kind: JoinConfiguration");
});

for (const shell of shells)
  test.skipIf(missing(shell))(
    `while authorities are rotated the first one signs and all are trusted (${shell[0]}; skipped where it is missing)`,
    async () => {
      const { openssl, ...world } = await aWorld("master", {}, { INDEX: "2" }, ["cluster", "other"]);
      expect(await world.run({ shell })).toMatchObject({ code: 0 });
      const count = (path: string) => world.read(path).match(/BEGIN (CERTIFICATE|PUBLIC KEY)/g)?.length;
      const pki = "/etc/kubernetes/pki";
      for (const name of ["ca.crt", "etcd/ca.crt", "front-proxy-ca.crt", "sa.pub"])
        expect(count(`${pki}/${name}`), name).toBe(2);
      // The controller manager refuses to sign with a file of two.
      expect(world.read(`${pki}/ca-signing.crt`).trim()).toBe(openssl("x509", "-in", "cluster.crt").trim());
      expect(world.read(`${pki}/sa.pub`)).toBe(
        openssl("x509", "-in", "cluster-server.crt", "-noout", "-pubkey") +
          openssl("x509", "-in", "other-server.crt", "-noout", "-pubkey"),
      );
      for (const name of ["admin", "kubelet"]) {
        const data = /certificate-authority-data: (\S+)/.exec(world.read(`/etc/kubernetes/${name}.conf`))?.[1] ?? "";
        expect(Buffer.from(data, "base64").toString()).toBe(world.read(`${pki}/ca.crt`));
      }
      expect(world.commands()).toContain("systemctl restart kubelet");

      const worker = await aWorld("worker", {}, {}, ["cluster", "other"]);
      expect(await worker.run({ shell })).toMatchObject({ code: 0 });
    },
  );

test("a key that is not the first authority's ends the start, with the reason", async () => {
  const world = await aWorld("master", {}, {}, ["other", "cluster"]);
  expect((await world.run()).code).not.toBe(0);
  expect(world.signals).toEqual([
    expect.objectContaining({
      status: "FAILURE",
      reason: "phase identity: the service's ca.key does not belong to the first certificate of ca.crt",
    }),
  ]);
});

test("a node registers with its group's labels and taints and notes which they were", async () => {
  const worker = aGroup({
    nodeLabels: { tier: "gold", "node-role.kubernetes.io/gpu": "yes", "node.kubernetes.io/instance": "big" },
    nodeTaints: [
      { key: "gpu", value: "true", effect: "NoSchedule" },
      { key: "old", value: null, effect: "NoExecute" },
    ],
  });
  const world = await aWorld("worker", { nodegroups: [aGroup({ role: "master" }), worker] });
  expect(await world.run()).toMatchObject({ code: 0 });
  const flags = world.read("/var/lib/kubelet/coe-flags.env");
  // A kubelet does not start with labels of Kubernetes' own domains: the conductor brings those.
  expect(flags).toContain("nodegroup=default-worker,tier=gold,node.kubernetes.io/instance=big,");
  expect(flags).toContain("--register-with-taints=gpu=true:NoSchedule,old=:NoExecute ");
  const nodeLabels = { tier: "gold", "node.kubernetes.io/instance": "big" };
  expect(world.annotations).toEqual({ "jeroboam.openstack.org/marks": marksWord({ ...worker, nodeLabels }) });
});

test("a joining master takes members out of the store whose nodes are silent, and no others", async () => {
  const [living, dead, slow] = storeAddresses;
  const world = await aWorld("master", {}, { INDEX: "2" });
  const member = (ID: string, name: string, address: string) => ({
    ID,
    name,
    peerURLs: [`https://${address}:2380`],
    clientURLs: [`https://${address}:2379`],
  });
  const members = [
    member("1", "m-0", living),
    member("2", "m-1", dead),
    member("3", "m-2", slow),
    member("4", "m-3", dead),
  ];
  world.controlPlane.set("m-1", { address: dead, silent: true });
  world.controlPlane.set("m-0", { address: living, silent: false });
  world.controlPlane.set("m-2", { address: slow, silent: false });
  const removed: string[] = [];
  await world.store(living, (verb, body) => {
    if (verb === "remove") removed.push(body);
    return { header: {}, members };
  });
  const run = await world.run();
  expect(run).toMatchObject({ code: 0 });
  // m-1 is silent in Kubernetes, m-3 is not there at all; m-2 is heard of, though its store does not answer.
  expect(removed).toEqual(['{"ID":"2"}', '{"ID":"4"}']);
  expect(run.output).toContain("took the dead member m-1 out of the store");
});

test("volumes are found by the first 20 characters of their id, formatted once and mounted by units", async () => {
  const world = await aWorld("master", {}, { ETCD_VOLUME: "a75cbbc9-423d-4f32-90d3-d5f1a7593614" });
  execFileSync("mkdir", ["-p", `${world.root}/dev/disk/by-id`]);
  execFileSync("touch", [`${world.root}/dev/disk/by-id/virtio-a75cbbc9-423d-4f32-9`]);
  expect(await world.run()).toMatchObject({ code: 0 });
  expect(world.commands()).toContain("mkfs.xfs -q /dev/disk/by-id/virtio-a75cbbc9-423d-4f32-9");
  expect(world.read("/etc/systemd/system/var-lib-etcd.mount")).toContain("Where=/var/lib/etcd");
});

test("what passes by itself is tried again: registry, our API, the signal", async () => {
  const world = await aWorld("worker");
  world.fault(/kubelet$/, 503, 2);
  world.fault(/v1$/, 500, 2);
  world.fault(/bootstrap$/, 503, 2);
  world.fault(/signal/, 503, 2);
  expect(await world.run()).toMatchObject({ code: 0 });
  expect(world.signals.length).toBe(1);
});

test.each([
  [
    "a proof that is refused",
    {},
    (world: World) => world.fault(/bootstrap$/, 403, 99),
    /^phase identity: POST .*bootstrap answered 403/,
  ],
  [
    "a proof that somebody else has spent",
    {},
    (world: World) => world.spendProof(),
    /^phase identity: POST .*bootstrap answered 409: .*another key came first/,
  ],
  [
    "a download with a wrong digest",
    { cni_plugins_sha256: "0".repeat(64) },
    () => undefined,
    /^phase runtime: .*cni.tgz has sha256 [0-9a-f]{64}, expected 0000/,
  ],
  [
    "a download that is not there",
    {},
    (world: World) => world.fault(/kubelet$/, 404, 999),
    /^phase runtime: could not download .*kubelet: .*404/,
  ],
])("%s is reported once, with phase and true reason, and nothing secret", async (_, labels, provoke, reason) => {
  const world = await aWorld("worker", { labels });
  provoke(world);
  const run = await world.run();
  expect(run.code).not.toBe(0);
  expect(world.signals).toEqual([
    expect.objectContaining({ status: "FAILURE", reason: expect.stringMatching(reason) }),
  ]);
  for (const secret of Object.values(secrets))
    expect(`${run.output} ${world.signals[0]?.reason}`).not.toContain(secret);
  await world.run();
  expect(world.signals.length).toBe(1);
});

test.each(["worker", "master"] as const)(
  "a %s killed after any phase goes on where it stopped and ends equal",
  async (role) => {
    const whole = await aWorld(role);
    await whole.run();
    const same = (world: World) =>
      Object.fromEntries(
        Object.entries(world.tree()).map(([path, content]) => [
          path,
          content.replaceAll(world.root, "").replaceAll(/:\d{4,5}\b|bindPort: \d+/g, ":port"),
        ]),
      );
    for (const phase of ["net", "disks", "runtime", "identity", "kubelet", "control", "ready"]) {
      const world = await aWorld(role);
      expect((await world.run({ killAfterPhase: phase })).code).not.toBe(0);
      expect(await world.run()).toMatchObject({ code: 0 });
      expect(world.signals.map((signal) => signal.status)).toEqual(["SUCCESS"]);
      const names = (tree: object) => Object.keys(tree);
      expect(names(same(world)), phase).toEqual(names(same(whole)));
      const modes = (tree: Record<string, string>) =>
        Object.entries(tree).map(([path, content]) => `${path} ${content.slice(0, 3)}`);
      expect(modes(world.tree()), phase).toEqual(modes(whole.tree()));
      await world.close();
    }
  },
);

test("a PEM text comes out of JSON whatever way it is escaped", () => {
  const read = (json: string) =>
    execFileSync("sh", ["-c", `COE_LIBRARY=1 . "${program}"; json_string pem`], { input: json, encoding: "utf8" });
  const pem = "-----BEGIN CERTIFICATE-----\nMIIB+/=\n-----END CERTIFICATE-----\n";
  expect(read(JSON.stringify({ cluster_uuid: "x", pem, links: [] })).trim()).toBe(pem.trim());
  expect(read(JSON.stringify({ pem }, null, 2)).trim()).toBe(pem.trim());
  expect(read(JSON.stringify({ pem: pem.replaceAll("\n", "\r\n") })).trim()).toBe(pem.trim());
  expect(
    read(JSON.stringify({ pem }).replaceAll("/", "\\/").replaceAll("\\n", "\\u000A").replaceAll("+", "\\u002b")).trim(),
  ).toBe(pem.trim());
  expect(read("{}")).toBe("");
});

for (const shell of shells)
  test.skipIf(missing(shell))(
    `whatever a program says, the report is JSON (${shell[0]}; skipped where it is missing)`,
    () => {
      const [command = "", ...options] = shell;
      const escaped = execFileSync(
        command,
        [
          ...options,
          "-c",
          `COE_LIBRARY=1 . "${program}"; json_escape "$(printf "a\\303\\033\\177\\001\\n\\t")z\\"\\\\é"`,
        ],
        { encoding: "utf8" },
      );
      expect(JSON.parse(`"${escaped}"`)).toBe('a????  z"\\??');
    },
  );

test("options of the kubelet come out of systemd's hands as they were given", async () => {
  const options = "--a=x\\.y --allowed-unsafe-sysctls=kernel.*,$(id),${HOME},%h --b=z\\";
  const world = await aWorld("worker", { labels: { kubelet_options: options } });
  expect(await world.run()).toMatchObject({ code: 0 });
  const [, quoted = ""] =
    /^COE_KUBELET_ARGS="((?:[^"\\]|\\.)*)"$/m.exec(world.read("/var/lib/kubelet/coe-flags.env")) ?? [];
  // systemd.exec: between double quotes a backslash keeps its meaning before quotes, dollars and itself; systemd.service:
  // words of a variable are unquoted once more.
  const variable = quoted.replaceAll(/\\(["\\$`])/g, "$1");
  expect(variable.replaceAll(/\\(.)/g, "$1")).toMatch(/^--node-ip=/);
  expect(variable.replaceAll(/\\(.)/g, "$1").endsWith(` ${options}`)).toBe(true);
});

test("brackets and braces in the address of a file are no pattern", async () => {
  const world = await aWorld("worker", { labels: { cni_plugins_url: "MIRROR/cni[1-3]{a,b}.tgz" } });
  await world.run();
  const asked = world.requests.filter(({ path }) => path.includes("cni"));
  expect(new Set(asked.map(({ path }) => decodeURI(path.replace(/\.sha256(sum)?$/, ""))))).toEqual(
    new Set(["/cni[1-3]{a,b}.tgz"]),
  );
});
