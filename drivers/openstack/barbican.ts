import { z } from "zod";
import { Secret } from "../../server/domain/secret.ts";
import type { Barbican } from "./cloud.ts";
import { isOpenStackError } from "./error.ts";
import { list } from "./pages.ts";
import { versioned } from "./session.ts";
import type { Session } from "./session.ts";

/** References are whole addresses, and not always ones that can be reached from here: only the id counts. */
const SecretRef = z
  .object({ secret_ref: z.string() })
  .transform((wire) => wire.secret_ref.replace(/\/+$/, "").split("/").at(-1) ?? "");

export function openBarbican(session: Session): Barbican {
  const service = session.service("key-manager", versioned("v1"));
  const path = (id: string) => `/secrets/${encodeURIComponent(id)}`;
  return {
    available: async () => (await session.endpoint("key-manager")) !== null,
    createSecret: (wish) =>
      service.write(
        {
          operation: "create secret",
          method: "POST",
          path: "/secrets",
          body: {
            name: wish.name,
            secret_type: wish.type ?? "opaque",
            // Binary, so that Barbican does not judge what a private key or a certificate looks like.
            payload: new Secret(Buffer.from(wish.payload.reveal(), "utf8").toString("base64")),
            payload_content_type: "application/octet-stream",
            payload_content_encoding: "base64",
          },
        },
        SecretRef,
      ),
    async getPayload(id) {
      const answer = await service.send({
        operation: "get secret payload",
        method: "GET",
        path: `${path(id)}/payload`,
        headers: { Accept: "application/octet-stream" },
      });
      return new Secret(answer.text);
    },
    findSecrets: (name) =>
      list(service, {
        operation: "find secrets",
        path: "/secrets",
        query: { name, limit: 100, sort: "created:asc" },
        key: "secrets",
        item: SecretRef,
      }),
    async deleteSecret(id) {
      try {
        await service.send({ operation: "delete secret", method: "DELETE", path: path(id) });
      } catch (error) {
        if (!isOpenStackError(error, "not_found")) throw error;
      }
    },
  };
}
