// Identity work that is nobody's project work: signing people in, validating their tokens, and the domain of trustees.
import { z } from "zod";
import { isOpenStackError } from "./error.ts";
import type { Identity, TrusteeDomain, User } from "./cloud.ts";
import type { Connection } from "./http.ts";
import { parseAnswer } from "./http.ts";
import { ProjectWire } from "./keystone.ts";
import { list } from "./pages.ts";
import type { Session } from "./session.ts";
import { authenticate, describeToken } from "./token.ts";

const UserWire = z
  .object({ id: z.string(), name: z.string(), domain_id: z.string(), enabled: z.boolean().default(true) })
  .transform((wire): User => ({ id: wire.id, name: wire.name, domainId: wire.domain_id, enabled: wire.enabled }));

export interface IdentityOptions {
  connection: Connection;
  /** Keystone with /v3. */
  authUrl: string;
  /** May validate the tokens of others. */
  service: Session;
  /** Scoped to the trustee domain, as its administrator. */
  trusteeAdmin: Session;
}

export function openIdentity(options: IdentityOptions): Identity {
  const { connection, authUrl, service } = options;
  const keystone = service.service("identity", (url) => url);
  return {
    signIn: (credential) => authenticate(connection, authUrl, credential),
    async projectsOf(token) {
      const call = { service: "identity", operation: "list own projects" };
      const answer = await connection.send({ ...call, method: "GET", url: `${authUrl}/auth/projects`, token });
      const { projects } = parseAnswer(answer, z.object({ projects: z.array(ProjectWire) }), call);
      return projects.filter((project) => project.enabled);
    },
    async validate(token) {
      const ask = async () => {
        const bearer = (await service.current()).token;
        return describeToken(connection, authUrl, { bearer, subject: token });
      };
      try {
        return await ask();
      } catch (error) {
        if (isOpenStackError(error, "not_found")) return null;
        if (!isOpenStackError(error, "unauthorized")) throw error;
      }
      // 401 is about the service user's own token: any call through its session renews it.
      await keystone.send({ operation: "renew own token", method: "GET", path: "/auth/projects" });
      try {
        return await ask();
      } catch (error) {
        if (isOpenStackError(error, "not_found")) return null;
        throw error;
      }
    },
    async revoke(token) {
      try {
        await connection.send({
          service: "identity",
          operation: "revoke token",
          method: "DELETE",
          url: `${authUrl}/auth/tokens`,
          token,
          headers: { "X-Subject-Token": token },
        });
      } catch (error) {
        if (!isOpenStackError(error, "unauthorized") && !isOpenStackError(error, "not_found")) throw error;
      }
    },
    trustees: openTrusteeDomain(options.trusteeAdmin),
  };
}

function openTrusteeDomain(admin: Session): TrusteeDomain {
  const service = admin.service("identity", (url) => url);
  const domainId = async () => {
    const { domain, user } = await admin.current();
    return domain?.id ?? user.domain.id;
  };
  const users = async (operation: string, name?: string) =>
    list(service, {
      operation,
      path: "/users",
      query: { domain_id: await domainId(), name },
      key: "users",
      item: UserWire,
    });
  return {
    domainId,
    async create(wish) {
      const { user } = await service.write(
        {
          operation: "create trustee",
          method: "POST",
          path: "/users",
          body: {
            user: {
              name: wish.name,
              password: wish.password,
              description: wish.description,
              domain_id: await domainId(),
              enabled: true,
            },
          },
        },
        z.object({ user: UserWire }),
      );
      return user;
    },
    async find(name) {
      return (await users("find trustee", name))[0] ?? null;
    },
    list: () => users("list trustees"),
    async setPassword(userId, password) {
      await service.send({
        operation: "change trustee password",
        method: "PATCH",
        path: `/users/${encodeURIComponent(userId)}`,
        body: { user: { password } },
      });
    },
    async delete(userId) {
      try {
        await service.send({
          operation: "delete trustee",
          method: "DELETE",
          path: `/users/${encodeURIComponent(userId)}`,
        });
      } catch (error) {
        if (!isOpenStackError(error, "not_found")) throw error;
      }
    },
  };
}
