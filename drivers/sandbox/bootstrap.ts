// What a node reads on its disk, and what it fetches with its proof: when it comes up, and once more for a renewal.
import { createPrivateKey, createPublicKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { readIgnitionFile } from "../heat/ignition.ts";
import { heatEnvPath, nodeEnvPath, parseNodeEnv } from "../kubernetes/node-env.ts";
import type { NodeEnv } from "../kubernetes/node-env.ts";
import { servingFor } from "./kube-serving.ts";
import type { KubernetesMaster, Server } from "./model.ts";
import { x509 } from "./x509.ts";

/** What trying again cannot mend. */
export class Final extends Error {}

type Ask = (method: string, url: string, headers: Record<string, string>, body?: unknown) => Promise<Response>;

/** The service's answer, by the names of its files. Throws Final for a file that is not there. */
export async function bootstrapFiles(env: NodeEnv, keyPem: string, ask: Ask): Promise<(name: string) => string> {
  const answer = await ask(
    "POST",
    `${env.API_URL}/clusters/${env.CLUSTER_UUID}/bootstrap`,
    { "OpenStack-API-Version": "container-infra latest" },
    { proof: env.NODE_PROOF, csr: await signingRequest(env, keyPem) },
  );
  const files = new Map(
    (await answer.text()).split("\n").flatMap((line): [string, string][] => {
      const [name = "", content = ""] = line.split(" ");
      return name === "" ? [] : [[name, Buffer.from(content, "base64").toString("utf8")]];
    }),
  );
  return (name) => {
    const content = files.get(name);
    if (!content) throw new Final(`the service sent no ${name}`);
    return content;
  };
}

/** What a control plane node serves with, by the keys that it was given. */
export async function servingOf(env: NodeEnv, file: (name: string) => string): Promise<KubernetesMaster> {
  for (const name of ["pki/etcd/ca.key", "pki/front-proxy-ca.key", "pki/sa.key"]) file(name);
  return servingFor(env, file("pki/ca.crt"), file("pki/ca.key")).catch((error: unknown) => {
    throw new Final(error instanceof Error ? error.message : String(error));
  });
}

/** Null = this server is nobody's node. */
export function readEnv(server: Server): NodeEnv | null {
  try {
    const packed = Buffer.from(server.userData ?? "", "base64");
    const text = (packed[0] === 31 && packed[1] === 139 ? gunzipSync(packed) : packed).toString("utf8");
    const files = [nodeEnvPath, heatEnvPath].map((path) => readIgnitionFile(text, path));
    return files[0] === undefined ? null : parseNodeEnv(files.map((file) => file ?? "").join("\n"));
  } catch {
    return null;
  }
}

const curve = { name: "ECDSA", namedCurve: "P-256" } as const;

export async function newKey(): Promise<string> {
  const { privateKey } = await crypto.subtle.generateKey(curve, true, ["sign", "verify"]);
  return x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", privateKey), "PRIVATE KEY");
}

/** As the node's program makes it: the service takes nothing of it but the key. */
async function signingRequest(env: NodeEnv, keyPem: string): Promise<string> {
  const privateKey = createPrivateKey(keyPem);
  const der = (key: KeyObject, type: "pkcs8" | "spki") => new Uint8Array(key.export({ format: "der", type }));
  const keys = {
    privateKey: await crypto.subtle.importKey("pkcs8", der(privateKey, "pkcs8"), curve, false, ["sign"]),
    publicKey: await crypto.subtle.importKey("spki", der(createPublicKey(privateKey), "spki"), curve, true, ["verify"]),
  };
  const signingAlgorithm = { name: "ECDSA", hash: "SHA-256" };
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: `CN=${env.NODE_NAME}`,
    keys,
    signingAlgorithm,
  });
  return request.toString("pem");
}
