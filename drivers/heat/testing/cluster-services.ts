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
  /** What nodes have come with. */
  proofs: readonly string[];
  /** Client credential of the conductor. */
  admin: Admin;
  /** From now on nodes get what this word says, as in `Desired.pki`: "1", "1+2", "2+1", "2". */
  rotate(word: string): { pki: { revision: string; caPem: string }; admin: Admin };
  close(): Promise<void>;
}
interface Admin {
  certPem: string;
  keyPem: Secret;
}

/** Any proof is good: who may ask is the business of the services and their tests. */
export async function clusterServices(): Promise<ClusterServices> {
  const folder = mkdtempSync(join(tmpdir(), "jeroboam-authority-"));
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { cwd: folder, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  for (const ca of ["1", "2"])
    openssl(
      "req",
      "-x509",
      ...curve,
      "-keyout",
      `${ca}.key`,
      "-out",
      `${ca}.crt`,
      "-days",
      "2",
      "-subj",
      "/CN=cluster",
    );
  /** Numbers of the authorities that are trusted; the first one signs. */
  let trusted = ["1"];
  const signing = () => trusted[0] ?? "1";
  const bundle = () => trusted.map((ca) => read(`${ca}.crt`)).join("");
  // Both authorities have the same name: what they sign says by its key identifier which one it was.
  writeFileSync(join(folder, "leaf.conf"), "authorityKeyIdentifier = keyid\n");
  const sign = (csr: string) => {
    const by = ["-CA", `${signing()}.crt`, "-CAkey", `${signing()}.key`, "-CAcreateserial"];
    return openssl(
      "x509",
      "-req",
      "-in",
      csr,
      ...by,
      "-days",
      "1",
      "-copy_extensions",
      "copy",
      "-extfile",
      "leaf.conf",
    );
  };
  openssl("req", ...curve, "-keyout", "admin.key", "-out", "admin.csr", "-subj", "/O=system:masters/CN=admin");
  const admin = (): Admin => ({ certPem: sign("admin.csr"), keyPem: new Secret(read("admin.key")) });
  const first = { caPem: bundle(), admin: admin() };

  const proofs: string[] = [];
  /** A worker's certificate and a control plane's keys at once. */
  const answer = (body: string): string => {
    const { proof, csr } = z.object({ proof: z.string(), csr: z.string() }).parse(JSON.parse(body));
    proofs.push(proof);
    const line = (name: string, text: string) => `${name} ${Buffer.from(text).toString("base64")}\n`;
    const key = read(`${signing()}.key`);
    const pairs = ["ca", "etcd/ca", "front-proxy-ca"].map(
      (name) => line(`pki/${name}.crt`, bundle()) + line(`pki/${name}.key`, key),
    );
    writeFileSync(join(folder, "node.csr"), csr);
    const own = line("kubelet.crt", sign("node.csr"));
    return pairs.join("") + line("pki/sa.pub", bundle()) + line("pki/sa.key", key) + own;
  };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => response.end(answer(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    proofs,
    ...first,
    rotate: (word) => {
      trusted = word.split("+");
      return { pki: { revision: word, caPem: bundle() }, admin: admin() };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}
