import { z } from "zod";
import { Secret } from "../../server/domain/secret.ts";
import type { Keystone, Named, Project, TokenInfo, Trust } from "./cloud.ts";
import { isOpenStackError } from "./error.ts";
import { list, looksLikeId } from "./pages.ts";
import type { Session } from "./session.ts";

export const ProjectWire = z
  .object({
    id: z.string(),
    name: z.string(),
    domain_id: z.string().nullish(),
    enabled: z.boolean().default(true),
    description: z.string().nullish(),
  })
  .transform((wire): Project => ({
    id: wire.id,
    name: wire.name,
    domainId: wire.domain_id ?? "",
    enabled: wire.enabled,
    description: wire.description ?? "",
  }));

const TrustWire = z
  .object({
    id: z.string(),
    trustor_user_id: z.string(),
    trustee_user_id: z.string(),
    project_id: z.string().nullish(),
    impersonation: z.boolean(),
    expires_at: z.string().nullish(),
    roles: z.array(z.object({ name: z.string() })).default([]),
  })
  .transform((wire): Trust => ({
    id: wire.id,
    trustorUserId: wire.trustor_user_id,
    trusteeUserId: wire.trustee_user_id,
    projectId: wire.project_id ?? null,
    impersonation: wire.impersonation,
    expiresAt: wire.expires_at ? new Date(wire.expires_at) : null,
    roles: wire.roles.map((role) => role.name).toSorted(),
  }));
const TrustAnswer = z.object({ trust: TrustWire }).transform((body) => body.trust);

const CredentialAnswer = z.object({
  application_credential: z.object({ id: z.string(), name: z.string(), project_id: z.string(), secret: z.string() }),
});

const NamedWire = z.object({ id: z.string(), name: z.string() }).transform((wire): Named => wire);

export function openKeystone(session: Session): Keystone {
  const service = session.service("identity", (url) => url);
  const me = async (): Promise<TokenInfo> => session.current();
  return {
    async createTrust(wish) {
      const { user, project } = await me();
      return service.write(
        {
          operation: "create trust",
          method: "POST",
          path: "/OS-TRUST/trusts",
          body: {
            trust: {
              trustor_user_id: user.id,
              trustee_user_id: wish.trusteeUserId,
              project_id: project?.id,
              impersonation: true,
              // Heat makes a trust of its own from the one that a stack is created with.
              allow_redelegation: true,
              roles: wish.roles.map((name) => ({ name })),
              expires_at: wish.expiresAt?.toISOString(),
            },
          },
        },
        TrustAnswer,
      );
    },
    getTrust: (id) =>
      service.read({ operation: "get trust", path: `/OS-TRUST/trusts/${encodeURIComponent(id)}` }, TrustAnswer),
    async deleteTrust(id) {
      await service.send({
        operation: "delete trust",
        method: "DELETE",
        path: `/OS-TRUST/trusts/${encodeURIComponent(id)}`,
      });
    },
    async listTrusts() {
      const { user } = await me();
      return list(service, {
        operation: "list trusts",
        path: "/OS-TRUST/trusts",
        query: { trustor_user_id: user.id },
        key: "trusts",
        item: TrustWire,
      });
    },
    async createApplicationCredential(wish) {
      const { user } = await me();
      const { application_credential: made } = await service.write(
        {
          operation: "create application credential",
          method: "POST",
          path: `/users/${user.id}/application_credentials`,
          body: {
            application_credential: {
              name: wish.name,
              description: wish.description,
              roles: wish.roles?.map((name) => ({ name })),
              expires_at: wish.expiresAt?.toISOString(),
              unrestricted: wish.unrestricted ?? false,
            },
          },
        },
        CredentialAnswer,
      );
      return { id: made.id, name: made.name, projectId: made.project_id, secret: new Secret(made.secret) };
    },
    async deleteApplicationCredential(id) {
      const { user } = await me();
      await service.send({
        operation: "delete application credential",
        method: "DELETE",
        path: `/users/${user.id}/application_credentials/${encodeURIComponent(id)}`,
      });
    },
    async findProjects(idOrName) {
      if (looksLikeId(idOrName)) {
        try {
          const path = `/projects/${encodeURIComponent(idOrName)}`;
          return [
            (await service.read({ operation: "find project", path }, z.object({ project: ProjectWire }))).project,
          ];
        } catch (error) {
          if (!isOpenStackError(error, "not_found")) throw error;
        }
      }
      return list(service, {
        operation: "find project",
        path: "/projects",
        query: { name: idOrName },
        key: "projects",
        item: ProjectWire,
      });
    },
    listRoles: () => list(service, { operation: "list roles", path: "/roles", key: "roles", item: NamedWire }),
    async listRegions() {
      const regions = await list(service, {
        operation: "list regions",
        path: "/regions",
        key: "regions",
        item: z.object({ id: z.string() }),
      });
      return regions.map((region) => region.id).toSorted();
    },
  };
}
