// Making and keeping the authorities of a cluster: new clusters and rotations alike.
import { randomUUID } from "node:crypto";
import { knownAuthorities } from "../db/certificate.ts";
import type { NewAuthority } from "../db/cluster-change.ts";
import { authorityKinds } from "../domain/authority.ts";
import { makeAuthorities } from "../pki/ca.ts";
import type { Deps } from "./deps.ts";

/** One of each kind, its keys kept; the rows are the caller's to write. What is not written is to be discarded. */
export async function newAuthorities(
  deps: Pick<Deps, "db" | "keys" | "log">,
  cluster: { id: string; name: string },
  revision: number,
  now: Date,
): Promise<NewAuthority[]> {
  const made = await makeAuthorities(cluster, now);
  const stored: NewAuthority[] = [];
  // A first revision's names are those of every cluster made before there were rotations.
  const suffix = revision === 1 ? "" : `_${revision}`;
  try {
    for (const kind of authorityKinds) {
      const id = randomUUID();
      const { certPem, keyPem } = made[kind];
      const key = await deps.keys.put(id, `${cluster.id}_${kind}${suffix}`, keyPem);
      stored.push({ id, kind, revision, certPem, key });
    }
    return stored;
  } catch (error) {
    await discardAuthorities(deps, stored);
    throw error;
  }
}

/** Forgets the keys of those that are no cluster's: a write may have come through though its answer did not. Never throws. */
export async function discardAuthorities(
  deps: Pick<Deps, "db" | "keys" | "log">,
  authorities: readonly NewAuthority[],
): Promise<void> {
  const left = (error: unknown) => {
    deps.log.warn({ err: error }, "a CA key that nothing uses could not be removed from the key manager");
  };
  try {
    const known = await knownAuthorities(
      deps.db,
      authorities.map(({ id }) => id),
    );
    for (const { id, key } of authorities) if (!known.has(id)) await deps.keys.remove(key).catch(left);
  } catch (error) {
    left(error);
  }
}
