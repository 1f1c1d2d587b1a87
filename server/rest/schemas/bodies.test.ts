import { describe, expect, test } from "vitest";
import { negotiate } from "../microversion.ts";
import { readBody } from "../read.ts";
import { refuseZero } from "../wire/cluster.ts";
import { timestamp } from "../wire/resource.ts";
import { CertificateBody } from "./certificate.ts";
import { TemplateCreateBody } from "./cluster-template.ts";
import { ClusterCreateBody } from "./cluster.ts";

const create = (body: unknown) => readBody(ClusterCreateBody, body, "cluster");
const readTemplateCreate = (body: unknown) => readBody(TemplateCreateBody, body, "cluster_template");
const readCertificateRequest = (body: unknown) => readBody(CertificateBody, body, "certificate");
const template = { cluster_template_id: "k8s" };

describe("the body of a cluster's creation", () => {
  test("of the command line, with its nulls, sets only what it says", () => {
    const body = {
      ...template,
      create_timeout: 60,
      discovery_url: null,
      keypair: null,
      master_count: 1,
      name: "web-1",
      node_count: 2,
    };
    expect(create(body)).toEqual({
      clusterTemplateId: "k8s",
      createTimeoutMinutes: 60,
      masterCount: 1,
      name: "web-1",
      nodeCount: 2,
    });
  });

  test("of Horizon, all text and empty where nothing was entered, means the same", () => {
    const body = { ...template, node_count: "2", master_count: "1", keypair: "", master_lb_enabled: "True" };
    expect(create(body)).toEqual({
      clusterTemplateId: "k8s",
      nodeCount: 2,
      masterCount: 1,
      masterLbEnabled: true,
    });
  });

  test("keeps labels as text, JSON's booleans in Python's words", () => {
    expect(create({ ...template, labels: { a: 1, b: true, c: 1.5, d: "X, y=z" } }).labels).toEqual({
      a: "1",
      b: "True",
      c: "1.5",
      d: "X, y=z",
    });
  });

  test("a time limit of null is the driver's own, 0 is none", () => {
    expect(create({ ...template, create_timeout: null }).createTimeoutMinutes).toBeNull();
    expect(create({ ...template, create_timeout: 0 }).createTimeoutMinutes).toBe(0);
  });

  test.each([
    [undefined, 'Missing argument: "cluster"'],
    [{}, "Invalid input for field/attribute cluster_template_id. Value: 'None'. Mandatory field missing."],
    [{ ...template, foo: 1 }, "Unknown attribute for argument cluster: foo"],
    [
      { ...template, stack_id: "x" },
      "Invalid input for field/attribute stack_id. Value: 'x'. Cannot set read only field.",
    ],
    [
      { ...template, node_count: -1 },
      "Invalid input for field/attribute node_count. Value: '-1'. Value should be greater or equal to 0",
    ],
    [{ ...template, node_count: "two" }, /node_count. Value: 'two'/],
    [{ ...template, master_count: 0 }, /master_count. Value: '0'. Value should be greater or equal to 1/],
    [{ ...template, name: "" }, /Value should have a minimum character requirement of 1/],
    [{ ...template, name: "1abc" }, /Value should match the pattern/],
    [{ ...template, name: "a".repeat(243) }, /Value should have a maximum character requirement of 242/],
    [{ ...template, floating_ip_enabled: "maybe" }, /floating_ip_enabled. Value: 'maybe'/],
    [{ ...template, labels: { a: null } }, /labels.a. Value: 'None'/],
    [{ ...template, labels: { a: {} } }, /labels.a/],
    [
      { ...template, labels: Object.fromEntries(Array.from({ length: 257 }, (_, at) => [`k${at}`, "1"])) },
      /^Invalid input for field\/attribute labels. Value: '.{1000}\.\.\.'. Value must be up to 256$/,
    ],
    [[], /Wrong type/],
  ])("%j is refused", (body, message) => {
    expect(() => create(body)).toThrow(message);
  });

  test("no workers are refused only when an older version was asked for by name", () => {
    expect(create({ ...template, node_count: 0 }).nodeCount).toBe(0);
    expect(() => refuseZero(0, negotiate("container-infra 1.9"))).toThrow(
      "Resizing a nodegroup to zero is not supported in the provided microversion.",
    );
    expect(() => refuseZero(0, negotiate(undefined))).not.toThrow();
    expect(() => refuseZero(0, negotiate("container-infra 1.10"))).not.toThrow();
  });

  test("what a client echoes from an earlier answer is ignored", () => {
    expect(create({ ...template, status: "CREATE_COMPLETE", labels_added: {}, uuid: "x" })).toEqual({
      clusterTemplateId: "k8s",
    });
  });
});

describe("the body of a template's creation", () => {
  test("of the command line, with its two dozen keys, is read", () => {
    const body = {
      name: "k8s",
      image_id: "fcos",
      keypair_id: null,
      external_network_id: "public",
      coe: "kubernetes",
      fixed_network: null,
      network_driver: "calico",
      dns_nameserver: "8.8.8.8",
      flavor_id: "m1.medium",
      docker_volume_size: null,
      docker_storage_driver: "overlay2",
      labels: {},
      tls_disabled: false,
      public: "true",
      server_type: null,
      master_lb_enabled: false,
      driver: null,
    };
    expect(readTemplateCreate(body)).toMatchObject({
      name: "k8s",
      imageId: "fcos",
      networkDriver: "calico",
      public: true,
      dockerVolumeSizeGib: null,
    });
  });

  test.each([
    [{ image_id: "x" }, /coe. Value: 'None'. Mandatory field missing/],
    [{ coe: "kubernetes" }, /image_id. Value: 'None'. Mandatory field missing/],
    [
      { coe: "nomad", image_id: "x" },
      "Invalid input for field/attribute coe. Value: 'nomad'. Value should be one of: kubernetes, swarm, swarm-mode, mesos",
    ],
    [{ coe: "kubernetes", image_id: "x", apiserver_port: 80 }, /Value should be greater or equal to 1024/],
  ])("%j is refused", (body, message) => {
    expect(() => readTemplateCreate(body)).toThrow(message);
  });
});

test("a certificate request may name the cluster by its older key, and needs both parts", () => {
  expect(readCertificateRequest({ bay_uuid: "c1", csr: "PEM" })).toEqual({ cluster: "c1", csr: "PEM", caType: null });
  expect(() => readCertificateRequest({ csr: "PEM" })).toThrow(/cluster_uuid.*Mandatory field missing/);
  expect(() => readCertificateRequest({ cluster_uuid: "c1" })).toThrow(/csr.*Mandatory field missing/);
});

test("times have microseconds and an offset", () => {
  expect(timestamp(new Date("2026-11-21T02:16:31.315Z"))).toBe("2026-11-21T02:16:31.315000+00:00");
});
