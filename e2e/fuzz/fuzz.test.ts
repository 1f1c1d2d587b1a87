import { describe, expect, it } from "vitest";
import { fuzzFraming } from "./framing.ts";
import { dialects } from "../../server/testing/databases.ts";
import { fuzz } from "./fuzz.ts";

// The whole is `npm run fuzz`; here each change meets a part of it, always the same, so that a failure is the change's.
describe("whatever is thrown at the REST API", () => {
  it.each(dialects)(
    "is answered as documented or refused in Magnum's shape; what is refused changes nothing, what is accepted can be read (%s)",
    async (dialect) => {
      const { failure, requests, statuses, written, reads } = await fuzz({ requests: 1000, seed: 20261121, dialect });
      expect(failure).toBeNull();
      expect(requests).toBeGreaterThanOrEqual(1000);
      expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 202, 400, 401, 403, 404, 405, 406, 409]));
      expect(written).toBeGreaterThan(5);
      expect(reads).toBeGreaterThan(50 * written);
    },
    240_000,
  );

  it("is answered or closed when it is not quite HTTP", async () => {
    const { failure } = await fuzzFraming({ requests: 300, seed: 20261121 });
    expect(failure).toBeNull();
  }, 120_000);
});
