import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { pruneSignInCounts } from "../db/sign-in-count.ts";
import { DomainError } from "../domain/error.ts";
import { testClock } from "../testing/test-context.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import { limited, networkOf } from "./sign-in-limit.ts";

const minute = 60_000;
let people = 0;

onEveryDatabase((database) => {
  /** Somebody nobody else of this file is, at an address of their own, and whoever guesses. */
  function stage() {
    const user = `Ada-${++people}`;
    const clock = testClock();
    const lines: Record<string, unknown>[] = [];
    const log = pino(
      { level: "info" },
      { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    );
    let asked = 0;
    const attempt = (right: boolean, given: { user?: string; from?: string } = {}) =>
      limited(
        { db: database.db, clock, log },
        { domain: "Default", user, from: `host-${user}`, ...given },
        async () => {
          asked++;
          if (!right) throw new DomainError("bad_credentials", "no");
          return "in";
        },
      ).catch((error: unknown) => error);
    /** Seconds that the answer asks to wait; null = the try was made. */
    const waitOf = (answer: unknown) =>
      answer instanceof DomainError && answer.reason === "too_many_attempts"
        ? (answer.details.retryAfterSeconds ?? Number.NaN)
        : null;
    const wrong = async (given?: Parameters<typeof attempt>[1]) => waitOf(await attempt(false, given));
    const right = async (given?: Parameters<typeof attempt>[1]) => (await attempt(true, given)) === "in";
    /** Tries wrong passwords as fast as is let in, for so long; how many Keystone saw. */
    const guess = async (ms: number, given?: Parameters<typeof attempt>[1]) => {
      const before = asked;
      for (const end = clock.now().getTime() + ms; clock.now().getTime() < end;) {
        const wait = await wrong(given);
        if (wait !== null) clock.advance(wait * 1000);
      }
      return asked - before;
    };
    return { user, clock, lines, attempt, wrong, right, guess, asked: () => asked };
  }

  it("a few mistakes cost nothing, then each costs twice the time of the one before, up to five minutes", async () => {
    const { wrong, clock } = stage();
    for (let mistake = 1; mistake <= 5; mistake++) expect(await wrong()).toBeNull();
    const waits: number[] = [];
    for (let more = 0; more < 12; more++) {
      const wait = (await wrong()) ?? Number.NaN;
      waits.push(wait);
      clock.advance(wait * 1000);
      expect(await wrong()).toBeNull();
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  });

  it("a hundred wrong passwords at once are counted one after the other", async () => {
    const { attempt, asked } = stage();
    await Promise.all(Array.from({ length: 100 }, () => attempt(false)));
    expect(asked()).toBe(5);
  });

  it("what must wait reaches Keystone neither with a wrong password nor with the right one", async () => {
    const { wrong, right, asked, clock } = stage();
    for (let mistake = 1; mistake <= 5; mistake++) await wrong();
    expect(await right()).toBe(false);
    expect(asked()).toBe(5);
    clock.advance(1000);
    expect(await right()).toBe(true);
    for (let mistake = 1; mistake <= 5; mistake++) expect(await wrong()).toBeNull();
  });

  it("names that Keystone may take for one are counted as one", async () => {
    const { wrong, user } = stage();
    const accented = user.replace("A", "\u00c1");
    for (const name of [user.toLowerCase(), user.toUpperCase(), ` ${user}`, accented, `${user}\u00ad`])
      await wrong({ user: name });
    expect(await wrong({ user: user.toLowerCase() })).toBe(1);
  });

  it("one address gets no further by going through many names", async () => {
    const { guess, wrong, user, clock } = stage();
    let seen = 0;
    for (let name = 0; name < 60; name++) if ((await wrong({ user: `${user}-${name}` })) === null) seen++;
    expect(seen).toBe(20);
    clock.advance(2 * 60 * minute);
    expect(await guess(60 * minute, { user: `${user}-x` })).toBeLessThan(30);
  });

  it("many addresses together get no further at one account than one try every half minute", async () => {
    const { wrong, user, clock } = stage();
    let seen = 0;
    const from = (address: number) => ({ from: `2001:db8:${people.toString(16)}:${address.toString(16)}::1` });
    for (let address = 0; address < 120; address++) {
      if ((await wrong({ user, ...from(address) })) === null) seen++;
      clock.advance(5000);
    }
    // Twenty, the short waits after them, and then one in thirty seconds of the ten minutes.
    expect(seen).toBeLessThanOrEqual(20 + 5 + 20);
  });

  it("strangers lock nobody out where they have signed in before, and for half a minute at most elsewhere", async () => {
    const { right, wrong, user, clock } = stage();
    expect(await right()).toBe(true);
    for (let address = 0; address < 60; address++) {
      await wrong({ from: `203.0.113.${address}-${user}` });
      clock.advance(1000);
    }
    expect(await right()).toBe(true);
    const elsewhere = { from: `elsewhere-${user}` };
    if (!(await right(elsewhere))) clock.advance(30_000);
    expect(await right(elsewhere)).toBe(true);
  });

  it("strangers behind the same address lock nobody out who has signed in from there before", async () => {
    const { right, wrong, user } = stage();
    expect(await right()).toBe(true);
    for (let name = 0; name < 40; name++) await wrong({ user: `${user}-${name}` });
    expect(await wrong({ user: `${user}-new` })).not.toBeNull();
    expect(await right()).toBe(true);
  });

  it("is forgotten after an hour without a mistake", async () => {
    const { wrong, clock } = stage();
    for (let mistake = 1; mistake <= 5; mistake++) await wrong();
    clock.advance(60 * minute);
    for (let mistake = 1; mistake <= 5; mistake++) expect(await wrong()).toBeNull();
  });

  it("counts for nothing while Keystone does not answer", async () => {
    const { clock, user, right } = stage();
    const log = pino({ level: "silent" });
    for (let attempt = 0; attempt < 50; attempt++)
      await expect(
        limited({ db: database.db, clock, log }, { domain: "Default", user, from: `host-${user}` }, () =>
          Promise.reject(new DomainError("cloud_unavailable", "away")),
        ),
      ).rejects.toMatchObject({ reason: "cloud_unavailable" });
    expect(await right()).toBe(true);
  });

  it("each try that was made leaves a line: who, from where, how often; never more of a name than a name has", async () => {
    const { wrong, right, lines, user } = stage();
    for (let mistake = 1; mistake <= 8; mistake++) await wrong({ user });
    expect(lines).toHaveLength(5);
    expect(lines[4]).toMatchObject({
      level: 40,
      msg: "sign-in refused",
      domain: "Default",
      user,
      from: `host-${user}`,
      failures: 5,
      nextTryAfterSeconds: 1,
    });
    await right({ user: "x".repeat(255), from: `long-${user}` });
    expect(lines[5]).toMatchObject({ level: 30, msg: "signed in", user: "x".repeat(64) });
  });

  it("keeps no more than what counts: forgotten rows go, and the oldest beyond a number", async () => {
    const { wrong, right, clock, user } = stage();
    const count = () => database.db.prisma.signInCount.count();
    await database.db.prisma.signInCount.deleteMany();
    await right();
    clock.advance(1000);
    await wrong({ user: `${user}-b`, from: `b-${user}` });
    await pruneSignInCounts(database.db, clock.now());
    expect(await count()).toBe(6);
    clock.advance(60 * minute);
    await pruneSignInCounts(database.db, clock.now());
    expect(await count(), "the address that is known stays").toBe(1);
    await wrong({ user: `${user}-c`, from: `c-${user}` });
    await pruneSignInCounts(database.db, clock.now(), 3);
    expect(await count()).toBe(3);
    clock.advance(31 * 24 * 60 * minute);
    await pruneSignInCounts(database.db, clock.now());
    expect(await count()).toBe(0);
  });
});

describe("an address", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2:0:0:0:0/64"],
    ["2001:DB8:1:2::9", "2001:db8:1:2:0:0:0:0/64"],
    ["2001:db8::9", "2001:db8:0:0:0:0:0:0/64"],
    ["::1", "0:0:0:0:0:0:0:0/64"],
    ["fe80::1%eth0", "fe80:0:0:0:0:0:0:0/64"],
    ["", ""],
  ])("%s counts as %s", (address, network) => expect(networkOf(address)).toBe(network));
});
