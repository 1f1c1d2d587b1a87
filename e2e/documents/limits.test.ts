// Every number of docs/security.md's limits that has a constant.
import { expect, test } from "vitest";
import { proofLimit } from "../../server/auth/node.ts";
import { accountLimit, addressLimit, ownLimit } from "../../server/auth/sign-in-limit.ts";
import { believedMs, disbelievedMs, lastKnownMs } from "../../server/auth/token.ts";
import { mostCalls } from "../../server/domain/batch.ts";
import { variableDefaults } from "../../server/env.ts";
import { stillThereMs } from "../../server/services/watch.ts";
import { text } from "./read.ts";

const seconds = (ms: number) => ms / 1000;
const minutes = (ms: number) => ms / 60_000;
const said = text("docs/security.md").replaceAll(/\s+/g, " ");

test.each([
  `| one account from one address | ${ownLimit.free} | 1 s, doubled with each failure up to ${minutes(ownLimit.longestWaitMs)} minutes |`,
  `| one address, whatever the account | ${addressLimit.free} | the same |`,
  `| one account from all strange addresses together | ${accountLimit.free} | the same up to ${seconds(accountLimit.longestWaitMs)} seconds |`,
  `| one network (an address; of IPv6 the first 64 bits) | ${proofLimit.allowed} | 429`,
  `its owner waits ${seconds(accountLimit.longestWaitMs)} seconds between two tries`,
  `\`SESSION_IDLE_MINUTES\`, ${String(variableDefaults["SESSION_IDLE_MINUTES"])} |`,
  `\`SESSION_HOURS\`, ${String(variableDefaults["SESSION_HOURS"])} |`,
  `| a stream of live updates | ${seconds(stillThereMs)} s after its session, or after a lost role is known (a minute) |`,
  `One request holds ${mostCalls} calls at most.`,
  `| nothing is read with it | ${minutes(believedMs.read)} minute |`,
  `| at the console while Keystone is away | ${minutes(lastKnownMs) / 60} hour after`,
  `A wrong token is remembered for ${seconds(disbelievedMs)} seconds`,
])("docs/security.md says: %s", (sentence) => {
  expect(said).toContain(sentence);
});

test("what docs/security.md calls the same is the same, and changes ask Keystone at once", () => {
  expect(addressLimit.longestWaitMs).toBe(ownLimit.longestWaitMs);
  expect(believedMs.change).toBe(0);
});
