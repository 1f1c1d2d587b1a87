import { describe, expect, it } from "vitest";
import { templateDefaults, type ClusterTemplate } from "@/server/domain/cluster-template";
import { createRequest, emptyValues, fieldFor, problemsOf, updateRequest, valuesOf } from "./form";

const template: ClusterTemplate = {
  ...templateDefaults,
  id: "5c8482aa-3d91-4fa7-aaaf-1344647eeb4a",
  projectId: "p",
  userId: "u",
  name: "k8s",
  coe: "kubernetes",
  imageId: "fedora",
  clusterDistro: "fedora-coreos",
  driver: "k8s_fedora_coreos_v1",
  networkDriver: "flannel",
  tags: "blue",
  labels: { kube_tag: "v1.31.1", odd: "a,b=c D" },
  createdAt: new Date(0),
  updatedAt: null,
};

describe("the template form", () => {
  it("sends only what changed, and never what it does not show", () => {
    expect(updateRequest(valuesOf(template), template)).toEqual({});
    expect(updateRequest({ ...valuesOf(template), name: "k9s", noProxy: " " }, template)).toEqual({ name: "k9s" });
  });

  it("sets damaged values anew with what it shows, changed or not", () => {
    const damaged: ClusterTemplate = {
      ...template,
      labels: {},
      damage: [{ field: "labels", why: "is not JSON", lost: true }],
    };
    expect(updateRequest(valuesOf(damaged), damaged)).toEqual({ labels: {} });
  });

  it("keeps label values byte for byte", () => {
    expect(createRequest(valuesOf(template)).labels).toEqual(template.labels);
  });

  it("says beside the field what is missing or wrong", () => {
    expect(problemsOf({ ...emptyValues, dnsNameserver: "dns.example.org", apiserverPort: 80 })).toMatchObject({
      name: "Give the template a name.",
      imageId: "Choose an image.",
      dnsNameserver: "must be one IPv4 address or several separated by commas",
      apiserverPort: expect.stringContaining("1024"),
    });
    expect(problemsOf({ ...emptyValues, name: "a", imageId: "i" })).toEqual({});
  });

  it.each([
    ["image_id", "imageId"],
    ["labels.kube_tag", "labels"],
    ["docker_volume_size", "dockerVolumeSizeGib"],
    ["masterFlavorId", "masterFlavorId"],
    ["nonsense", null],
  ])("a refusal of %s goes to the field %s", (name, field) => expect(fieldFor(name)).toBe(field));
});
