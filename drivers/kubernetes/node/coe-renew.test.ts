// The only control plane node of a cluster, changed in place: real shell, curl and openssl; kubeadm and the runtime are played.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { aDesired } from "../../heat/testing/desired.ts";
import { annotations } from "../nodes.ts";
import { nodeFiles } from "../node.ts";
import { missing, nodeWorlds, secrets, shells } from "../testing/node-world.ts";
import type { World } from "../testing/node-world.ts";

const { aWorld, closeAll } = nodeWorlds();
afterEach(closeAll);

const asked = "prod-4f2a1b-master-12345678 2026-01-02T03:04:05.000Z";
/** As kubeadm does it: manifests by phases, images by list. `fails`: a phase that ends in an error. */
const kubeadm = (fails = "none") => `case "$*" in
*"${fails}"*) echo 'error execution phase: it does not want to' >&2; exit 1 ;;
"config images list"*) printf 'registry.k8s.io/kube-apiserver:v1.35.2\\nregistry.k8s.io/coredns/coredns:v1\\n'; exit 0 ;;
"init phase control-plane all"*) for n in kube-apiserver kube-scheduler; do echo "kind: Pod # v1.35.2" >"$COE_ROOT/etc/kubernetes/manifests/$n.yaml"; done ;;
"init phase etcd local"*) echo "kind: Pod # v1.35.2" >"$COE_ROOT/etc/kubernetes/manifests/etcd.yaml"; echo "new data" >"$COE_ROOT/var/lib/etcd/data/member" ;;
esac
case "$*" in *"phase kubeconfig"*) ;; *) exit 0 ;; esac
`;

/** A node that is asked to become what a new one of v1.35.2 would be. */
async function aNode(authorities?: ("cluster" | "other")[]) {
  const world = await aWorld("master", {}, {}, authorities);
  world.asControlPlane();
  const env = world.read("/etc/coe/node.env");
  // What the conductor would send, for the mirror of this world.
  const want = aDesired({ labels: { kube_tag: "v1.35.2" } });
  const [group] = want.nodegroups;
  if (!group) throw new Error("no master");
  const site = { binaryDir: "/usr/local/bin", firstIndex: "0", waitSeconds: 3600 };
  const files = nodeFiles(want, group, site).files.map(({ path, mode, content }) => {
    const text = path.endsWith("node.env") ? env.replace("COE_KUBE_TAG='v1.34.1'", "COE_KUBE_TAG='v1.35.2'") : content;
    return `${mode.toString(8)} ${path} ${Buffer.from(typeof text === "string" ? text : "").toString("base64")}\n`;
  });
  world.secrets.set("coe-renew", { files: files.join(""), proof: secrets.proof });
  world.annotations[annotations.renew] = asked;
  world.kubeadm(kubeadm());
  world.configured.version = "v1.35.2";
  return world;
}
const once = (world: World, shell = ["sh"], more: Record<string, string> = {}) =>
  world.run({ program: "coe-renew", shell, env: { COE_ONCE: "1", ...more } });

/** Everything that a node works with, without what only remembers what was done. */
const state = (world: World) =>
  Object.fromEntries(
    Object.entries(world.tree()).filter(
      ([path]) => !/^\/var\/lib\/coe\/renew/.test(path) && !path.startsWith("/usr/local/bin/coe-"),
    ),
  );

for (const shell of shells)
  test.skipIf(missing(shell))(
    `it becomes what a new node would be, and says so (${shell[0]}; skipped where it is missing)`,
    async () => {
      const world = await aNode();
      expect(await once(world, shell)).toMatchObject({ code: 0 });
      expect(world.annotations).toMatchObject({ [annotations.generation]: "prod-4f2a1b-master-12345678" });
      expect(world.annotations).not.toHaveProperty(annotations.renewFailed);
      const commands = world.commands().filter((command) => command.startsWith("kubeadm"));
      expect(commands.map((command) => command.replace(/ --config.*/, ""))).toEqual([
        "kubeadm config images list",
        "kubeadm certs renew all",
        "kubeadm init phase etcd local",
        "kubeadm init phase control-plane all",
        "kubeadm init phase kubelet-start",
        "kubeadm init phase upload-config all",
      ]);
      // kubeadm does not bring the DNS service here.
      expect(world.commands().filter((command) => / pull /.test(command))).toEqual([
        expect.stringMatching(/pull registry\.k8s\.io\/kube-apiserver:v1\.35\.2$/),
      ]);
      expect(world.read("/etc/kubernetes/manifests/kube-apiserver.yaml")).toContain("v1.35.2");
      expect(world.read("/etc/coe/node.env")).toContain("COE_KUBE_TAG='v1.35.2'");
      expect(world.read("/usr/local/bin/kubelet")).not.toContain("former");
      expect(world.read("/etc/containerd/config.toml")).toContain("sandbox_image");
      expect(existsSync(`${world.root}/var/lib/coe/before`)).toBe(false);
      expect(existsSync(`${world.root}/var/lib/etcd/data.before`)).toBe(false);
      // Asked once, done once.
      const done = world.commands().length;
      expect(await once(world, shell)).toMatchObject({ code: 0 });
      expect(world.commands().length).toBe(done);
    },
  );

