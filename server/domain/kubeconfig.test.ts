import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { hasKubectl } from "../../e2e/clients/kubectl.ts";
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

  // Names that YAML 1.1, which kubectl reads, takes for something else, and one that is none of these.
  const names = [
    "on",
    "off",
    "yes",
    "no",
    "y",
    "n",
    "true",
    "null",
    "Null",
    "1e3",
    "e1",
    "x0x1F",
    "a.b-c_d",
    "NO",
    "~",
  ];
  const numbers = ["123", "0x1F", "1_000", "12:30:45", "2026-01-02", ".5", "0o17"];

  it.each([...names, ...numbers])(
    "names a cluster %s by a text, in quotes, whatever YAML makes of the bare word",
    (name) => {
      const text = renderKubeconfig({
        clusterName: name,
        server: "http://192.0.2.7",
        caPem: null,
        certPem: null,
        keyPem: null,
      });
      for (const version of ["1.1", "1.2"] as const) {
        const file = parse(text, { version });
        expect([file.clusters[0].name, file.contexts[0].context.cluster, file["current-context"]]).toEqual([
          name,
          name,
          name,
        ]);
      }
      expect(text).toContain(`current-context: "${name}"`);
    },
  );

  it.skipIf(!hasKubectl())("is read by kubectl, whatever clusters are called", () => {
    const folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
    for (const pem of [null, "PEM\n"]) {
      // Several files at once are one config to kubectl.
      const files = [...names, ...numbers].map((clusterName, index) => {
        const file = join(folder, String(index));
        const input = { clusterName, server: "https://192.0.2.7:6443", caPem: pem, certPem: pem, keyPem: pem };
        writeFileSync(file, renderKubeconfig(input));
        return file;
      });
      const env = { ...process.env, KUBECONFIG: files.join(delimiter) };
      const said = execFileSync("kubectl", ["config", "view", "-o", "json"], { encoding: "utf8", env });
      const { clusters } = JSON.parse(said) as { clusters: { name: string }[] };
      expect(clusters.map(({ name }) => name).toSorted()).toEqual([...names, ...numbers].toSorted());
    }
    rmSync(folder, { recursive: true });
  });
});
