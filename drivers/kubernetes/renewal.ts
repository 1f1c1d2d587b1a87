// What a control plane node is to become in place, as Secret kube-system/coe-renew carries it: written by the conductor, read
// by drivers/kubernetes/node/coe-renew, and by those who play that program.
import { z } from "zod";
import type { NodeFile } from "../heat/ignition.ts";
import { writeProof } from "../node-proof.ts";
import type { NodeProof } from "../node-proof.ts";
import { heatVariables, nodeEnvPath, parseNodeEnv } from "./node-env.ts";
import type { NodeEnv } from "./node-env.ts";

export const renewalPath = "/api/v1/namespaces/kube-system/secrets/coe-renew";

/** Files as lines of mode, path and content in base64; the proof by which keys of other authorities may be fetched. */
export function renewalSecret(files: readonly NodeFile[], proof: NodeProof) {
  const lines = files.map(({ mode, path, content }) => {
    const text = typeof content === "string" ? content : Buffer.from(content.encoded);
    return `${mode.toString(8)} ${path} ${Buffer.from(text).toString("base64")}\n`;
  });
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace: "kube-system", name: "coe-renew" },
    data: { files: encoded(lines.join("")), proof: encoded(writeProof(proof).reveal()) },
  };
}

const Sent = z.object({ data: z.object({ files: z.string(), proof: z.string() }) });

/** What `own` would know about itself afterwards; what only Heat knows of a node stays. Null = nothing that can be read. */
export function readRenewal(secret: unknown, own: NodeEnv): NodeEnv | null {
  const sent = Sent.safeParse(secret);
  if (!sent.success) return null;
  const { files, proof } = sent.data.data;
  const [, content] = new RegExp(`^\\d+ ${nodeEnvPath} (\\S+)$`, "m").exec(decoded(files)) ?? [];
  if (content === undefined) return null;
  const kept = Object.fromEntries(Object.entries(own).filter(([name]) => name in heatVariables));
  return { ...parseNodeEnv(decoded(content)), ...kept, NODE_PROOF: decoded(proof) };
}

const encoded = (text: string): string => Buffer.from(text).toString("base64");
const decoded = (text: string): string => Buffer.from(text, "base64").toString("utf8");
