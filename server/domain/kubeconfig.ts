// The file that kubectl reads, in the structure and with the names that `openstack coe cluster config` writes.

export interface KubeconfigInput {
  clusterName: string;
  server: string;
  caPem: string | null;
  certPem: string | null;
  keyPem: string | null;
}

/** Pure and used in the browser: the private key does not leave it. */
export function renderKubeconfig(input: KubeconfigInput): string {
  const lines = ["apiVersion: v1", "clusters:", "- cluster:"];
  if (input.caPem) lines.push(`    certificate-authority-data: ${base64(input.caPem)}`);
  lines.push(`    server: ${input.server}`, `  name: ${input.clusterName}`, "contexts:", "- context:");
  const withCertificate = input.certPem !== null && input.keyPem !== null;
  const user = withCertificate ? "admin" : input.clusterName;
  const context = withCertificate ? "default" : input.clusterName;
  lines.push(`    cluster: ${input.clusterName}`, `    user: ${user}`, `  name: ${context}`);
  lines.push(`current-context: ${context}`, "kind: Config", "preferences: {}", "users:", `- name: ${user}`);
  if (input.certPem !== null && input.keyPem !== null)
    lines.push(
      "  user:",
      `    client-certificate-data: ${base64(input.certPem)}`,
      `    client-key-data: ${base64(input.keyPem)}`,
    );
  return `${lines.join("\n")}\n`;
}

const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
