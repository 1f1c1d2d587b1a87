import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { createBody, createCommand } from "./as-code.ts";

const template = "e74c40e0-d825-11e2-a28f-0800200c9a66";

describe("a create request as code", () => {
  test("holds only what was set, under the wire's names", () => {
    expect(createBody({ clusterTemplateId: template, name: "web-1", nodeCount: 0, keypair: null })).toEqual({
      cluster_template_id: template,
      name: "web-1",
      node_count: 0,
    });
  });

  test("reaches the command byte for byte, whatever a label's value holds", () => {
    const labels = { kube_tag: "v1.31.1", note: "it's a, b = c; $(rm)" };
    const command = createCommand({ clusterTemplateId: template, name: "web-1", labels, mergeLabels: true });
    const seen = execFileSync("sh", ["-c", command.replace("openstack", "printf '%s\\n'")], { encoding: "utf8" });
    expect(seen.trimEnd().split("\n")).toEqual([
      "coe",
      "cluster",
      "create",
      "--cluster-template",
      template,
      "--labels",
      "kube_tag=v1.31.1",
      "--labels",
      "note=it's a, b = c; $(rm)",
      "--merge-labels",
      "web-1",
    ]);
  });
});
