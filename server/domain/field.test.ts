import { expect, test } from "vitest";
import { wireField } from "./field.ts";

test.each([
  ["nodeCount", "node_count"],
  ["dockerVolumeSizeGib", "docker_volume_size"],
  ["createTimeoutMinutes", "create_timeout"],
  ["clusterTemplateId", "cluster_template_id"],
  ["masterLbEnabled", "master_lb_enabled"],
  ["labels.kube_tag", "labels.kube_tag"],
  ["labels.aB_c", "labels.aB_c"],
  ["name", "name"],
])("%s is %s on the wire", (ours, wire) => {
  expect(wireField(ours)).toBe(wire);
});
