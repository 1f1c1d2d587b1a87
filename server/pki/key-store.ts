// Where the private keys of a cluster's authorities are: sealed in their rows, or in the cloud's key manager.
import type { Secrets } from "../secrets.ts";

export interface KeyStore {
  /** Keeps a key; answers what the authority's row (of this id) is to hold. */
  put(id: string, name: string, keyPem: string): Promise<string>;
  /** PEM of the key that a row's value stands for. */
  get(id: string, stored: string): Promise<string>;
  /** Forgets what is kept outside of the row. May be repeated. */
  remove(stored: string): Promise<void>;
}

/** What a key manager must be able to do: Barbican's secrets, by reference. */
export interface SecretVault {
  create(name: string, payload: string): Promise<{ ref: string }>;
  read(ref: string): Promise<string>;
  /** Gone already is fine. */
  remove(ref: string): Promise<void>;
}

const vaultMark = "barbican:";

/** What an authority's key is sealed as. */
export const authorityContext = (id: string): string => `authority:${id}`;

/**
 * New keys go where `where` says. Both kinds are read whatever it says, so that an operator may change CERT_MANAGER
 * without losing the clusters made before.
 */
export function openKeyStore(
  secrets: Secrets,
  where: "sealed" | "barbican",
  open: () => Promise<SecretVault>,
): KeyStore {
  return {
    async put(id, name, keyPem) {
      if (where === "sealed") return secrets.seal(keyPem, authorityContext(id));
      const { ref } = await (await open()).create(name, keyPem);
      return vaultMark + ref;
    },
    async get(id, stored) {
      if (!stored.startsWith(vaultMark)) return secrets.open(stored, authorityContext(id));
      return (await open()).read(stored.slice(vaultMark.length));
    },
    async remove(stored) {
      if (stored.startsWith(vaultMark)) await (await open()).remove(stored.slice(vaultMark.length));
    },
  };
}
