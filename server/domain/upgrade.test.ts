import { expect, test } from "vitest";
import { asUpgraded, isVersionLabel } from "./upgrade.ts";

test("labels that say which release of something nodes get are known by the catalogue or by their ending", () => {
  expect(
    ["kube_tag", "coredns_tag", "containerd_tarball_sha256", "ostree_commit", "of_mine_tag"].every(isVersionLabel),
  ).toBe(true);
  expect(["availability_zone", "min_node_count", "mine"].some(isVersionLabel)).toBe(false);
});

const from = { kube_tag: "v1.33.1", coredns_tag: "1.10", etcd_tag: "3.5", zone: "a" };

test("version labels go where the template changes them, and nothing else does", () => {
  const to = { kube_tag: "v1.34.0", coredns_tag: "1.11", etcd_tag: "3.5", zone: "b", flannel_tag: "0.26" };
  expect(asUpgraded({ ...from, mine: "1" }, from, to)).toEqual({
    kube_tag: "v1.34.0",
    coredns_tag: "1.11",
    etcd_tag: "3.5",
    zone: "a",
    flannel_tag: "0.26",
    mine: "1",
  });
});

test("what people set to something else stays, but for the release that the upgrade is about", () => {
  const own = { ...from, kube_tag: "v1.33.9", coredns_tag: "mine" };
  expect(asUpgraded(own, from, { ...from, kube_tag: "v1.34.0", coredns_tag: "1.11" })).toMatchObject({
    kube_tag: "v1.34.0",
    coredns_tag: "mine",
  });
});

test("a label that the new template does not name goes, unless people had set it", () => {
  expect(asUpgraded(from, from, { kube_tag: "v1.34.0" })).toEqual({ kube_tag: "v1.34.0", zone: "a" });
  expect(asUpgraded({ ...from, kube_tag: "v1.33.9" }, from, {})).toEqual({ kube_tag: "v1.33.9", zone: "a" });
});
