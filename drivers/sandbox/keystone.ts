// Keystone v3: who may do what, tokens, trusts, application credentials.
import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { digest, Fault, hexId, microsZ } from "./core.ts";
import type { Caller, Core } from "./core.ts";
import { addService, page, Reply, titledFault, tokenId } from "./http.ts";
import type { Call } from "./http.ts";
import type { ApplicationCredential, Project, Token, Trust, User } from "./model.ts";

const named = z.object({ id: z.string().optional(), name: z.string().optional() });
const scoped = named.extend({ domain: named.optional() });
const AuthBody = z.object({
  auth: z.object({
    identity: z.object({
      methods: z.array(z.string()).min(1),
      password: z.object({ user: scoped.extend({ password: z.string() }) }).optional(),
      token: z.object({ id: z.string() }).optional(),
      application_credential: z
        .object({ id: z.string().optional(), name: z.string().optional(), user: scoped.optional(), secret: z.string() })
        .optional(),
    }),
    scope: z
      .union([
        z.literal("unscoped"),
        z.object({
          project: scoped.optional(),
          domain: named.optional(),
          "OS-TRUST:trust": z.object({ id: z.string() }).optional(),
          unscoped: z.object({}).optional(),
        }),
      ])
      .optional(),
  }),
});

const unauthorized = () => new Fault(401, "Unauthorized", "The request you have made requires authentication.");
const forbidden = (action: string) =>
  new Fault(403, "Forbidden", `You are not authorized to perform the requested action: ${action}.`);
const missing = (what: string, id: string) => new Fault(404, "NotFound", `Could not find ${what}: ${id}.`);

/** Few rounds: every sign-in of a demonstration pays for them, and the passwords are the users' names. */
const hash = (password: string, salt: string): string => scryptSync(password, salt, 32, { N: 1024 }).toString("hex");
export function newPassword(password: string): { passwordHash: string; salt: string } {
  const salt = randomBytes(12).toString("hex");
  return { passwordHash: hash(password, salt), salt };
}
const isPassword = (user: User, password: string) =>
  timingSafeEqual(Buffer.from(hash(password, user.salt), "hex"), Buffer.from(user.passwordHash, "hex"));

export interface Identity {
  authenticate(token: string): Caller | null;
  /** A token for a signal handle: nothing but the digest is kept. */
  tokenRow(token: string): Token | null;
  callerOf(userId: string, projectId: string): Caller;
  /** Does it still stand, with all that its trustor handed on? */
  trustStands(id: string): boolean;
  serve(app: FastifyInstance): void;
}

