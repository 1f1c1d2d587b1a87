// Identity v3: tokens, users, projects, roles, trusts and application credentials, with Keystone's rules.
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { conflict, Fault, notFound } from "./fault.ts";
import { liveToken, paramOf, queryOf, type App } from "./http.ts";
import { identityId, tokenId, type Token, type Trust, type User, type World } from "./world.ts";

const DomainRef = z.object({ id: z.string().optional(), name: z.string().optional() });
const Auth = z.object({
  auth: z.object({
    identity: z.object({
      methods: z.array(z.string()).min(1),
      password: z
        .object({
          user: z.object({
            id: z.string().optional(),
            name: z.string().optional(),
            password: z.string(),
            domain: DomainRef.optional(),
          }),
        })
        .optional(),
      token: z.object({ id: z.string() }).optional(),
      application_credential: z
        .object({
          id: z.string().optional(),
          name: z.string().optional(),
          secret: z.string(),
          user: z
            .object({ id: z.string().optional(), name: z.string().optional(), domain: DomainRef.optional() })
            .optional(),
        })
        .optional(),
    }),
    scope: z
      .union([
        z.object({
          project: z.object({ id: z.string().optional(), name: z.string().optional(), domain: DomainRef.optional() }),
        }),
        z.object({ domain: DomainRef }),
        z.object({ "OS-TRUST:trust": z.object({ id: z.string() }) }),
        z.literal("unscoped"),
        z.object({ unscoped: z.unknown() }),
        z.object({ system: z.unknown() }),
      ])
      .optional(),
  }),
});

const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString();
const wrong = () => new Fault(401, "The request you have made requires authentication.");

/** Roles imply others, as Keystone's bootstrap sets them up. */
function implied(roles: readonly string[]): string[] {
  const all = new Set(roles);
  if (all.has("admin")) all.add("member");
  if (all.has("member")) all.add("reader");
  return [...all].sort();
}

export function rolesOf(world: World, userId: string, where: { projectId?: string; domainId?: string }): string[] {
  const grants = world.grants.filter(
    (grant) =>
      grant.userId === userId &&
      (where.projectId !== undefined ? grant.projectId === where.projectId : grant.domainId === where.domainId),
  );
  return grants.length === 0 ? [] : implied(grants.flatMap((grant) => grant.roles));
}

export function catalogOf(world: World, projectId: string): unknown[] {
  const base = world.url;
  const services: [type: string, name: string, url: string][] = [
    ["identity", "keystone", `${base}/identity/v3`],
    ["compute", "nova", `${base}/compute/v2.1`],
    ["network", "neutron", `${base}/network`],
    ["image", "glance", `${base}/image`],
    ["volumev3", "cinderv3", `${base}/volume/v3/${projectId}`],
    ["block-storage", "cinder", `${base}/volume/v3/${projectId}`],
    ["orchestration", "heat", `${base}/orchestration/v1/${projectId}`],
    ["load-balancer", "octavia", `${base}/load-balancer`],
    ["key-manager", "barbican", `${base}/key-manager`],
    ["container-infra", "jeroboam", world.options.apiUrl],
  ];
  return services.map(([type, name, url]) => ({
    id: `${type}-service`,
    type,
    name,
    endpoints: ["public", "internal", "admin"].map((kind) => ({
      id: `${type}-${kind}`,
      interface: kind,
      region: "RegionOne",
      region_id: "RegionOne",
      url,
    })),
  }));
}

