import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { aDesired } from "../heat/testing/desired.ts";
import { addonManifests, addonObjects, addonRevision } from "./addons.ts";
import { manifestPath } from "./api.ts";

const imagesIn = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.flatMap(imagesIn)
    : typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => (key === "image" ? [String(inner)] : imagesIn(inner)))
      : [];

test("every image follows container_infra_prefix and its own tag label", () => {
  const labels = {
    container_infra_prefix: "registry.example:5000/coe",
    coredns_tag: "v9.9.9",
    flannel_tag: "v8.8.8",
    flannel_cni_tag: "v7.7.7",
  };
  expect(new Set(imagesIn(addonObjects(aDesired({ labels }))))).toEqual(
    new Set([
      "registry.example:5000/coe/flannel:v8.8.8",
      "registry.example:5000/coe/flannel-cni-plugin:v7.7.7",
      "registry.example:5000/coe/coredns:v9.9.9",
    ]),
  );
  expect(imagesIn(addonObjects(aDesired())).every((image) => /^(ghcr\.io|registry\.k8s\.io)\//.test(image))).toBe(true);
});

test("ranges and backend of the labels reach the network add-on", () => {
  const text = JSON.stringify(
    addonObjects(
      aDesired({
        labels: {
          flannel_network_cidr: "10.50.0.0/16",
          flannel_backend: "host-gw",
          service_cluster_ip_range: "10.60.0.0/20",
        },
      }),
    ),
  );
  expect(text).toContain('\\"Network\\": \\"10.50.0.0/16\\"');
  expect(text).toContain('\\"Type\\": \\"host-gw\\"');
  expect(text).toContain('"clusterIP":"10.60.0.10"');
});

test("each object has a path at the API", () => {
  const paths = addonObjects(aDesired()).map(manifestPath);
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths).toContain("/apis/apps/v1/namespaces/kube-flannel/daemonsets/kube-flannel-ds");
  expect(paths).toContain("/apis/rbac.authorization.k8s.io/v1/clusterroles/flannel");
  expect(() => manifestPath({ apiVersion: "v1", kind: "Ingress", metadata: { name: "x" } })).toThrow("kind Ingress");
});

test("the revision follows what is applied and nothing else", () => {
  expect(addonRevision(aDesired())).toBe(addonRevision(aDesired({ generation: 9, nodegroups: [] })));
  expect(addonRevision(aDesired())).not.toBe(addonRevision(aDesired({ labels: { coredns_tag: "v1.11.1" } })));
});

test("a node applies the same objects, and leaves the same mark", () => {
  const [file] = addonManifests(aDesired());
  const documents = parseAllDocuments(file?.content ?? "").map((document) => document.toJS());
  expect(documents.slice(0, -1)).toEqual(addonObjects(aDesired()));
  expect(documents.at(-1)).toMatchObject({ kind: "ConfigMap", data: { revision: addonRevision(aDesired()) } });
});