export function openIdentity(core: Core): Identity {
  const { state } = core;

  const rolesOn = (userId: string, scope: { projectId: string | null; domainId: string | null }): string[] =>
    state.grants
      .filter(
        (grant) => grant.userId === userId && grant.projectId === scope.projectId && grant.domainId === scope.domainId,
      )
      .map((grant) => grant.roleId);
  const roleNames = (ids: readonly string[]) =>
    ids.flatMap((id) => {
      const role = state.roles.get(id);
      return role ? [role] : [];
    });
  /** Roles given, and those that they imply. */
  const withImplied = (ids: readonly string[]): string[] => {
    const byName = new Map(state.roles.all().map((role) => [role.name, role.id]));
    const all = new Set(ids);
    const has = (name: string) => all.has(byName.get(name) ?? "-");
    const add = (name: string) => all.add(byName.get(name) ?? "");
    if (has("admin")) add("member");
    if (has("member")) add("reader");
    all.delete("");
    return [...all];
  };

  function liveTrust(id: string): Trust | null {
    const trust = state.trusts.get(id);
    if (!trust || (trust.expiresAt !== null && trust.expiresAt <= core.now())) return null;
    return state.users.get(trust.trustorId) && state.users.get(trust.trusteeId) ? trust : null;
  }

  /** Null = it is over, or its trustor has not all of its roles any more. */
  function trustedRoles(id: string): string[] | null {
    const trust = liveTrust(id);
    if (!trust) return null;
    const given = withImplied(rolesOn(trust.trustorId, { projectId: trust.projectId, domainId: null }));
    return trust.roleIds.every((role) => given.includes(role)) ? withImplied(trust.roleIds) : null;
  }

  /** Roles of a token as they are now; null = it is not valid any more. */
  function rolesOf(token: Token): string[] | null {
    if (token.trustId !== null) return trustedRoles(token.trustId);
    if (token.applicationCredentialId !== null) {
      const credential = state.applicationCredentials.get(token.applicationCredentialId);
      return credential ? credential.roleIds : null;
    }
    if (token.projectId === null && token.domainId === null) return [];
    const roles = withImplied(rolesOn(token.userId, token));
    return roles.length > 0 ? roles : null;
  }

  function tokenRow(text: string): Token | null {
    const token = state.tokens.get(tokenId(text));
    if (!token || token.expiresAt <= core.now()) return null;
    const user = state.users.get(token.userId);
    if (!user?.enabled) return null;
    if (token.projectId !== null && state.projects.get(token.projectId)?.enabled !== true) return null;
    return rolesOf(token) === null ? null : token;
  }

  const callerFor = (
    userId: string,
    scope: { projectId: string | null; domainId: string | null },
    roleIds: string[],
  ): Caller => {
    const roles = roleNames(roleIds).map((role) => role.name);
    return { userId, ...scope, roles, isAdmin: roles.includes("admin") };
  };

  function authenticate(text: string): Caller | null {
    const token = tokenRow(text);
    if (!token) return null;
    const roles = rolesOf(token) ?? [];
    const caller = callerFor(token.userId, { projectId: token.projectId, domainId: token.domainId }, roles);
    return token.trustId === null ? caller : { ...caller, trustId: token.trustId };
  }

  const findDomain = (ref: z.infer<typeof named> | undefined) =>
    ref?.id !== undefined ? state.domains.get(ref.id) : state.domains.find((domain) => domain.name === ref?.name);
  const findUser = (ref: z.infer<typeof scoped>): User | undefined => {
    if (ref.id !== undefined) return state.users.get(ref.id);
    const domain = findDomain(ref.domain);
    return domain && state.users.find((user) => user.domainId === domain.id && user.name === ref.name);
  };

  function signIn(call: Call): Reply {
    const { auth } = call.body(AuthBody);
    const { methods, password, token, application_credential: credential } = auth.identity;
    const scope = auth.scope;
    let user: User | undefined;
    let from: Token | null = null;
    let byCredential: ApplicationCredential | undefined;
    const used: string[] = [];
    if (methods.includes("password") && password) {
      user = findUser(password.user);
      if (!user?.enabled || !isPassword(user, password.user.password)) throw unauthorized();
      used.push("password");
    } else if (methods.includes("token") && token) {
      from = tokenRow(token.id);
      if (!from) throw new Fault(404, "NotFound", "Could not find token: Failed to validate token.");
      if (from.applicationCredentialId !== null || from.trustId !== null) throw forbidden("rescope a scoped token");
      user = state.users.get(from.userId);
      used.push("token", ...from.methods.filter((method) => method !== "token"));
    } else if (methods.includes("application_credential") && credential) {
      byCredential =
        credential.id !== undefined
          ? state.applicationCredentials.get(credential.id)
          : state.applicationCredentials.find(
              (one) =>
                one.name === credential.name && one.userId === (credential.user && findUser(credential.user)?.id),
            );
      if (!byCredential)
        throw new Fault(
          404,
          "NotFound",
          `Could not find Application Credential: ${credential.id ?? credential.name ?? ""}.`,
        );
      const expired = byCredential.expiresAt !== null && byCredential.expiresAt <= core.now();
      user = state.users.get(byCredential.userId);
      if (expired || byCredential.secretHash !== digest(credential.secret)) throw unauthorized();
      used.push("application_credential");
    }
    if (!user) throw unauthorized();

    const target = {
      projectId: null as string | null,
      domainId: null as string | null,
      trustId: null as string | null,
    };
    let subject = user.id;
    if (byCredential) target.projectId = byCredential.projectId;
    else if (scope === undefined) {
      const own = user.defaultProjectId;
      if (from === null && own !== null && rolesOn(user.id, { projectId: own, domainId: null }).length > 0)
        target.projectId = own;
    } else if (scope !== "unscoped") {
      const trustId = scope["OS-TRUST:trust"]?.id;
      if (trustId !== undefined) {
        const trust = liveTrust(trustId);
        if (!trust) throw unauthorized();
        if (trust.trusteeId !== user.id) throw new Fault(403, "Forbidden", "User is not a trustee.");
        target.trustId = trust.id;
        target.projectId = trust.projectId;
        if (trust.impersonation) subject = trust.trustorId;
      } else if (scope.project) {
        const { project } = scope;
        const domain = findDomain(project.domain);
        const found =
          project.id !== undefined
            ? state.projects.get(project.id)
            : state.projects.find((one) => one.name === project.name && one.domainId === domain?.id);
        if (!found?.enabled) throw unauthorized();
        target.projectId = found.id;
      } else if (scope.domain) {
        const domain = findDomain(scope.domain);
        if (!domain) throw unauthorized();
        target.domainId = domain.id;
      }
    }
    const text = `gAAAAAB${randomBytes(99).toString("base64url")}`;
    const row: Token = {
      id: tokenId(text),
      userId: subject,
      ...target,
      applicationCredentialId: byCredential?.id ?? null,
      methods: used,
      auditIds: [randomBytes(16).toString("base64url"), ...(from ? from.auditIds.slice(-1) : [])],
      issuedAt: Math.floor(core.now() / 1000) * 1000,
      expiresAt: from ? from.expiresAt : Math.floor((core.now() + core.tokenLifeMs) / 1000) * 1000,
    };
    if (rolesOf(row) === null) throw unauthorized();
    state.tokens.save(row);
    return new Reply(201, { token: tokenView(row, true) }, { "X-Subject-Token": text, Vary: "X-Auth-Token" });
  }

  const domainRef = (id: string) => ({ id, name: state.domains.get(id)?.name ?? id });
  const projectRef = (project: Project) => ({
    id: project.id,
    name: project.name,
    domain: domainRef(project.domainId),
  });

  function tokenView(token: Token, catalog: boolean): object {
    const user = state.users.get(token.userId);
    const project = token.projectId === null ? undefined : state.projects.get(token.projectId);
    const trust = token.trustId === null ? undefined : state.trusts.get(token.trustId);
    const credential =
      token.applicationCredentialId === null
        ? undefined
        : state.applicationCredentials.get(token.applicationCredentialId);
    const isScoped = token.projectId !== null || token.domainId !== null;
    return {
      methods: token.methods,
      user: {
        domain: domainRef(user?.domainId ?? ""),
        id: token.userId,
        name: user?.name ?? "",
        password_expires_at: null,
      },
      audit_ids: token.auditIds,
      expires_at: microsZ(token.expiresAt),
      issued_at: microsZ(token.issuedAt),
      ...(project ? { project: projectRef(project), is_domain: false } : {}),
      ...(token.domainId === null ? {} : { domain: domainRef(token.domainId) }),
      ...(isScoped ? { roles: roleNames(rolesOf(token) ?? []).map(({ id, name }) => ({ id, name })) } : {}),
      ...(trust
        ? {
            "OS-TRUST:trust": {
              id: trust.id,
              trustor_user: { id: trust.trustorId },
              trustee_user: { id: trust.trusteeId },
              impersonation: trust.impersonation,
            },
          }
        : {}),
      ...(credential
        ? { application_credential: { id: credential.id, name: credential.name, restricted: !credential.unrestricted } }
        : {}),
      ...(isScoped && catalog ? { catalog: catalogFor(token.projectId) } : {}),
    };
  }

  function catalogFor(projectId: string | null): object[] {
    const url = core.url();
    const own = projectId ?? "";
    const services: [type: string, name: string, url: string][] = [
      ["identity", "keystone", `${url}/identity/v3`],
      ["compute", "nova", `${url}/compute/v2.1`],
      ["network", "neutron", `${url}/network`],
      ["image", "glance", `${url}/image`],
      ["volumev3", "cinderv3", `${url}/volume/v3/${own}`],
      ["block-storage", "cinder", `${url}/volume/v3/${own}`],
      ["orchestration", "heat", `${url}/orchestration/v1/${own}`],
      ["load-balancer", "octavia", `${url}/load-balancer`],
      ["key-manager", "barbican", `${url}/key-manager`],
      ["container-infra", "jeroboam", core.apiUrl],
    ];
    return services.map(([type, name, address]) => ({
      endpoints: ["public", "internal", "admin"].map((each) => ({
        id: digest(`${type} ${each}`).slice(0, 32),
        interface: each,
        region_id: "RegionOne",
        url: address,
        region: "RegionOne",
      })),
      id: digest(`service ${type}`).slice(0, 32),
      type,
      name,
    }));
  }

  const at = (path: string) => `${core.url()}/identity/v3${path}`;
  const self = (path: string) => ({ self: at(path) });
  const listOf = <T extends { id: string }>(call: Call, key: string, rows: T[], view: (row: T) => object) => {
    const cut = page(call, rows, { usual: 10_000, most: 10_000, badMarker: (marker) => missing(key, marker) });
    const here = call.target.replace(/^\/identity\/v3/, "");
    return {
      [key]: cut.rows.map(view),
      links: {
        next: cut.next === null ? null : at(`${here.split("?")[0] ?? ""}?${cut.next}`),
        self: at(here),
        previous: null,
      },
    };
  };
  const projectView = (project: Project) => ({
    id: project.id,
    name: project.name,
    domain_id: project.domainId,
    description: project.description,
    enabled: project.enabled,
    parent_id: project.domainId,
    is_domain: false,
    tags: [],
    options: {},
    links: self(`/projects/${project.id}`),
  });
  const userView = (user: User) => ({
    id: user.id,
    name: user.name,
    domain_id: user.domainId,
    enabled: user.enabled,
    description: user.description,
    password_expires_at: null,
    options: {},
    ...(user.defaultProjectId === null ? {} : { default_project_id: user.defaultProjectId }),
    links: self(`/users/${user.id}`),
  });
  const roleView = (role: { id: string; name: string }) => ({
    id: role.id,
    name: role.name,
    domain_id: null,
    description: null,
    options: {},
    links: self(`/roles/${role.id}`),
  });
  const domainView = (domain: { id: string; name: string; description: string; enabled: boolean }) => ({
    ...domain,
    tags: [],
    options: {},
    links: self(`/domains/${domain.id}`),
  });
  const trustView = (trust: Trust, roles: boolean) => ({
    id: trust.id,
    trustor_user_id: trust.trustorId,
    trustee_user_id: trust.trusteeId,
    project_id: trust.projectId,
    impersonation: trust.impersonation,
    deleted_at: null,
    expires_at: trust.expiresAt === null ? null : microsZ(trust.expiresAt),
    remaining_uses: trust.remainingUses,
    redelegation_count: trust.allowRedelegation ? 3 : 0,
    redelegated_trust_id: null,
    ...(roles
      ? {
          roles: roleNames(trust.roleIds).map(roleView),
          roles_links: { next: null, self: at(`/OS-TRUST/trusts/${trust.id}/roles`), previous: null },
        }
      : {}),
    links: self(`/OS-TRUST/trusts/${trust.id}`),
  });
  const credentialView = (one: ApplicationCredential) => ({
    id: one.id,
    name: one.name,
    description: one.description,
    project_id: one.projectId,
    roles: roleNames(one.roleIds).map(({ id, name }) => ({ id, name, domain_id: null })),
    expires_at: one.expiresAt === null ? null : microsZ(one.expiresAt).slice(0, -1),
    unrestricted: one.unrestricted,
    system: null,
    links: self(`/users/${one.userId}/application_credentials/${one.id}`),
  });

  /** Trusts of a removed user go, and with them what was signed in through them. */
  function removeUser(user: User): void {
    for (const trust of state.trusts.filter((one) => one.trusteeId === user.id || one.trustorId === user.id))
      state.trusts.remove(trust.id);
    for (const token of state.tokens.filter((one) => one.userId === user.id)) state.tokens.remove(token.id);
    for (const grant of state.grants.filter((one) => one.userId === user.id)) state.grants.remove(grant.id);
    for (const one of state.applicationCredentials.filter((each) => each.userId === user.id))
      state.applicationCredentials.remove(one.id);
    state.users.remove(user.id);
  }

  function serve(app: FastifyInstance): void {
    const version = () => ({
      id: "v3.14",
      status: "stable",
      updated: "2020-04-07T00:00:00Z",
      links: [{ rel: "self", href: at("/") }],
      "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v3+json" }],
    });
    const service = { faults: titledFault, headers: () => ({ Vary: "X-Auth-Token" }) };
    addService(app, core, authenticate, { ...service, prefix: "/identity" }, (routes) => {
      const versions = () => new Reply(300, { versions: { values: [version()] } }, { Location: at("/") });
      routes.open("GET", "/", versions);
    });
    addService(app, core, authenticate, { ...service, prefix: "/identity/v3" }, (routes) => {
      routes.open("GET", "/", () => ({ version: version() }));
      routes.open("POST", "/auth/tokens", signIn);

      const admin = (call: Call, action: string) => {
        if (!call.caller.isAdmin || call.caller.domainId !== null) throw forbidden(action);
      };
      /** An administrator of everything, or of the domain that it is about. */
      const adminOf = (call: Call, domainId: string | null, action: string) => {
        const { isAdmin, domainId: own } = call.caller;
        if (!isAdmin || (own !== null && own !== domainId)) throw forbidden(action);
      };
      const subject = (call: Call, action: string): { text: string; token: Token } => {
        const text = call.header("x-subject-token") ?? "";
        const token = tokenRow(text);
        const isOwn = call.header("x-auth-token") === text;
        if (
          !isOwn &&
          !call.caller.isAdmin &&
          !call.caller.roles.includes("service") &&
          token?.userId !== call.caller.userId
        )
          throw forbidden(action);
        if (!token) throw new Fault(404, "NotFound", "Could not find token: Failed to validate token.");
        return { text, token };
      };
      routes.get("/auth/tokens", (call) => {
        const { text, token } = subject(call, "identity:validate_token");
        return new Reply(
          200,
          { token: tokenView(token, call.query("nocatalog") === null) },
          { "X-Subject-Token": text },
        );
      });
      routes.delete("/auth/tokens", (call) => {
        const { token } = subject(call, "identity:revoke_token");
        state.tokens.remove(token.id);
        // Tokens made from it end with it: they carry its audit id.
        const chain = token.auditIds.at(-1);
        for (const one of state.tokens.filter(
          (each) => each.auditIds.length > 1 && each.auditIds.at(-1) === chain && token.auditIds.length === 1,
        ))
          state.tokens.remove(one.id);
        return new Reply(204);
      });
      routes.get("/auth/projects", (call) => {
        const ids = new Set(
          state.grants.filter((grant) => grant.userId === call.caller.userId).flatMap((grant) => grant.projectId ?? []),
        );
        return listOf(
          call,
          "projects",
          state.projects.filter((one) => ids.has(one.id) && one.enabled),
          projectView,
        );
      });
      routes.get("/auth/domains", (call) => {
        const ids = new Set(
          state.grants.filter((grant) => grant.userId === call.caller.userId).flatMap((grant) => grant.domainId ?? []),
        );
        return listOf(
          call,
          "domains",
          state.domains.filter((one) => ids.has(one.id)),
          domainView,
        );
      });
      routes.get("/auth/catalog", (call) => ({
        catalog: catalogFor(call.caller.projectId),
        links: { next: null, self: at("/auth/catalog"), previous: null },
      }));

      const region = { id: "RegionOne", description: "", parent_region_id: null };
      const regionView = () => ({ ...region, links: self("/regions/RegionOne") });
      routes.get("/regions", (call) => listOf(call, "regions", [region], regionView));
      routes.get("/regions/:id", (call) => {
        if (call.param("id") !== region.id) throw missing("region", call.param("id"));
        return { region: regionView() };
      });

      routes.get("/projects", (call) => {
        adminOf(call, call.query("domain_id") ?? call.caller.domainId, "identity:list_projects");
        const name = call.query("name");
        const domain = call.query("domain_id") ?? call.caller.domainId;
        const rows = state.projects.filter(
          (one) => (name === null || one.name === name) && (domain === null || one.domainId === domain),
        );
        return listOf(call, "projects", rows, projectView);
      });
      const project = (id: string) => {
        const found = state.projects.get(id);
        if (!found) throw missing("project", id);
        return found;
      };
      routes.get("/projects/:id", (call) => {
        const found = project(call.param("id"));
        if (!call.caller.isAdmin && call.caller.projectId !== found.id) throw forbidden("identity:get_project");
        return { project: projectView(found) };
      });
      routes.post("/projects", (call) => {
        admin(call, "identity:create_project");
        const Wish = z.object({
          project: z.object({
            name: z.string().min(1),
            domain_id: z.string().default("default"),
            description: z.string().default(""),
          }),
        });
        const { project: wish } = call.body(Wish);
        if (state.projects.find((one) => one.name === wish.name && one.domainId === wish.domain_id))
          throw new Fault(
            409,
            "Conflict",
            `Conflict occurred attempting to store project - it is not permitted to have two projects with the same name in the same domain: ${wish.name}.`,
          );
        const made = state.projects.save({
          id: hexId(),
          name: wish.name,
          domainId: wish.domain_id,
          enabled: true,
          description: wish.description,
        });
        return new Reply(201, { project: projectView(made) });
      });
      routes.delete("/projects/:id", (call) => {
        admin(call, "identity:delete_project");
        const { id } = project(call.param("id"));
        for (const grant of state.grants.filter((one) => one.projectId === id)) state.grants.remove(grant.id);
        for (const token of state.tokens.filter((one) => one.projectId === id)) state.tokens.remove(token.id);
        state.projects.remove(id);
        return new Reply(204);
      });
      routes.get("/domains", (call) => {
        admin(call, "identity:list_domains");
        const name = call.query("name");
        return listOf(
          call,
          "domains",
          state.domains.filter((one) => name === null || one.name === name),
          domainView,
        );
      });
      routes.get("/domains/:id", (call) => {
        const found = state.domains.get(call.param("id"));
        adminOf(call, call.param("id"), "identity:get_domain");
        if (!found) throw missing("domain", call.param("id"));
        return { domain: domainView(found) };
      });

      const user = (id: string) => {
        const found = state.users.get(id);
        if (!found) throw missing("user", id);
        return found;
      };
      routes.get("/users", (call) => {
        const domain = call.query("domain_id") ?? call.caller.domainId;
        adminOf(call, domain, "identity:list_users");
        const name = call.query("name");
        const rows = state.users.filter(
          (one) => (name === null || one.name === name) && (domain === null || one.domainId === domain),
        );
        return listOf(call, "users", rows, userView);
      });
      routes.get("/users/:id", (call) => {
        const found = user(call.param("id"));
        if (found.id !== call.caller.userId) adminOf(call, found.domainId, "identity:get_user");
        return { user: userView(found) };
      });
      routes.get("/users/:id/projects", (call) => {
        const found = user(call.param("id"));
        if (found.id !== call.caller.userId) adminOf(call, found.domainId, "identity:list_user_projects");
        const ids = new Set(state.grants.filter((one) => one.userId === found.id).map((one) => one.projectId));
        return listOf(
          call,
          "projects",
          state.projects.filter((one) => ids.has(one.id)),
          projectView,
        );
      });
      const UserWish = z.object({
        user: z.object({
          name: z.string().min(1).max(255),
          password: z.string().optional(),
          domain_id: z.string().optional(),
          description: z.string().nullish(),
          enabled: z.boolean().default(true),
          default_project_id: z.string().nullish(),
        }),
      });
      routes.post("/users", (call) => {
        const { user: wish } = call.body(UserWish);
        const domainId = wish.domain_id ?? call.caller.domainId ?? "default";
        adminOf(call, domainId, "identity:create_user");
        if (!state.domains.get(domainId)) throw missing("domain", domainId);
        if (state.users.find((one) => one.domainId === domainId && one.name === wish.name))
          throw new Fault(
            409,
            "Conflict",
            `Conflict occurred attempting to store user - Duplicate entry found with name ${wish.name} at domain ID ${domainId}.`,
          );
        const made = state.users.save({
          id: hexId(),
          name: wish.name,
          domainId,
          enabled: wish.enabled,
          description: wish.description ?? "",
          defaultProjectId: wish.default_project_id ?? null,
          ...newPassword(wish.password ?? randomBytes(24).toString("hex")),
        });
        return new Reply(201, { user: userView(made) });
      });
      routes.patch("/users/:id", (call) => {
        const found = user(call.param("id"));
        adminOf(call, found.domainId, "identity:update_user");
        const { user: wish } = call.body(z.object({ user: UserWish.shape.user.partial() }));
        state.users.change(found, {
          ...(wish.name === undefined ? {} : { name: wish.name }),
          ...(wish.password === undefined ? {} : newPassword(wish.password)),
          ...(wish.default_project_id === undefined ? {} : { defaultProjectId: wish.default_project_id }),
        });
        return { user: userView(found) };
      });
      routes.delete("/users/:id", (call) => {
        const found = user(call.param("id"));
        adminOf(call, found.domainId, "identity:delete_user");
        removeUser(found);
        return new Reply(204);
      });

      routes.get("/roles", (call) => {
        admin(call, "identity:list_roles");
        const name = call.query("name");
        return listOf(
          call,
          "roles",
          state.roles.filter((one) => name === null || one.name === name),
          roleView,
        );
      });
      routes.get("/roles/:id", (call) => {
        admin(call, "identity:get_role");
        const found = state.roles.get(call.param("id"));
        if (!found) throw missing("role", call.param("id"));
        return { role: roleView(found) };
      });
      for (const scope of ["projects", "domains"] as const) {
        const path = `/${scope}/:target/users/:user/roles/:role`;
        const grant = (call: Call) => {
          admin(call, "identity:create_grant");
          const target = call.param("target");
          const own = {
            projectId: scope === "projects" ? target : null,
            domainId: scope === "domains" ? target : null,
          };
          if (!(scope === "projects" ? state.projects : state.domains).get(target))
            throw missing(scope.slice(0, -1), target);
          if (!state.roles.get(call.param("role"))) throw missing("role", call.param("role"));
          return {
            id: `${target} ${user(call.param("user")).id} ${call.param("role")}`,
            userId: call.param("user"),
            roleId: call.param("role"),
            ...own,
          };
        };
        routes.put(path, (call) => {
          state.grants.save(grant(call));
          return new Reply(204);
        });
        routes.delete(path, (call) => {
          state.grants.remove(grant(call).id);
          return new Reply(204);
        });
      }
      routes.get("/role_assignments", (call) => {
        admin(call, "identity:list_role_assignments");
        const userId = call.query("user.id");
        const projectId = call.query("scope.project.id");
        const rows = state.grants.filter(
          (one) => (userId === null || one.userId === userId) && (projectId === null || one.projectId === projectId),
        );
        return listOf(call, "role_assignments", rows, (one) => ({
          role: {
            id: one.roleId,
            ...(call.query("include_names") === null ? {} : { name: state.roles.get(one.roleId)?.name }),
          },
          user: { id: one.userId },
          scope: one.projectId === null ? { domain: { id: one.domainId } } : { project: { id: one.projectId } },
        }));
      });

      const TrustWish = z.object({
        trust: z.object({
          trustor_user_id: z.string(),
          trustee_user_id: z.string(),
          project_id: z.string().nullish(),
          impersonation: z.boolean(),
          roles: z.array(named).default([]),
          expires_at: z.string().nullish(),
          remaining_uses: z.int().positive().nullish(),
          allow_redelegation: z.boolean().default(false),
        }),
      });
      const tokenOf = (call: Call) => tokenRow(call.header("x-auth-token") ?? "");
      routes.post("/OS-TRUST/trusts", (call) => {
        const { trust: wish } = call.body(TrustWish);
        const own = tokenOf(call);
        if (own?.applicationCredentialId) {
          const credential = state.applicationCredentials.get(own.applicationCredentialId);
          if (credential?.unrestricted !== true)
            throw new Fault(
              403,
              "Forbidden",
              "Using method 'application_credential' is not allowed for managing trusts.",
            );
        }
        if (wish.trustor_user_id !== call.caller.userId) throw forbidden("identity:create_trust");
        if (!state.users.get(wish.trustee_user_id)) throw missing("user", wish.trustee_user_id);
        const projectId = wish.project_id ?? null;
        const have = withImplied(rolesOn(call.caller.userId, { projectId, domainId: null }));
        const roleIds = wish.roles.map((ref) => {
          const role =
            ref.id !== undefined ? state.roles.get(ref.id) : state.roles.find((one) => one.name === ref.name);
          if (!role || !have.includes(role.id)) throw missing("role", ref.id ?? ref.name ?? "");
          return role.id;
        });
        if (projectId !== null && roleIds.length === 0)
          throw new Fault(403, "Forbidden", "At least one role should be specified.");
        const redelegated = own?.trustId === null || own?.trustId === undefined ? null : state.trusts.get(own.trustId);
        if (redelegated && !redelegated.allowRedelegation)
          throw new Fault(403, "Forbidden", "Redelegation allowed for delegated by trust only");
        const expiresAt = wish.expires_at ? Date.parse(wish.expires_at) : null;
        if (expiresAt !== null && !(expiresAt > core.now()))
          throw new Fault(
            400,
            "BadRequest",
            `The 'expires_at' must not be before now. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.`,
          );
        const made = state.trusts.save({
          id: hexId(),
          trustorId: wish.trustor_user_id,
          trusteeId: wish.trustee_user_id,
          projectId,
          impersonation: wish.impersonation,
          roleIds,
          expiresAt,
          remainingUses: wish.remaining_uses ?? null,
          allowRedelegation: wish.allow_redelegation,
        });
        return new Reply(201, { trust: trustView(made, true) });
      });
      const trust = (call: Call, action: string) => {
        const found = liveTrust(call.param("id"));
        if (!found) throw missing("trust", call.param("id"));
        if (!call.caller.isAdmin && ![found.trustorId, found.trusteeId].includes(call.caller.userId))
          throw forbidden(action);
        return found;
      };
      routes.get("/OS-TRUST/trusts", (call) => {
        const trustor = call.query("trustor_user_id");
        const trustee = call.query("trustee_user_id");
        const { userId, isAdmin } = call.caller;
        if (!isAdmin && trustor !== userId && trustee !== userId) throw forbidden("identity:list_trusts");
        const rows = state.trusts.filter(
          (one) =>
            liveTrust(one.id) !== null &&
            (trustor === null || one.trustorId === trustor) &&
            (trustee === null || one.trusteeId === trustee),
        );
        return listOf(call, "trusts", rows, (one) => trustView(one, false));
      });
      routes.get("/OS-TRUST/trusts/:id", (call) => ({ trust: trustView(trust(call, "identity:get_trust"), true) }));
      routes.get("/OS-TRUST/trusts/:id/roles", (call) =>
        listOf(call, "roles", roleNames(trust(call, "identity:list_roles_for_trust").roleIds), roleView),
      );
      routes.delete("/OS-TRUST/trusts/:id", (call) => {
        const found = trust(call, "identity:delete_trust");
        if (!call.caller.isAdmin && found.trustorId !== call.caller.userId) throw forbidden("identity:delete_trust");
        state.trusts.remove(found.id);
        for (const token of state.tokens.filter((one) => one.trustId === found.id)) state.tokens.remove(token.id);
        return new Reply(204);
      });

      const credentials = "/users/:user/application_credentials";
      const owner = (call: Call, action: string) => {
        if (call.param("user") !== call.caller.userId) throw forbidden(action);
      };
      routes.get(credentials, (call) => {
        owner(call, "identity:list_application_credentials");
        const name = call.query("name");
        const rows = state.applicationCredentials.filter(
          (one) => one.userId === call.caller.userId && (name === null || one.name === name),
        );
        return listOf(call, "application_credentials", rows, credentialView);
      });
      routes.post(credentials, (call) => {
        owner(call, "identity:create_application_credential");
        const Wish = z.object({
          application_credential: z.object({
            name: z.string().min(1),
            description: z.string().nullish(),
            roles: z.array(named).optional(),
            expires_at: z.string().nullish(),
            unrestricted: z.boolean().default(false),
            secret: z.string().optional(),
          }),
        });
        const { application_credential: wish } = call.body(Wish);
        const own = tokenOf(call);
        const parent = own?.applicationCredentialId
          ? state.applicationCredentials.get(own.applicationCredentialId)
          : undefined;
        if (parent && !parent.unrestricted)
          throw new Fault(
            403,
            "Forbidden",
            "Using method 'application_credential' is not allowed for managing additional application credentials.",
          );
        const { userId, projectId } = call.caller;
        if (projectId === null || own === null) throw forbidden("identity:create_application_credential");
        if (state.applicationCredentials.find((one) => one.userId === userId && one.name === wish.name))
          throw new Fault(
            409,
            "Conflict",
            `Conflict occurred attempting to store application_credential - Duplicate entry found with name ${wish.name}.`,
          );
        const have = rolesOf(own) ?? [];
        const roleIds = wish.roles?.map((ref) => {
          const role =
            ref.id !== undefined ? state.roles.get(ref.id) : state.roles.find((one) => one.name === ref.name);
          if (!role || !have.includes(role.id))
            throw new Fault(
              400,
              "BadRequest",
              `Invalid application credential: Could not find role assignment with role: ${ref.id ?? ref.name ?? ""}, user or group: ${userId}, project, domain, or system: ${projectId}.`,
            );
          return role.id;
        });
        const secret = wish.secret ?? randomBytes(64).toString("base64url");
        const made = state.applicationCredentials.save({
          id: hexId(),
          name: wish.name,
          userId,
          projectId,
          roleIds: roleIds ?? have,
          description: wish.description ?? null,
          unrestricted: wish.unrestricted,
          expiresAt: wish.expires_at ? Date.parse(wish.expires_at) : null,
          secretHash: digest(secret),
        });
        return new Reply(201, { application_credential: { ...credentialView(made), secret } });
      });
      const credential = (call: Call, action: string) => {
        owner(call, action);
        const found = state.applicationCredentials.get(call.param("id"));
        if (found?.userId !== call.caller.userId) throw missing("Application Credential", call.param("id"));
        return found;
      };
      routes.get(`${credentials}/:id`, (call) => ({
        application_credential: credentialView(credential(call, "identity:get_application_credential")),
      }));
      routes.delete(`${credentials}/:id`, (call) => {
        const { id } = credential(call, "identity:delete_application_credential");
        state.applicationCredentials.remove(id);
        for (const token of state.tokens.filter((one) => one.applicationCredentialId === id))
          state.tokens.remove(token.id);
        return new Reply(204);
      });
    });
  }

  return {
    authenticate,
    tokenRow,
    trustStands: (id) => trustedRoles(id) !== null,
    callerOf: (userId, projectId) =>
      callerFor(userId, { projectId, domainId: null }, withImplied(rolesOn(userId, { projectId, domainId: null }))),
    serve,
  };
}
