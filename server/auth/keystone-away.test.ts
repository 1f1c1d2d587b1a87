// What a session is good for while Keystone is away: pages open with what is known, nothing is changed.
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Clouds } from "../../drivers/openstack/cloud.ts";
import { OpenStackError } from "../../drivers/openstack/error.ts";
import { openTestCloud, type TestCloud } from "../testing/test-cloud.ts";
import { silentLog, testClock, testSecrets, type TestClock } from "../testing/test-context.ts";
import { testDatabase } from "../testing/test-db.ts";
import { openAuth, type Auth } from "./auth.ts";
import { readPolicies } from "./policy.ts";

const minute = 60_000;

describe("while Keystone is away", () => {
  const database = testDatabase();
  const secrets = testSecrets();
  let cloud: TestCloud;
  let clock: TestClock;
  let auth: Auth;
  let value: string;
  let project: string;
  /** How Keystone behaves: null = well. */
  let trouble: (() => Promise<never>) | null = null;
  let asked = 0;

  beforeAll(async () => {
    cloud = await openTestCloud();
  });
  afterAll(() => cloud.close());
  beforeEach(async () => {
    trouble = null;
    clock = testClock(new Date());
    auth = open();
    const { view, ...made } = await auth.sessions.signIn({
      domain: "Default",
      user: "demo",
      password: "demo",
      from: "192.0.2.1",
    });
    value = made.value;
    project = view.projects[0]?.id ?? "";
    await auth.sessions.context(value, project, "req-1", "read");
    asked = 0;
  });

  function open(): Auth {
    const { clouds } = cloud;
    const { identity } = clouds;
    const through = <A extends unknown[], R>(call: (...given: A) => Promise<R>) => {
      return (...given: A): Promise<R> => {
        asked++;
        return trouble ? trouble() : call(...given);
      };
    };
    const failing: Clouds = {
      ...clouds,
      identity: {
        ...identity,
        validate: through(identity.validate),
        projectsOf: through(identity.projectsOf),
        signIn: through(identity.signIn),
      },
      service: () => ({ ...clouds.service(), regions: through(() => clouds.service().regions()) }),
    };
    return openAuth(
      { db: database.db, clouds: failing, secrets, clock, log: silentLog, policies: readPolicies(null) },
      { region: null, session: { idleMs: null, longestMs: 12 * 60 * minute } },
    );
  }

  const refused = () =>
    Promise.reject(
      new OpenStackError("no connection", {
        service: "identity",
        operation: "validate token",
        kind: "unavailable",
        status: null,
        requestId: null,
        retryable: true,
      }),
    );
  const hanging = () => new Promise<never>(() => {});

  it("pages open with the projects that are known, and say of when that is; also after a restart", async () => {
    const before = await auth.sessions.view(value);
    expect(before?.asOf).toBeNull();
    trouble = refused;
    const known = clock.now();
    clock.advance(30 * minute);
    for (const each of [auth, open()])
      expect(await each.sessions.view(value)).toEqual({ ...before, regions: [before?.region], asOf: known });
    trouble = null;
    clock.advance(minute);
    expect((await auth.sessions.view(value))?.asOf).toBeNull();
  });

  it("reading goes on for an hour after Keystone last knew the token", async () => {
    trouble = refused;
    clock.advance(60 * minute - 1);
    expect((await auth.sessions.context(value, project, "req-1", "read")).project.id).toBe(project);
    clock.advance(1);
    await expect(auth.sessions.context(value, project, "req-1", "read")).rejects.toMatchObject({
      reason: "cloud_unavailable",
    });
  });

  it("nothing is changed, and the REST API answers that the cloud is away", async () => {
    const { token } = await auth.sessions.context(value, project, "req-1", "read");
    trouble = refused;
    clock.advance(minute);
    await expect(auth.sessions.context(value, project, "req-1", "change")).rejects.toMatchObject({
      reason: "cloud_unavailable",
    });
    await expect(auth.apiContext(token.reveal(), "req-1", "read")).rejects.toMatchObject({
      reason: "cloud_unavailable",
    });
  });

  it("nobody waits for a Keystone that hangs when the answer is known, and only the first waits at all", async () => {
    trouble = hanging;
    clock.advance(2 * minute);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const first = auth.sessions.context(value, project, "req-1", "read");
      await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
      vi.advanceTimersByTime(2000);
      expect((await first).project.id).toBe(project);
      expect(asked).toBe(1);
      expect((await auth.sessions.context(value, project, "req-1", "read")).project.id).toBe(project);
      expect(await auth.sessions.view(value)).toMatchObject({ asOf: expect.any(Date) });
      expect(asked).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it("a session that Keystone has ended is over as soon as Keystone is back", async () => {
    const ctx = await auth.sessions.context(value, project, "req-1", "read");
    trouble = refused;
    clock.advance(10 * minute);
    await auth.sessions.context(value, project, "req-1", "read");
    await cloud.clouds.identity.revoke(ctx.token);
    trouble = null;
    clock.advance(minute);
    const renewed = await auth.sessions.context(value, project, "req-1", "read");
    expect(renewed.token.reveal()).not.toBe(ctx.token.reveal());
  });
});
