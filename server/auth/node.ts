// The gate for nodes that come up: they have no token, only a secret of their own (docs/adr/0020). Whoever shows it is
// one node of one cluster, and gets a scope of that cluster alone.
import { timingSafeEqual } from "node:crypto";
import { proofRoot, proofSecret, readProof, type NodeProof } from "../../drivers/node-proof.ts";
import { findProofSubject } from "../db/node-proof.ts";
import { projectScope, type ProjectScope } from "../db/scope.ts";
import { DomainError } from "../domain/error.ts";
import { Uuid } from "../domain/identifier.ts";
import { Secret } from "../domain/secret.ts";
import { openAttempts } from "./attempts.ts";
import type { AuthDeps } from "./context.ts";
import { openDelegation } from "./delegated-credential.ts";
import { networkOf } from "./sign-in-limit.ts";

export interface NodeCaller {
  /** The node's own cluster. */
  readonly scope: ProjectScope;
  readonly clusterId: string;
  readonly nodegroupId: string;
  readonly proofId: string;
}

export interface Nodes {
  /**
   * Whose proof it is, whether or not it may still be used. Throws forbidden, the same for a wrong proof as for a cluster
   * that does not exist, and too_many_attempts instead after twenty of them in a minute from a network.
   * A right proof is never kept waiting by others' wrong ones.
   */
  identify(clusterId: string, proof: string, from: string): Promise<NodeCaller>;
}

/** Wrong proofs from one network, as for sign-ins. */
export const proofLimit = { allowed: 20, windowMs: 60_000 };

/** Compared with where there is nothing to compare with, so that both take the same time. */
const nobody = new Secret("nobody");

export function openNodes({ db, secrets, clock, log }: Pick<AuthDeps, "db" | "secrets" | "clock" | "log">): Nodes {
  const attempts = openAttempts(proofLimit);
  return {
    async identify(clusterId, text, from) {
      const proof = readProof(text);
      const subject = Uuid.safeParse(clusterId).success ? await findProofSubject(db, clusterId) : null;
      const access = subject?.credential ? openDelegation({ secrets }, subject.credential) : null;
      const right = isRight(proof, access?.trusteePassword ?? nobody, clusterId);
      if (proof && subject && access && right)
        return {
          scope: projectScope(subject.projectId, subject.region, clusterId),
          clusterId,
          nodegroupId: proof.nodegroupId,
          proofId: proof.id,
        };
      if (attempts.wrong([networkOf(from)], clock.now()))
        throw new DomainError("too_many_attempts", "Too many wrong proofs were sent. Try again in a minute.", {
          retryAfterSeconds: proofLimit.windowMs / 1000,
        });
      log.warn({ clusterId, from }, "somebody asked as a node with a wrong proof");
      throw new DomainError("forbidden", "This is not the proof of a node of this cluster.");
    },
  };
}

const empty: NodeProof = { nodegroupId: "", id: "", secret: new Secret("") };

function isRight(given: NodeProof | null, credential: Secret, clusterId: string): boolean {
  const { nodegroupId, id, secret } = given ?? empty;
  const wanted = Buffer.from(proofSecret(proofRoot(credential, clusterId, nodegroupId), id).reveal());
  const shown = Buffer.alloc(wanted.length);
  shown.write(secret.reveal());
  return timingSafeEqual(wanted, shown);
}
