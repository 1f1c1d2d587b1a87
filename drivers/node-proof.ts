// How a node proves who it is when it comes up (docs/adr/0020): by a secret of its own, which is made from the cluster's
// credential and is nowhere kept. A back end that makes nodes by itself is given the root of a node group and derives the
// secret of each member; the service derives it again when the node asks.
import { createHash, hkdfSync } from "node:crypto";
import { Secret } from "../server/domain/secret.ts";

/** What the proofs of one node group are made from, 64 hexadecimal digits. Another credential makes another root. */
export const proofRoot = (credential: Secret, clusterId: string, nodegroupId: string): Secret =>
  new Secret(
    Buffer.from(hkdfSync("sha256", credential.reveal(), clusterId, `node proof ${nodegroupId}`, 32)).toString("hex"),
  );

/** The secret of one member, 64 hexadecimal digits. Digested twice, so that one member's is no beginning of another's. */
export function proofSecret(root: Secret, proofId: string): Secret {
  const digest = (text: string) => createHash("sha256").update(`${root.reveal()}${text}`).digest("hex");
  return new Secret(digest(digest(proofId)));
}

export interface NodeProof {
  nodegroupId: string;
  /** The back end's id of the member: each one that is made has another. */
  id: string;
  secret: Secret;
}

/** One word, as nodes have it. */
export const writeProof = ({ nodegroupId, id, secret }: NodeProof): Secret =>
  new Secret([nodegroupId, id, secret.reveal()].join("."));

/** Null = it is none. */
export function readProof(text: string): NodeProof | null {
  const [, nodegroupId, id, secret] = /^([\w-]{1,64})\.([\w-]{1,64})\.([0-9a-f]{64})$/.exec(text) ?? [];
  if (nodegroupId === undefined || id === undefined || secret === undefined) return null;
  return { nodegroupId, id, secret: new Secret(secret) };
}
