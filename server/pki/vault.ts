import type { Clouds } from "../../drivers/openstack/cloud.ts";
import { DomainError } from "../domain/error.ts";
import { Secret } from "../domain/secret.ts";
import type { SecretVault } from "./key-store.ts";

/** Barbican in the service user's project: keys of clusters are nobody's else to read there. */
export async function barbicanVault(clouds: Clouds): Promise<SecretVault> {
  const { barbican } = clouds.service();
  if (!(await barbican.available()))
    throw new DomainError("cloud_unavailable", "The cloud has no key manager, which is where keys are to be kept.", {
      remedy: "Set CERT_MANAGER=sealed, or add Barbican to the cloud.",
    });
  return {
    create: async (name, payload) => ({
      ref: await barbican.createSecret({ name, payload: new Secret(payload), type: "private" }),
    }),
    read: async (ref) => (await barbican.getPayload(ref)).reveal(),
    remove: (ref) => barbican.deleteSecret(ref),
  };
}
