// Browser sessions: sign-in at Keystone, one scoped token for each project that is entered, sign-out. The browser holds
// a random value, the database its hash and the tokens sealed.
import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import type { IssuedToken } from "../../drivers/openstack/cloud.ts";
import { isOpenStackError } from "../../drivers/openstack/error.ts";
import {
  createSession,
  deleteSession,
  getSession,
  rememberProjects,
  replaceTokens,
  touchSession,
  noteUse,
  type ListedProject,
  type StoredSession,
} from "../db/session.ts";
import { DomainError } from "../domain/error.ts";
import { Secret } from "../domain/secret.ts";
import { makeContext, type AuthDeps, type RequestContext } from "./context.ts";
import type { AskOrKnown } from "./last-known.ts";
import type { Regions } from "./region.ts";
import { limited, type Try } from "./sign-in-limit.ts";
import type { Aim, Tokens } from "./token.ts";
import { identityFailure as failure } from "./upstream.ts";

export interface SessionView {
  user: { id: string; name: string; domainName: string };
  expiresAt: Date;
  region: string;
  regions: string[];
  projects: readonly ListedProject[];
  lastProjectId: string | null;
  /** Keystone is away, and this is what it said then; null = it has just said so. */
  asOf: Date | null;
}

export interface SessionLimits {
  /** A session that its person does not use ends after this; null = never for that reason. */
  idleMs: number | null;
  /** However long the cloud's tokens last. */
  longestMs: number;
}

export interface Sessions {
  /**
   * `value` is for the cookie and is nowhere else. Throws bad_credentials, cloud_unavailable, too_many_attempts
   * (sign-in-limit.ts).
   */
  signIn(given: Try & { password: string }): Promise<{ value: string; view: SessionView }>;
  /** Null = no session, or it is over. */
  view(value: string | null): Promise<SessionView | null>;
  /** Its person did something: the time without use begins anew. What pages ask by themselves does not count. */
  used(value: string | null): Promise<void>;
  /** Its person is in this project now, and comes back to it next time. What pages ask by themselves leads nowhere. */
  visited(value: string | null, projectId: string): Promise<void>;
  /** Ends the session at once and its tokens at Keystone. May be repeated. */
  signOut(value: string | null): Promise<void>;
  /** Throws unauthenticated, invalid_input for a region that the catalog does not have. */
  setRegion(value: string | null, region: string): Promise<SessionView>;
  /**
   * The gate of the console. Throws unauthenticated, forbidden for a project that the person may not enter. While
   * Keystone is away, reading goes on with what it said within the hour; to change something throws cloud_unavailable.
   */
  context(value: string | null, projectId: string, requestId: string, aim: Aim): Promise<RequestContext>;
}

/** Names of projects that changed at Keystone are written this often at most. */
const listedAnewMs = 5 * 60_000;

const Kept = z.object({ token: z.string(), expiresAt: z.coerce.date() });
const Held = z.object({ first: Kept, projects: z.record(z.string(), Kept) });
type Held = z.infer<typeof Held>;

