import { expect, test } from "vitest";
import { caType } from "./certificate.ts";

test.each([
  ["etcd", "etcd"],
  ["front-proxy", "front-proxy"],
  ["front_proxy", "front-proxy"],
  ["kubernetes", "kubernetes"],
  ["kubelet", "kubernetes"],
  ["no-such-ca", "kubernetes"],
  ["", "kubernetes"],
  [null, "kubernetes"],
  [undefined, "kubernetes"],
])("ca_cert_type %s means the %s CA", (word, type) => {
  expect(caType(word)).toBe(type);
});
