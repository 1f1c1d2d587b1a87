// What nodes ask of our own REST API, answered from a throw-away authority made by openssl: the driver can be tried with
// nodes that come up, without the rest of the product.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { Secret } from "../../../server/domain/secret.ts";

export interface ClusterServices {
  /** With /v1. */
  url: string;
  caPem: string;
  /** Client credential of the conductor. */
  admin: { certPem: string; keyPem: Secret };
  close(): Promise<void>;
}

/** Any token is good: who may ask is the business of the services and their tests. */
export async function clusterServices(): Promise<ClusterServices> {
  const folder = mkdtempSync(join(tmpdir(), "jeroboam-authority-"));
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { cwd: folder, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...curve, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=cluster");
  const sign = (csr: string) =>
    openssl(
      "x509",
      "-req",
      "-in",
      csr,
      "-CA",
      "ca.crt",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-days",
      "1",
      "-copy_extensions",
      "copy",
    );
  openssl("req", ...curve, "-keyout", "admin.key", "-out", "admin.csr", "-subj", "/O=system:masters/CN=admin");
  const certPem = sign("admin.csr");

  const answer = (path: string, body: string): string => {
    if (path.endsWith("/bootstrap")) {
      const line = (name: string, text: string) => `${name} ${Buffer.from(text).toString("base64")}\n`;
      const pairs = ["ca", "etcd/ca", "front-proxy-ca"].map(
        (name) => line(`pki/${name}.crt`, read("ca.crt")) + line(`pki/${name}.key`, read("ca.key")),
      );
      return pairs.join("") + line("pki/sa.pub", read("ca.crt")) + line("pki/sa.key", read("ca.key"));
    }
    if (!path.endsWith("/certificates")) return JSON.stringify({ pem: read("ca.crt") });
    writeFileSync(join(folder, "node.csr"), z.object({ csr: z.string() }).parse(JSON.parse(body)).csr);
    return JSON.stringify({ pem: sign("node.csr") });
  };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => response.end(answer(request.url ?? "", body)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    caPem: read("ca.crt"),
    admin: { certPem, keyPem: new Secret(read("admin.key")) },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}
