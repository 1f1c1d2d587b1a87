import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { requestCases } from "../../server/pki/testing/requests.ts";
import { python } from "./catalogue.ts";

it("of each signing request it is known whether Magnum takes it, and we refuse no notation that it takes", () => {
  const texts = requestCases.map(({ text }) => text());
  const program = join(import.meta.dirname, "requests.py");
  const answer = execFileSync(python, [program], { encoding: "utf8", input: JSON.stringify(texts) });
  const taken = z.array(z.boolean()).parse(JSON.parse(answer));
  const said = (magnum: (at: number) => boolean | undefined) =>
    Object.fromEntries(requestCases.map(({ name }, at) => [name, magnum(at)]));
  expect(said((at) => taken[at])).toEqual(said((at) => requestCases[at]?.magnum));
  // What we refuse of what it takes is of no use to its sender: keys that Kubernetes cannot read, proofs that prove nothing.
  const refused = requestCases.flatMap(({ magnum, refused: why }) => (magnum && why !== null ? [why] : []));
  for (const why of refused) expect(why).toMatch(/^its (RSA )?key |^it is signed with /);
});
