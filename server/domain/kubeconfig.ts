// The file that kubectl reads, in the structure and with the names that `openstack coe cluster config` writes.
import { stringify } from "yaml";

export interface KubeconfigInput {
  clusterName: string;
  server: string;
  caPem: string | null;
  certPem: string | null;
  keyPem: string | null;
}

/** Pure and used in the browser: the private key does not leave it. */
export function renderKubeconfig(input: KubeconfigInput): string {
  const { clusterName, server, caPem, certPem, keyPem } = input;
  const withCertificate = certPem !== null && keyPem !== null;
  const user = withCertificate ? "admin" : clusterName;
  const context = withCertificate ? "default" : clusterName;
  const file = {
    apiVersion: "v1",
    clusters: [
      { cluster: { ...(caPem ? { "certificate-authority-data": base64(caPem) } : {}), server }, name: clusterName },
    ],
    contexts: [{ context: { cluster: clusterName, user }, name: context }],
    "current-context": context,
    kind: "Config",
    preferences: {},
    users: [
      {
        name: user,
        ...(withCertificate
          ? { user: { "client-certificate-data": base64(certPem), "client-key-data": base64(keyPem) } }
          : {}),
      },
    ],
  };
  // kubectl reads YAML 1.1, where on, no, y and 1e3 are no texts: all texts are in quotes, whatever they are.
  return stringify(file, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN", lineWidth: 0 });
}

const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