test.each([
  [
    "a phase of kubeadm fails",
    "init phase control-plane all",
    /kubeadm init phase control-plane all failed: error execution/,
  ],
  ["what can be told beforehand fails", "config images list", /error execution phase: it does not want to/],
])("when %s everything is as it was before, and the reason is told", async (_, fails, reason) => {
  const world = await aNode();
  world.kubeadm(kubeadm(fails));
  const before = state(world);
  expect(await once(world)).toMatchObject({ code: 0 });
  expect(state(world)).toEqual(before);
  expect(world.annotations[annotations.renewFailed]).toMatch(reason);
  expect(world.annotations[annotations.renewFailed]?.startsWith(`${asked} `)).toBe(true);
  expect(world.annotations).not.toHaveProperty(annotations.generation);
});

test("an API that does not come up in its time is put back, with the data that it had", async () => {
  const world = await aNode();
  // It goes on answering, but never as the new version; ten minutes are over at once by the machine's own clock.
  world.configured.version = "v1.34.1";
  const before = state(world);
  let up = 1000;
  const timer = setInterval(() => {
    if (world.commands().some((command) => command.includes("kubelet-start"))) world.uptime((up += 300));
  }, 50);
  expect(await once(world)).toMatchObject({ code: 0 });
  clearInterval(timer);
  expect(world.annotations[annotations.renewFailed]).toContain("still of the former version");
  expect(readFileSync(`${world.root}/var/lib/etcd/data/member`, "utf8")).toBe("former data");
  const after = state(world);
  delete after["/proc/uptime"];
  expect(after).toEqual(before);
});

test.each(["kubeadm certs renew all", "kubeadm init phase control-plane all", "tells the cluster"])(
  "cut off at %s it is put back and begun again",
  async (at) => {
    const world = await aNode();
    const cut = await world.run({ program: "coe-renew", killAt: `coe: ${at}`, env: { COE_ONCE: "1" } });
    expect(cut.code).toBe(null);
    expect(world.annotations).not.toHaveProperty(annotations.generation);
    expect(await once(world)).toMatchObject({ code: 0 });
    expect(world.annotations).toMatchObject({ [annotations.generation]: "prod-4f2a1b-master-12345678" });
    expect(world.read("/etc/kubernetes/manifests/kube-apiserver.yaml")).toContain("v1.35.2");
  },
);

test("where there is no room for a copy of the store's data they stay as they are", async () => {
  const world = await aNode();
  world.program(
    "cp",
    'case "$*" in *"/etcd/data "*) for to in "$@"; do :; done; mkdir -p "$to"; echo "cp: No space left on device" >&2; exit 1 ;; esac\nexec /bin/cp "$@"\n',
  );
  const before = state(world);
  expect(await once(world)).toMatchObject({ code: 0 });
  expect(world.annotations[annotations.renewFailed]).toContain("No space left on device");
  expect(readFileSync(`${world.root}/var/lib/etcd/data/member`, "utf8")).toBe("former data");
  expect(state(world)).toEqual(before);
});

test.each(["", " it was cut off half way"])(
  "done, or put back, but not told: only the telling is done again (%j)",
  async (why) => {
    const world = await aNode();
    writeFileSync(`${world.root}/var/lib/coe/renew-answer`, `${asked}\n${why.trim()}\n`);
    const done = world.commands().length;
    expect(await once(world)).toMatchObject({ code: 0 });
    expect(world.commands().length).toBe(done);
    if (why === "") expect(world.annotations[annotations.generation]).toBe("prod-4f2a1b-master-12345678");
    else expect(world.annotations[annotations.renewFailed]).toBe(asked + why);
  },
);

