import Fastify from "fastify";
import { expect, it } from "vitest";
import { addHealthEndpoints } from "./health-endpoints.ts";

it("says to strangers in plain words what does not answer, and to the log, once, what it was", async () => {
  const problems: string[] = [];
  let trouble: Error | null = new Error("connect ECONNREFUSED db.internal:5432 in prisma.$queryRaw()");
  const app = Fastify();
  addHealthEndpoints(app, {
    stopping: false,
    checks: {
      database: () => (trouble ? Promise.reject(trouble) : Promise.resolve(null)),
      identity: () => Promise.resolve(null),
    },
    onProblem: (check, error) => problems.push(`${check}: ${String(error)}`),
  });
  for (let asked = 0; asked < 3; asked++) {
    const answer = await app.inject("/readyz");
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({ status: "not ready", checks: { database: "does not answer", identity: "ok" } });
  }
  expect(problems).toEqual([expect.stringMatching(/^database: .*db\.internal:5432/)]);
  trouble = null;
  expect((await app.inject("/readyz")).json()).toMatchObject({ status: "ok" });
  trouble = new Error("again");
  await app.inject("/readyz");
  expect(problems).toHaveLength(2);
  await app.close();
});
