import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { renderKubeconfig } from "./kubeconfig.ts";

describe("the kubeconfig", () => {
  it("has the structure and names that the command line writes", () => {
    const file = parse(
      renderKubeconfig({
        clusterName: "k1",
        server: "https://192.0.2.7:6443",
        caPem: "CA\n",
        certPem: "CERT\n",
        keyPem: "KEY\n",
      }),
    );
    expect(file).toEqual({
      apiVersion: "v1",
      kind: "Config",
      preferences: {},
      clusters: [{ name: "k1", cluster: { server: "https://192.0.2.7:6443", "certificate-authority-data": "Q0EK" } }],
      contexts: [{ name: "default", context: { cluster: "k1", user: "admin" } }],
      "current-context": "default",
      users: [{ name: "admin", user: { "client-certificate-data": "Q0VSVAo=", "client-key-data": "S0VZCg==" } }],
    });
  });

  it("without TLS holds no certificate and is named after the cluster", () => {
    const file = parse(
      renderKubeconfig({
        clusterName: "k1",
        server: "http://192.0.2.7:8080",
        caPem: null,
        certPem: null,
        keyPem: null,
      }),
    );
    expect(file["current-context"]).toBe("k1");
    expect(file.users).toEqual([{ name: "k1" }]);
    expect(file.clusters[0].cluster).toEqual({ server: "http://192.0.2.7:8080" });
  });
});