const base64 = (text: string) => Buffer.from(text).toString("base64");
test.each([
  ["nothing", {}, /the service sent no \/etc\/coe\/node.env/],
  ["what is no base64", { files: "%%%" }, /the service sent (no|a file)/],
  ["a file outside of the node's own", { files: `644 /etc/passwd ${base64("x")}\n` }, /named \/etc\/passwd/],
  ["one by a way around", { files: `644 /etc/coe/../passwd ${base64("x")}\n` }, /named \/etc\/coe\/..\/passwd/],
  ["one that would run as its owner", { files: `4755 /etc/coe/x ${base64("x")}\n` }, /with mode 4755/],
  ["a mode that is none", { files: `u+s /etc/coe/x ${base64("x")}\n` }, /with mode u\+s/],
  ["a file without content", { files: "600 /etc/coe/node.env \n" }, /that cannot be read/],
  [
    "a part of it",
    { files: `600 /etc/coe/node.env ${base64("COE_ROLE='master'\n")}\n` },
    /sent no \/etc\/coe\/kubeadm/,
  ],
] as const)("a Secret with %s changes nothing, and the reason is told", async (_, secret, reason) => {
  const world = await aNode();
  world.secrets.set("coe-renew", secret);
  const before = state(world);
  expect(await once(world)).toMatchObject({ code: 0 });
  expect(world.annotations[annotations.renewFailed]).toMatch(reason);
  expect(world.commands().filter((command) => command.startsWith("kubeadm"))).toEqual([]);
  expect(state(world)).toEqual(before);
});

for (const shell of shells)
  test.skipIf(missing(shell))(
    `it comes to trust other authorities: keys by its proof, everything that is signed anew (${shell[0]}; skipped where it is missing)`,
    async () => {
      const world = await aNode(["cluster", "other"]);
      const run = await once(world, shell);
      expect(run).toMatchObject({ code: 0 });
      expect(world.annotations).toMatchObject({ [annotations.generation]: "prod-4f2a1b-master-12345678" });
      const commands = world.commands().filter((command) => command.startsWith("kubeadm"));
      expect(commands.map((command) => command.replace(/ --config.*/, ""))).toEqual([
        "kubeadm config images list",
        "kubeadm init phase certs all",
        "kubeadm init phase kubeconfig all",
        "kubeadm init phase etcd local",
        "kubeadm init phase control-plane all",
        "kubeadm init phase kubelet-start",
        "kubeadm init phase upload-config all",
      ]);
      const pki = "/etc/kubernetes/pki";
      for (const name of ["ca.crt", "etcd/ca.crt", "front-proxy-ca.crt"])
        expect(world.read(`${pki}/${name}`).match(/BEGIN CERTIFICATE/g), name).toHaveLength(2);
      const data = /certificate-authority-data: (\S+)/.exec(world.read("/etc/kubernetes/admin.conf"))?.[1] ?? "";
      expect(Buffer.from(data, "base64").toString()).toBe(world.read(`${pki}/ca.crt`));
      // What the former authority signed is gone: kubeadm makes what is not there.
      for (const path of [`${pki}/apiserver-etcd-client.crt`, `${pki}/apiserver-etcd-client.key`])
        expect(existsSync(world.root + path), path).toBe(false);
      expect(existsSync(`${world.root}/var/lib/kubelet/pki/kubelet-client-current.pem`)).toBe(false);
      expect(existsSync(`${world.root}/var/lib/coe/bootstrap`)).toBe(false);
      expect(run.output).not.toContain(secrets.proof);
      // Neither what it fetched nor what it fetched by is left, and the next turn finds it without the kubelet's certificate.
      expect(JSON.stringify(world.tree())).not.toContain(base64(secrets.proof));
      world.annotations[annotations.renew] = asked.replace("12345678", "87654321");
      expect(await once(world, shell)).toMatchObject({ code: 0 });
      expect(world.annotations).toMatchObject({ [annotations.generation]: "prod-4f2a1b-master-87654321" });
    },
  );

test("other authorities that it cannot come to are put back as well, keys and all", async () => {
  const world = await aNode(["cluster", "other"]);
  world.kubeadm(kubeadm("init phase kubeconfig all"));
  const before = state(world);
  const keys = readFileSync(`${world.root}/etc/kubernetes/pki/apiserver-etcd-client.key`, "utf8");
  expect(await once(world)).toMatchObject({ code: 0 });
  expect(state(world)).toEqual(before);
  expect(readFileSync(`${world.root}/etc/kubernetes/pki/apiserver-etcd-client.key`, "utf8")).toBe(keys);
  expect(world.annotations[annotations.renewFailed]).toContain("kubeadm init phase kubeconfig all failed");
});
