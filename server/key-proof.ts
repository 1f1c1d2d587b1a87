// Every process of an installation seals and opens with one key. A known value, sealed by the first of them, shows
// whether this one has it, before it has sealed anything with another.
import { anySealedAuthority, getKeyProof, insertKeyProof } from "./db/installation.ts";
import type { Db } from "./db/client.ts";
import { EnvError } from "./env.ts";
import { authorityContext } from "./pki/key-store.ts";
import { sealedPrefix, type Secrets } from "./secrets.ts";

const context = "installation:key";

/**
 * Throws an EnvError of one line when `secrets` cannot open what this database holds. `source`: where the key is from, in
 * the operator's words.
 */
export async function proveKey(db: Db, secrets: Secrets, source: string): Promise<void> {
  const opens = (sealed: string, as: string) => {
    try {
      secrets.open(sealed, as);
      return true;
    } catch {
      return false;
    }
  };
  const wrong = () =>
    new EnvError(
      `the key in ${source} is not the one that this database was sealed with: ` +
        "set SECRETS_KEY to the key of the first start, the same on every host",
    );
  if ((await getKeyProof(db)) === null) {
    // A database from before there was a proof: what it holds is the proof.
    const authority = await anySealedAuthority(db, sealedPrefix);
    if (authority && !opens(authority.key, authorityContext(authority.id))) throw wrong();
    await insertKeyProof(db, secrets.seal("jeroboam", context));
  }
  const proof = await getKeyProof(db);
  if (proof === null || !opens(proof, context)) throw wrong();
}