export function addKeystone(app: App, world: World): void {
  const version = () => ({
    id: "v3.14",
    status: "stable",
    updated: "2020-04-07T00:00:00Z",
    links: [{ rel: "self", href: `${world.url}/identity/v3/` }],
    "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v3+json" }],
  });
  app.get("/identity", async (_request, reply) => reply.code(300).send({ versions: { values: [version()] } }));
  app.get("/identity/v3", async () => ({ version: version() }));

  const caller = (id: unknown): Token => {
    const token = liveToken(world, id);
    if (!token) throw wrong();
    return token;
  };
  const domainNamed = (ref: z.infer<typeof DomainRef> | undefined) =>
    world.domains.find((domain) => (ref?.id !== undefined ? domain.id === ref.id : domain.name === ref?.name));
  const findUser = (
    ref:
      | { id?: string | undefined; name?: string | undefined; domain?: z.infer<typeof DomainRef> | undefined }
      | undefined,
  ): User | undefined => {
    if (ref?.id !== undefined) return world.users.get(ref.id);
    const domain = domainNamed(ref?.domain);
    return world.users.find((user) => user.name === ref?.name && user.domainId === domain?.id);
  };
  const roleRef = (name: string) => ({ id: world.roles.find((role) => role.name === name)?.id ?? name, name });
  /** Lists that only administrators may have. */
  const administrator = (id: unknown, action: string): Token => {
    const token = caller(id);
    if (!token.roles.includes("admin"))
      throw new Fault(403, `You are not authorized to perform the requested action: identity:${action}.`);
    return token;
  };
  const withDomain = (row: { id: string; name: string; domainId: string }) => ({
    id: row.id,
    name: row.name,
    domain: { id: row.domainId, name: world.domains.get(row.domainId)?.name ?? "" },
  });

  function tokenBody(token: Token): unknown {
    const user = world.users.get(token.userId);
    const project = token.projectId === null ? undefined : world.projects.get(token.projectId);
    const trust = token.trustId === null ? undefined : world.trusts.get(token.trustId);
    const credential =
      token.applicationCredentialId === null ? undefined : world.credentials.get(token.applicationCredentialId);
    const domain = token.domainId === null ? undefined : world.domains.get(token.domainId);
    return {
      token: {
        methods: token.methods,
        user: { ...(user ? withDomain(user) : {}), password_expires_at: null },
        audit_ids: [token.id.slice(-22)],
        expires_at: token.expiresAt.replace(/\.\d+Z$/, ".000000Z"),
        issued_at: token.issuedAt.replace(/\.\d+Z$/, ".000000Z"),
        ...(project ? { project: withDomain(project), is_domain: false } : {}),
        ...(domain ? { domain: { id: domain.id, name: domain.name } } : {}),
        ...(project || domain
          ? { roles: token.roles.map(roleRef), catalog: catalogOf(world, token.projectId ?? "") }
          : {}),
        ...(trust
          ? {
              "OS-TRUST:trust": {
                id: trust.id,
                impersonation: true,
                trustor_user: { id: trust.trustorId },
                trustee_user: { id: trust.trusteeId },
              },
            }
          : {}),
        ...(credential
          ? {
              application_credential: {
                id: credential.id,
                name: credential.name,
                restricted: !credential.unrestricted,
              },
            }
          : {}),
      },
    };
  }

  app.post("/identity/v3/auth/tokens", async (request, reply) => {
    const parsed = Auth.safeParse(request.body);
    if (!parsed.success)
      throw new Fault(400, `Invalid input for field ${parsed.error.issues[0]?.path.join("/") ?? "auth"}.`);
    const { identity, scope } = parsed.data.auth;
    let user: User | undefined;
    let methods = identity.methods;
    let life = hours(1);
    let old: Token | undefined;
    let credentialId: string | null = null;
    if (identity.password) {
      user = findUser(identity.password.user);
      if (!user || user.password !== identity.password.user.password) throw wrong();
    } else if (identity.token) {
      old = caller(identity.token.id);
      if (old.trustId !== null) throw new Fault(403, "Cannot rescope a token that was made through a trust.");
      user = world.users.get(old.userId);
      methods = [...new Set([...old.methods, "token"])];
      life = old.expiresAt;
    } else if (identity.application_credential) {
      const given = identity.application_credential;
      const owner = findUser(given.user);
      const credential = world.credentials.find((row) =>
        given.id !== undefined ? row.id === given.id : row.name === given.name && row.userId === owner?.id,
      );
      if (!credential || credential.secret !== given.secret) throw wrong();
      user = world.users.get(credential.userId);
      credentialId = credential.id;
    }
    if (!user?.enabled) throw wrong();
    const token: Token = {
      id: tokenId(),
      userId: user.id,
      methods,
      issuedAt: world.now(),
      expiresAt: life,
      projectId: null,
      domainId: null,
      roles: [],
      trustId: null,
      applicationCredentialId: credentialId,
    };
    const credential = credentialId === null ? undefined : world.credentials.get(credentialId);
    if (credential) {
      token.projectId = credential.projectId;
      token.roles = implied(credential.roles);
    } else if (typeof scope === "object" && "project" in scope) {
      const ref = scope.project;
      const domain = domainNamed(ref.domain);
      const project = world.projects.find((row) =>
        ref.id !== undefined ? row.id === ref.id : row.name === ref.name && row.domainId === domain?.id,
      );
      const roles = project ? rolesOf(world, user.id, { projectId: project.id }) : [];
      if (!project || roles.length === 0) throw wrong();
      token.projectId = project.id;
      token.roles = roles;
    } else if (typeof scope === "object" && "domain" in scope) {
      const domain = domainNamed(scope.domain);
      const roles = domain ? rolesOf(world, user.id, { domainId: domain.id }) : [];
      if (!domain || roles.length === 0) throw wrong();
      token.domainId = domain.id;
      token.roles = roles;
    } else if (typeof scope === "object" && "OS-TRUST:trust" in scope) {
      const trust = world.trusts.get(scope["OS-TRUST:trust"].id);
      if (!trust || trust.trusteeId !== user.id) throw new Fault(403, `User is not a trustee.`);
      const trustor = world.users.get(trust.trustorId);
      const held = rolesOf(world, trust.trustorId, { projectId: trust.projectId });
      if (!trustor?.enabled || !trust.roles.every((role) => held.includes(role)))
        throw new Fault(403, "Trustor has lost a role of the trust.");
      token.userId = trust.trustorId;
      token.projectId = trust.projectId;
      token.roles = implied(trust.roles);
      token.trustId = trust.id;
    }
    world.tokens.put(token);
    return reply.code(201).header("X-Subject-Token", token.id).header("Vary", "X-Auth-Token").send(tokenBody(token));
  });
  app.get("/identity/v3/auth/tokens", async (request, reply) => {
    caller(request.headers["x-auth-token"]);
    const subject = liveToken(world, request.headers["x-subject-token"]);
    if (!subject) throw notFound(`Could not find token: ${String(request.headers["x-subject-token"]).slice(0, 8)}...`);
    return reply.header("X-Subject-Token", subject.id).send(tokenBody(subject));
  });
  app.delete("/identity/v3/auth/tokens", async (request, reply) => {
    caller(request.headers["x-auth-token"]);
    const subject = liveToken(world, request.headers["x-subject-token"]);
    if (!subject) throw notFound("Could not find token.");
    world.tokens.delete(subject.id);
    return reply.code(204).send();
  });
  const projectsOf = (userId: string) =>
    world.projects.filter((project) => rolesOf(world, userId, { projectId: project.id }).length > 0);
  const projectBody = (project: { id: string; name: string; domainId: string }) => ({
    id: project.id,
    name: project.name,
    domain_id: project.domainId,
    enabled: true,
    description: "",
    parent_id: project.domainId,
    is_domain: false,
    tags: [],
    options: {},
    links: { self: `${world.url}/identity/v3/projects/${project.id}` },
  });
  const page = (key: string, rows: unknown[], path: string) => ({
    [key]: rows,
    links: { self: `${world.url}/identity/v3/${path}`, next: null, previous: null },
  });
  app.get("/identity/v3/auth/projects", async (request) =>
    page("projects", projectsOf(caller(request.headers["x-auth-token"]).userId).map(projectBody), "auth/projects"),
  );
  app.get("/identity/v3/auth/catalog", async (request) => ({
    catalog: catalogOf(world, caller(request.headers["x-auth-token"]).projectId ?? ""),
  }));
  app.get("/identity/v3/projects", async (request) => {
    administrator(request.headers["x-auth-token"], "list_projects");
    const { name } = queryOf(request);
    return page(
      "projects",
      world.projects.filter((project) => name === undefined || project.name === name).map(projectBody),
      "projects",
    );
  });
  app.get("/identity/v3/projects/:id", async (request) => {
    caller(request.headers["x-auth-token"]);
    const project = world.projects.get(paramOf(request, "id"));
    if (!project) throw notFound(`Could not find project: ${paramOf(request, "id")}.`);
    return { project: projectBody(project) };
  });
  app.get("/identity/v3/domains", async (request) => {
    caller(request.headers["x-auth-token"]);
    const { name } = queryOf(request);
    return page(
      "domains",
      world.domains
        .filter((domain) => name === undefined || domain.name === name)
        .map((domain) => ({ ...domain, enabled: true, description: "" })),
      "domains",
    );
  });
  app.get("/identity/v3/domains/:id", async (request) => {
    caller(request.headers["x-auth-token"]);
    const domain = world.domains.get(paramOf(request, "id"));
    if (!domain) throw notFound(`Could not find domain: ${paramOf(request, "id")}.`);
    return { domain: { ...domain, enabled: true, description: "" } };
  });
  app.get("/identity/v3/roles", async (request) => {
    administrator(request.headers["x-auth-token"], "list_roles");
    const { name } = queryOf(request);
    return page(
      "roles",
      world.roles.filter((role) => name === undefined || role.name === name),
      "roles",
    );
  });
  app.get("/identity/v3/regions", async (request) => {
    caller(request.headers["x-auth-token"]);
    return page("regions", [{ id: "RegionOne", description: "", parent_region_id: null }], "regions");
  });

  const mayManage = (token: Token, domainId: string) => {
    if (!(token.roles.includes("admin") && (token.domainId === domainId || token.projectId !== null)))
      throw new Fault(403, "You are not authorized to perform the requested action: identity:create_user.");
  };
  const userBody = (user: User) => ({
    id: user.id,
    name: user.name,
    domain_id: user.domainId,
    enabled: user.enabled,
    password_expires_at: null,
    options: {},
    links: { self: `${world.url}/identity/v3/users/${user.id}` },
  });
  app.get("/identity/v3/users", async (request) => {
    caller(request.headers["x-auth-token"]);
    const { name, domain_id } = queryOf(request);
    return page(
      "users",
      world.users
        .filter(
          (user) =>
            (name === undefined || user.name === name) && (domain_id === undefined || user.domainId === domain_id),
        )
        .map(userBody),
      "users",
    );
  });
  app.post("/identity/v3/users", async (request, reply) => {
    const token = caller(request.headers["x-auth-token"]);
    const { user: wish } = z
      .object({
        user: z.object({ name: z.string(), password: z.string().default(""), domain_id: z.string().optional() }),
      })
      .parse(request.body);
    const domainId = wish.domain_id ?? token.domainId ?? "default";
    mayManage(token, domainId);
    if (world.users.find((user) => user.name === wish.name && user.domainId === domainId))
      throw conflict(
        `Conflict occurred attempting to store user - Duplicate entry found with name ${wish.name} at domain ID ${domainId}.`,
      );
    const user = world.users.put({
      id: identityId(),
      name: wish.name,
      domainId,
      password: wish.password,
      enabled: true,
    });
    return reply.code(201).send({ user: userBody(user) });
  });
  app.get("/identity/v3/users/:id", async (request) => {
    caller(request.headers["x-auth-token"]);
    const user = world.users.get(paramOf(request, "id"));
    if (!user) throw notFound(`Could not find user: ${paramOf(request, "id")}.`);
    return { user: userBody(user) };
  });
  app.delete("/identity/v3/users/:id", async (request, reply) => {
    const token = caller(request.headers["x-auth-token"]);
    const user = world.users.get(paramOf(request, "id"));
    if (!user) throw notFound(`Could not find user: ${paramOf(request, "id")}.`);
    mayManage(token, user.domainId);
    // With a user go the trusts that name it, and with those the tokens made from them.
    for (const trust of world.trusts.filter((row) => row.trusteeId === user.id || row.trustorId === user.id))
      dropTrust(world, trust);
    world.users.delete(user.id);
    return reply.code(204).send();
  });

  const trustBody = (trust: Trust) => ({
    id: trust.id,
    trustor_user_id: trust.trustorId,
    trustee_user_id: trust.trusteeId,
    project_id: trust.projectId,
    impersonation: true,
    expires_at: trust.expiresAt,
    deleted_at: null,
    remaining_uses: null,
    redelegation_count: trust.redelegations,
    roles: trust.roles.map(roleRef),
    links: { self: `${world.url}/identity/v3/OS-TRUST/trusts/${trust.id}` },
  });
  app.post("/identity/v3/OS-TRUST/trusts", async (request, reply) => {
    const token = caller(request.headers["x-auth-token"]);
    const { trust: wish } = z
      .object({
        trust: z.object({
          trustor_user_id: z.string(),
          trustee_user_id: z.string(),
          project_id: z.string(),
          impersonation: z.boolean(),
          allow_redelegation: z.boolean().default(false),
          expires_at: z.string().nullish(),
          roles: z.array(z.object({ id: z.string().optional(), name: z.string().optional() })).default([]),
        }),
      })
      .parse(request.body);
    if (token.applicationCredentialId !== null && !world.credentials.get(token.applicationCredentialId)?.unrestricted)
      throw new Fault(403, "Using method 'application_credential' is not allowed for managing trusts.");
    if (wish.trustor_user_id !== token.userId) throw new Fault(403, "The authenticated user should match the trustor.");
    if (!world.users.get(wish.trustee_user_id)) throw notFound(`Could not find user: ${wish.trustee_user_id}.`);
    const roles = wish.roles.map(
      (role) => world.roles.find((row) => row.id === role.id || row.name === role.name)?.name ?? "",
    );
    if (roles.length === 0) throw new Fault(403, "At least one role should be specified.");
    const held = rolesOf(world, token.userId, { projectId: wish.project_id });
    const missing = roles.find((role) => !held.includes(role));
    if (missing !== undefined)
      throw notFound(
        `Could not find role assignment with role: ${missing}, user or group: ${token.userId}, project, domain, or system: ${wish.project_id}.`,
      );
    const parent = token.trustId === null ? undefined : world.trusts.get(token.trustId);
    if (parent && parent.redelegations <= 0) throw new Fault(403, "Redelegation allowed for delegated by trust only");
    const trust = world.trusts.put({
      id: identityId(),
      trustorId: token.userId,
      trusteeId: wish.trustee_user_id,
      projectId: wish.project_id,
      roles,
      expiresAt: wish.expires_at ?? null,
      redelegations: wish.allow_redelegation ? (parent ? parent.redelegations - 1 : 3) : 0,
      parent: parent?.id ?? null,
    });
    return reply.code(201).send({ trust: trustBody(trust) });
  });
  app.get("/identity/v3/OS-TRUST/trusts", async (request) => {
    const token = caller(request.headers["x-auth-token"]);
    const { trustor_user_id, trustee_user_id } = queryOf(request);
    if (trustor_user_id === undefined && trustee_user_id === undefined && !token.roles.includes("admin"))
      throw new Fault(403, "You are not authorized to perform the requested action: identity:list_trusts.");
    return page(
      "trusts",
      world.trusts
        .filter(
          (trust) =>
            (trustor_user_id === undefined || trust.trustorId === trustor_user_id) &&
            (trustee_user_id === undefined || trust.trusteeId === trustee_user_id),
        )
        .map(trustBody),
      "OS-TRUST/trusts",
    );
  });
  const trustOf = (id: string, token: Token): Trust => {
    const trust = world.trusts.get(id);
    if (!trust || !(token.roles.includes("admin") || [trust.trustorId, trust.trusteeId].includes(token.userId)))
      throw notFound(`Could not find trust: ${id}.`);
    return trust;
  };
  app.get("/identity/v3/OS-TRUST/trusts/:id", async (request) => ({
    trust: trustBody(trustOf(paramOf(request, "id"), caller(request.headers["x-auth-token"]))),
  }));
  app.delete("/identity/v3/OS-TRUST/trusts/:id", async (request, reply) => {
    const token = caller(request.headers["x-auth-token"]);
    const trust = trustOf(paramOf(request, "id"), token);
    if (trust.trustorId !== token.userId && !token.roles.includes("admin"))
      throw new Fault(403, "You are not authorized to perform the requested action: identity:delete_trust.");
    dropTrust(world, trust);
    return reply.code(204).send();
  });

  app.post("/identity/v3/users/:id/application_credentials", async (request, reply) => {
    const token = caller(request.headers["x-auth-token"]);
    const { application_credential: wish } = z
      .object({
        application_credential: z.object({
          name: z.string(),
          roles: z.array(z.object({ name: z.string() })).optional(),
          unrestricted: z.boolean().default(false),
        }),
      })
      .parse(request.body);
    if (token.userId !== paramOf(request, "id") || token.projectId === null)
      throw new Fault(
        403,
        "You are not authorized to perform the requested action: identity:create_application_credential.",
      );
    if (world.credentials.find((row) => row.userId === token.userId && row.name === wish.name))
      throw conflict(
        `Conflict occurred attempting to store application_credential - Duplicate entry found with name ${wish.name}.`,
      );
    const row = world.credentials.put({
      id: identityId(),
      name: wish.name,
      userId: token.userId,
      projectId: token.projectId,
      roles: wish.roles?.map((role) => role.name) ?? token.roles,
      secret: randomBytes(48).toString("base64url"),
      unrestricted: wish.unrestricted,
    });
    return reply
      .code(201)
      .send({
        application_credential: {
          id: row.id,
          name: row.name,
          secret: row.secret,
          project_id: row.projectId,
          roles: row.roles.map(roleRef),
          unrestricted: row.unrestricted,
          expires_at: null,
          description: null,
        },
      });
  });
  app.delete("/identity/v3/users/:id/application_credentials/:credential", async (request, reply) => {
    const token = caller(request.headers["x-auth-token"]);
    const row = world.credentials.get(paramOf(request, "credential"));
    if (!row || row.userId !== token.userId)
      throw notFound(`Could not find Application Credential: ${paramOf(request, "credential")}.`);
    world.credentials.delete(row.id);
    return reply.code(204).send();
  });
}

function dropTrust(world: World, trust: Trust): void {
  for (const child of world.trusts.filter((row) => row.parent === trust.id)) dropTrust(world, child);
  for (const token of world.tokens.filter((row) => row.trustId === trust.id)) world.tokens.delete(token.id);
  world.trusts.delete(trust.id);
}

/** Forgets tokens that have ended, so that a long-lived sandbox stays small. */
export function pruneTokens(world: World): void {
  for (const token of world.tokens.filter((row) => Date.parse(row.expiresAt) <= Date.now()))
    world.tokens.delete(token.id);
}
