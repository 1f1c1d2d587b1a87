// What the node's program lays for others to read: kubelet's store, containerd, systemd.
import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { missing, nodeWorlds, shells } from "../testing/node-world.ts";
import type { World } from "../testing/node-world.ts";

const { aWorld, closeAll } = nodeWorlds();
afterEach(closeAll);

for (const shell of shells)
  test.skipIf(missing(shell))(
    `a kubelet can renew its certificate by itself: a link to a file with a date (${shell[0]}; skipped where it is missing)`,
    async () => {
      const world = await aWorld("worker");
      expect(await world.run({ shell })).toMatchObject({ code: 0 });
      const pki = `${world.root}/var/lib/kubelet/pki`;
      expect(lstatSync(`${pki}/kubelet-client-current.pem`).isSymbolicLink()).toBe(true);
      const target = readlinkSync(`${pki}/kubelet-client-current.pem`);
      expect(target).toMatch(/^kubelet-client-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d\.pem$/);
      expect(world.mode(`/var/lib/kubelet/pki/${target}`)).toBe(0o600);
      expect(readFileSync(`${pki}/${target}`, "utf8")).toMatch(/BEGIN CERTIFICATE[^]*BEGIN EC PRIVATE KEY/);
      // Nothing is left that the store would take for a change that was cut off.
      expect(world.tree()).not.toHaveProperty("/var/lib/kubelet/pki/kubelet-client-updated.pem");
    },
  );

test("a node says in Kubernetes where it is: the cloud's region, the server's zone", async () => {
  const world = await aWorld("worker");
  expect(await world.run()).toMatchObject({ code: 0 });
  // Its zone is called "az 1", which is no word for Kubernetes.
  expect(world.read("/var/lib/kubelet/coe-flags.env")).toContain(
    "topology.kubernetes.io/region=RegionOne,topology.kubernetes.io/zone=az-1",
  );
});

test.each(["reg.example.org:5000", "http://reg.example.org:5000/"])(
  "the runtime reads the registry without TLS: a table for each way to it (%s)",
  async (insecureRegistry) => {
    const world = await aWorld("worker", { template: { insecureRegistry } });
    expect(await world.run()).toMatchObject({ code: 0 });
    const text = world.read("/etc/containerd/certs.d/reg.example.org:5000/hosts.toml");
    const tables = [...text.matchAll(/^\[host\."([^"]+)"\]\n {2}capabilities = \["pull", "resolve"\]$/gm)];
    expect(tables.map(([, host]) => host)).toEqual(["https://reg.example.org:5000", "http://reg.example.org:5000"]);
    expect(text).toMatch(/^server = "http:\/\/reg\.example\.org:5000"$/m);
  },
);

test("the runtime gets its proxies as they were given, whatever systemd makes of percent signs", async () => {
  const httpProxy = `http://me%40here:"p\\w"@proxy.example.org:3128`;
  const world = await aWorld("worker", { template: { httpProxy, noProxy: "example.org" } });
  await world.run({ killAfterPhase: "trust" });
  const unit = world.read("/etc/systemd/system/containerd.service.d/20-coe-proxy.conf");
  expect(unit).toContain(`Environment="HTTP_PROXY=http://me%%40here:\\"p\\\\w\\"@proxy.example.org:3128"\n`);
  expect(unit).toMatch(/^Environment="NO_PROXY=example\.org,.*127\.0\.0\.1.*"$/m);
});

/** An archive as it is published, with programs of this text in these places. */
function archive(world: World, paths: string[]): Buffer {
  const folder = `${world.root}/.world/archive`;
  for (const path of [...paths, "etc/systemd/system/containerd.service"]) {
    mkdirSync(`${folder}/${path}`.replace(/\/[^/]+$/, ""), { recursive: true });
    writeFileSync(`${folder}/${path}`, `#!/bin/sh\n# ${path}\n`, { mode: 0o755 });
  }
  execFileSync("tar", ["-czf", `${world.root}/.world/archive.tar.gz`, "-C", folder, "."]);
  return readFileSync(`${world.root}/.world/archive.tar.gz`);
}
const digest = (content: Buffer) => execFileSync("sha256sum", { input: content, encoding: "utf8" }).split(" ")[0] ?? "";

test.each([
  ["bin", ["bin/containerd", "bin/ctr"], ["containerd", "ctr"], ".sha256"],
  [
    "usr/local/bin",
    ["usr/local/bin/containerd", "usr/local/sbin/runc", "opt/cni/bin/loopback"],
    ["containerd", "runc"],
    ".sha256sum",
  ],
])("containerd comes from an archive with its programs in %s", async (_, paths, programs, extension) => {
  const name = "containerd-2.0.0-linux-amd64.tar.gz";
  const world = await aWorld("worker", { labels: { containerd_tarball_url: `MIRROR/${name}` } });
  const content = archive(world, paths);
  world.publish(name, content);
  world.publish(`${name}${extension}`, `${"0".repeat(64)}  other.tar.gz\n${digest(content)} *./${name}\n`);
  expect(await world.run()).toMatchObject({ code: 0 });
  for (const program of programs) {
    expect(world.read(`/usr/local/bin/${program}`)).toContain(program);
    expect(world.mode(`/usr/local/bin/${program}`)).toBe(0o755);
  }
  // Nothing else of it: its units and its network are not ours.
  expect(world.tree()).not.toHaveProperty("/etc/systemd/system/containerd.service");
  expect(world.read("/etc/systemd/system/containerd.service.d/10-coe-binary.conf")).toContain(
    "ExecStart=/usr/local/bin/containerd",
  );
});

test("an archive of containerd whose digest is published nowhere is not used", async () => {
  const name = "containerd-2.0.0-linux-amd64.tar.gz";
  const world = await aWorld("worker", { labels: { containerd_tarball_url: `MIRROR/${name}` } });
  world.publish(name, archive(world, ["bin/containerd"]));
  expect((await world.run()).code).not.toBe(0);
  expect(world.signals[0]?.reason).toMatch(/^phase runtime: could not download .*\.sha256sum: .*404/);
});
