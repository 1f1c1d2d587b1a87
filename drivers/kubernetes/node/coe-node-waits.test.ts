// What passes by itself is waited for as long as the cluster's time allows, and what is said at last is the true reason.
import { afterEach, expect, test } from "vitest";
import { missing, nodeWorlds, shells } from "../testing/node-world.ts";

const { aWorld, closeAll } = nodeWorlds();
afterEach(closeAll);
const failing = (program: string, error: string) =>
  `case "$*" in "${program}"*) printf '%s\\n' '${error}' >&2; echo '[init] This might take a minute or two'; exit 1;; esac\n`;
/** What kubeadm says when its registry has a bad second. */
const pull = [
  "W1128 09:00:00.000000    100 initconfiguration.go:125] Usage of CRI endpoints without URL scheme is deprecated",
  "error execution phase preflight: [preflight] Some fatal errors occurred:",
  "\t[ERROR ImagePull]: failed to pull image registry.k8s.io/pause:3.10: connection refused",
  "[preflight] If you know what you are doing, you can make a check non-fatal",
  "To see the stack trace of this error execute with --v=5 or higher",
].join("\n");

for (const shell of shells)
  test.skipIf(missing(shell))(
    `our API may be away for longer than any pause between tries (${shell[0]}; skipped where it is missing)`,
    async () => {
      const world = await aWorld("worker");
      // With the pauses that are meant, half an hour of it.
      world.fault(/bootstrap/, 503, 60);
      expect(await world.run({ shell })).toMatchObject({ code: 0 });
      expect(world.signals).toEqual([expect.objectContaining({ status: "SUCCESS" })]);
    },
  );

test("when the cluster's time is over the node still says why", async () => {
  const world = await aWorld("worker");
  world.uptime(3400);
  world.fault(/bootstrap/, 503, 99);
  world.fault(/signal/, 503, 2);
  expect((await world.run()).code).not.toBe(0);
  expect(world.signals).toEqual([
    expect.objectContaining({ reason: expect.stringMatching(/^phase identity: POST .* answered 503/) }),
  ]);
});

test("a refusal that lasts for minutes is final, one of seconds is not", async () => {
  const brief = await aWorld("worker");
  brief.fault(/kubelet$/, 404, 3);
  brief.fault(/bootstrap$/, 403, 3);
  expect(await brief.run()).toMatchObject({ code: 0 });
});

test("a registry that is wrong for seconds ends no cluster: images are pulled before anything is changed", async () => {
  const world = await aWorld("master");
  world.kubeadm(
    `n=$(cat "$0.tries" 2>/dev/null || echo 0); echo $((n + 1)) >"$0.tries"\n[ "$n" -ge 9 ] || ${failing("init phase preflight", pull)}`,
  );
  expect(await world.run()).toMatchObject({ code: 0 });
  expect(world.commands().filter((command) => command.startsWith("kubeadm init phase preflight"))).toHaveLength(10);
  expect(world.commands().filter((command) => command.startsWith("kubeadm init --config"))).toHaveLength(1);
});

test("what kubeadm leaves half done is gone on with", async () => {
  const world = await aWorld("master");
  world.kubeadm(`[ -e "$0.once" ] || { case "$*" in "init --config"*) : >"$0.once"; exit 1;; esac; }\n`);
  expect(await world.run()).toMatchObject({ code: 0 });
  expect(world.commands().filter((command) => command.startsWith("kubeadm init --config"))).toEqual([
    expect.stringContaining("--ignore-preflight-errors=FileExisting-conntrack"),
    expect.stringContaining("--ignore-preflight-errors=all"),
  ]);
});

test.each([
  [
    "an image that the registry does not have",
    failing("init phase preflight", pull.replace("connection refused", "registry.k8s.io/pause:3.10: not found")),
    "phase control: kubeadm init phase preflight failed: [ERROR ImagePull]: failed to pull image registry.k8s.io/pause:3.10: registry.k8s.io/pause:3.10: not found",
  ],
  [
    "a machine that is too small",
    failing("init phase preflight", pull.replace("ImagePull]: ", "NumCPU]: the number of available CPUs 1 is less; ")),
    "phase control: kubeadm init phase preflight failed: [ERROR NumCPU]: the number of available CPUs 1 is less; failed to pull image registry.k8s.io/pause:3.10: connection refused",
  ],
  [
    "an API that does not come up",
    failing(
      "init --config",
      "error execution phase wait-control-plane: could not initialize a Kubernetes cluster\nTo see the stack trace of this error execute with --v=5 or higher",
    ),
    "phase control: kubeadm init failed: error execution phase wait-control-plane: could not initialize a Kubernetes cluster",
  ],
])("%s is told by kubeadm's error line, not by what it says before and after", async (_, script, reason) => {
  const world = await aWorld("master");
  world.kubeadm(script);
  expect((await world.run()).code).not.toBe(0);
  expect(world.signals).toEqual([expect.objectContaining({ status: "FAILURE", reason })]);
});
