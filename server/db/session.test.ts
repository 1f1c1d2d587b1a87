import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { testTime } from "../testing/builders.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import {
  createSession,
  deleteExpiredSessions,
  deleteSession,
  getSession,
  rememberProjects,
  replaceTokens,
  touchSession,
  noteUse,
  type StoredSession,
} from "./session.ts";

const hour = 3_600_000;
const at = (ms: number) => new Date(testTime.getTime() + ms);

const aSession = (given: Partial<StoredSession> = {}): StoredSession => ({
  id: randomUUID(),
  userId: "u",
  userName: "ada",
  domainId: "default",
  domainName: "Default",
  region: "RegionOne",
  tokens: "sealed-1",
  lastProjectId: null,
  createdAt: testTime,
  expiresAt: at(hour),
  usedAt: null,
  listed: null,
  ...given,
});

onEveryDatabase((database) => {
  it("is there until it ends, and not at its end", async () => {
    const session = aSession();
    await createSession(database.db, session);
    expect(await getSession(database.db, session.id, at(hour - 1), null)).toEqual(session);
    expect(await getSession(database.db, session.id, at(hour), null)).toBeNull();
    expect(await getSession(database.db, "another", testTime, null)).toBeNull();
  });

  it("ends by itself when it is not used, and use begins the time anew; what has ended does not come back", async () => {
    const idle = hour / 2;
    const session = aSession({ usedAt: testTime });
    await createSession(database.db, session);
    const isThere = async (ms: number) => (await getSession(database.db, session.id, at(ms), idle)) !== null;
    expect([await isThere(idle - 1), await isThere(idle)]).toEqual([true, false]);
    await noteUse(database.db, session.id, at(60_000), idle);
    expect([await isThere(idle), await isThere(idle + 60_000)]).toEqual([true, false]);
    await noteUse(database.db, session.id, at(idle + 60_000), idle);
    expect(await isThere(idle + 60_000)).toBe(false);
  });

  it("is written at most once a minute while it is used", async () => {
    const session = aSession({ usedAt: testTime });
    await createSession(database.db, session);
    await noteUse(database.db, session.id, at(59_999), null);
    expect((await getSession(database.db, session.id, testTime, null))?.usedAt).toEqual(testTime);
    await noteUse(database.db, session.id, at(60_000), null);
    expect((await getSession(database.db, session.id, testTime, null))?.usedAt).toEqual(at(60_000));
  });

  it("remembers the person's projects and when they were listed", async () => {
    const session = aSession();
    await createSession(database.db, session);
    const listed = { projects: [{ id: "p", name: "demo", domainName: "Default" }], at: at(5) };
    await rememberProjects(database.db, session.id, listed);
    expect((await getSession(database.db, session.id, testTime, null))?.listed).toEqual(listed);
  });

  it("goes on with a list of projects that cannot be read: it counts as none", async () => {
    const session = aSession();
    await createSession(database.db, session);
    await rememberProjects(database.db, session.id, { projects: [], at: at(5) });
    await database.db.prisma.session.update({ where: { id: session.id }, data: { projects: "[{" } });
    expect(await getSession(database.db, session.id, testTime, null)).toMatchObject({ id: session.id, listed: null });
  });

  it("remembers region and project, and says when it is gone", async () => {
    const session = aSession();
    await createSession(database.db, session);
    expect(await touchSession(database.db, session.id, { region: "RegionTwo" })).toBe(true);
    expect(await touchSession(database.db, session.id, { lastProjectId: "p" })).toBe(true);
    expect(await getSession(database.db, session.id, testTime, null)).toMatchObject({
      region: "RegionTwo",
      lastProjectId: "p",
    });
    await deleteSession(database.db, session.id);
    await deleteSession(database.db, session.id);
    expect(await touchSession(database.db, session.id, { lastProjectId: "p" })).toBe(false);
  });

  it("lets one of two requests replace the tokens, so that none is lost", async () => {
    const session = aSession();
    await createSession(database.db, session);
    const answers = await Promise.all(
      ["sealed-2", "sealed-3"].map((tokens) => replaceTokens(database.db, session.id, "sealed-1", tokens)),
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
    const kept = (await getSession(database.db, session.id, testTime, null))?.tokens;
    expect(kept).toBe(answers[0] ? "sealed-2" : "sealed-3");
  });

  it("is removed when it is over, and the others stay", async () => {
    const [over, going] = [aSession({ expiresAt: at(-1) }), aSession()];
    await createSession(database.db, over);
    await createSession(database.db, going);
    await deleteExpiredSessions(database.db, testTime);
    expect(await database.db.prisma.session.findUnique({ where: { id: over.id } })).toBeNull();
    expect(await getSession(database.db, going.id, testTime, null)).not.toBeNull();
  });
});