export function openSessions(
  deps: AuthDeps & { tokens: Tokens; regions: Regions; askOrKnown: AskOrKnown },
  { idleMs, longestMs }: SessionLimits,
): Sessions {
  const { db, clouds, secrets, clock, log, tokens, regions, askOrKnown } = deps;
  const entering = new Map<string, Promise<IssuedToken>>();

  const sealedAs = (id: string) => `session:${id}`;
  const held = (row: StoredSession): Held => Held.parse(JSON.parse(secrets.open(row.tokens, sealedAs(row.id))));
  const seal = (id: string, value: Held) => secrets.seal(JSON.stringify(value), sealedAs(id));
  const load = async (value: string | null) =>
    value === null ? null : getSession(db, idOf(value), clock.now(), idleMs);
  const needed = async (value: string | null) => {
    const row = await load(value);
    if (!row) throw over();
    return row;
  };

  /** The person's projects; as they were last listed while Keystone is away. */
  async function projectsOf(row: StoredSession): Promise<NonNullable<StoredSession["listed"]>> {
    const { listed } = row;
    const ask = async () => {
      const found = await clouds.identity
        .projectsOf(new Secret(held(row).first.token))
        .catch((error: unknown) => Promise.reject(isOpenStackError(error, "unauthorized") ? error : failure(error)));
      const projects = found
        .map(({ id, name, domainId }) => ({
          id,
          name,
          // Names of other domains are not told to everybody; their id still tells two projects apart.
          domainName: domainId === row.domainId ? row.domainName : domainId,
        }))
        .toSorted((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
      const now = { projects, at: clock.now() };
      if (!listed || now.at.getTime() - listed.at.getTime() > listedAnewMs) await rememberProjects(db, row.id, now);
      return now;
    };
    return askOrKnown(ask, listed && { value: listed });
  }

  async function describe(row: StoredSession): Promise<SessionView | null> {
    try {
      const [listed, known] = await Promise.all([
        projectsOf(row),
        askOrKnown(() => regions.list(), row.listed && { value: [row.region] }),
      ]);
      return {
        user: { id: row.userId, name: row.userName, domainName: row.domainName },
        expiresAt: row.expiresAt,
        region: row.region,
        regions: [...known],
        projects: listed.projects,
        lastProjectId: row.lastProjectId,
        asOf: listed === row.listed ? listed.at : null,
      };
    } catch (error) {
      if (!isOpenStackError(error, "unauthorized")) throw error;
      await deleteSession(db, row.id);
      return null;
    }
  }

  /** A token of the project: the kept one while Keystone believes in it, else a new one. */
  async function enter(row: StoredSession, projectId: string): Promise<{ token: Secret; info: IssuedToken | null }> {
    const kept = held(row).projects[projectId];
    if (kept && kept.expiresAt > clock.now()) return { token: new Secret(kept.token), info: null };
    const key = `${row.id}:${projectId}`;
    const running = entering.get(key) ?? rescope(row, projectId).finally(() => entering.delete(key));
    entering.set(key, running);
    const info = await running;
    return { token: info.token, info };
  }

  async function rescope(row: StoredSession, projectId: string): Promise<IssuedToken> {
    const first = new Secret(held(row).first.token);
    try {
      const issued = await clouds.identity.signIn({
        kind: "token",
        token: first,
        scope: { project: { id: projectId } },
      });
      tokens.remember(issued.token, issued);
      await keep(row.id, projectId, { token: issued.token.reveal(), expiresAt: issued.expiresAt });
      return issued;
    } catch (error) {
      if (!isOpenStackError(error)) throw error;
      const refused = error.kind === "unauthorized" || error.kind === "forbidden" || error.kind === "not_found";
      if (!refused) throw failure(error);
      // Keystone says the same for a project that is closed to the person and for a token that has ended.
      tokens.forget(first);
      if ((await tokens.identify(first, "change")) !== null)
        throw new DomainError("forbidden", "You have no role in this project.", {
          remedy: "Choose another project, or ask its owner for a role.",
        });
      await deleteSession(db, row.id);
      throw over();
    }
  }

  /** Adds a project's token (null = takes it off) to whatever other requests keep meanwhile. */
  async function keep(id: string, projectId: string, token: z.infer<typeof Kept> | null): Promise<void> {
    for (;;) {
      const row = await getSession(db, id, clock.now(), idleMs);
      if (!row) return;
      const before = held(row);
      const projects = Object.fromEntries(Object.entries(before.projects).filter(([known]) => known !== projectId));
      const after = { ...before, projects: token ? { ...projects, [projectId]: token } : projects };
      if (await replaceTokens(db, id, row.tokens, seal(id, after))) return;
    }
  }

  async function authenticate({ domain, user, password }: Try & { password: string }): Promise<IssuedToken> {
    try {
      return await clouds.identity.signIn({
        kind: "password",
        user: { name: user, domain: { name: domain } },
        password: new Secret(password),
        scope: "unscoped",
      });
    } catch (error) {
      if (isOpenStackError(error, "unauthorized") || isOpenStackError(error, "not_found"))
        throw new DomainError("bad_credentials", "Sign-in failed: domain, user name or password is not right.");
      throw failure(error);
    }
  }

  return {
    async signIn(given) {
      const issued = await limited(deps, given, () => authenticate(given));
      const value = randomBytes(32).toString("base64url");
      const id = idOf(value);
      const now = clock.now();
      const row: StoredSession = {
        id,
        userId: issued.user.id,
        userName: issued.user.name,
        domainId: issued.user.domain.id,
        domainName: issued.user.domain.name,
        region: await regions.own(),
        tokens: seal(id, { first: { token: issued.token.reveal(), expiresAt: issued.expiresAt }, projects: {} }),
        lastProjectId: null,
        createdAt: now,
        expiresAt: new Date(Math.min(issued.expiresAt.getTime(), now.getTime() + longestMs)),
        usedAt: now,
        listed: null,
      };
      await createSession(db, row);
      const view = await describe(row);
      if (!view) throw over();
      return { value, view };
    },

    async view(value) {
      const row = await load(value);
      return row ? describe(row) : null;
    },

    async used(value) {
      if (value !== null) await noteUse(db, idOf(value), clock.now(), idleMs);
    },

    async visited(value, projectId) {
      const row = await load(value);
      if (row && row.lastProjectId !== projectId) await touchSession(db, row.id, { lastProjectId: projectId });
    },

    async signOut(value) {
      const row = await load(value);
      if (!row) return;
      const { first, projects } = held(row);
      await deleteSession(db, row.id);
      for (const { token } of [...Object.values(projects), first]) {
        const secret = new Secret(token);
        tokens.forget(secret);
        await clouds.identity.revoke(secret).catch((error: unknown) => {
          // The session is gone all the same; the token ends by itself.
          log.warn({ err: error }, "token could not be revoked at sign-out");
        });
      }
    },

    async setRegion(value, region) {
      const row = await needed(value);
      const known = await regions.list();
      if (!known.includes(region))
        throw new DomainError("invalid_input", `There is no region ${region}: choose one of ${known.join(", ")}.`, {
          field: "region",
        });
      await touchSession(db, row.id, { region });
      const view = await describe({ ...row, region });
      if (!view) throw over();
      return view;
    },

    async context(value, projectId, requestId, aim) {
      const identify = async ({ token, info }: Awaited<ReturnType<typeof enter>>) =>
        info ? { info } : tokens.identify(token, aim, { orLastKnown: true });
      const row = await needed(value);
      let entered = await enter(row, projectId);
      let identified = await identify(entered);
      if (!identified) {
        // Revoked under our hands, by an administrator or a change of roles: the first token may still be good.
        await keep(row.id, projectId, null);
        entered = await enter(await needed(value), projectId);
        identified = await identify(entered);
        if (!identified) throw over();
      }
      const { project } = identified.info;
      if (!project) throw new Error("Keystone answered a token without the project that was asked for");
      return makeContext(deps, {
        door: "console",
        requestId,
        token: entered.token,
        tokenInfo: identified.info,
        project: { id: project.id, name: project.name, domainId: project.domain.id },
        region: row.region,
        clusterIdOfTrustee: null,
      });
    },
  };
}

const idOf = (value: string): string => createHash("sha256").update(value).digest("hex");

const over = () => new DomainError("unauthenticated", "Your session has ended.", { remedy: "Sign in again." });
