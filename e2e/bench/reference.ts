// What the machine and the listener can do at best: a bare route that answers bytes it has at hand.
// Started with a file of JSON, path to body; prints its address.
import { readFileSync } from "node:fs";
import Fastify from "fastify";
import { z } from "zod";

const bodies = z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));
const app = Fastify();
for (const [path, body] of Object.entries(bodies)) {
  const bytes = Buffer.from(body);
  app.get(path, async (_request, reply) => reply.header("content-type", "application/json").send(bytes));
}
console.log(await app.listen({ host: "127.0.0.1", port: 0 }));
