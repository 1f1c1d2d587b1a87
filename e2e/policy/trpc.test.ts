// Every procedure of the console as everybody who might call it, under each set of default policies. A procedure without
// a row fails; so does a refused call that leaves a trace in the database.
import { randomUUID } from "node:crypto";
import { TRPCError } from "@trpc/server";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readPolicies } from "../../server/auth/policy.ts";
import type { Deps } from "../../server/services/deps.ts";
import { testDatabase } from "../../server/testing/test-db.ts";
import { testDeps } from "../../server/testing/test-deps.ts";
import { aTrpcContext } from "../../server/testing/test-trpc.ts";
import { appRouter, createCaller } from "../../server/trpc/root.ts";
import { receptions, type Reception, type Row } from "./audience.ts";
import { fingerprint, forgetAll, makeWorld, people, type Person, type World } from "./people.ts";

type Caller = ReturnType<typeof createCaller>;

interface ProcedureRow extends Row {
  call: (caller: Caller, world: World) => Promise<unknown>;
}

const cluster = { about: "cluster" } as const;
const part = { about: "part" } as const;
const readers = { audience: "readers" } as const;
const members = { audience: "members" } as const;
const wish = { coe: "kubernetes", imageId: "fedora-coreos-41" } as const;

/** Who is let in gets a stream; nobody waits here for what it brings. */
async function open(stream: Promise<AsyncIterable<unknown>>): Promise<void> {
  await (await stream)[Symbol.asyncIterator]().return?.();
}

const table: Record<string, ProcedureRow> = {
  "project.get": { audience: "anybody", call: (c, { project }) => c.project.get({ project }) },
  "project.overview": { ...readers, call: (c, { project }) => c.project.overview({ project }) },
  "template.list": { ...readers, call: (c, { project }) => c.template.list({ project }) },
  "template.get": {
    ...part,
    ...readers,
    call: (c, { project, template: id }) => c.template.get({ project, id }),
  },
  "template.create": { ...members, call: (c, { project }) => c.template.create({ project, ...wish }) },
  "template.check": { ...members, call: (c, { project }) => c.template.check({ project, ...wish }) },
  "template.update": {
    ...part,
    ...members,
    call: (c, { project, template: id }) => c.template.update({ project, id, change: { name: "new" } }),
  },
  "template.delete": {
    ...part,
    ...members,
    call: (c, { project, template: id }) => c.template.delete({ project, id }),
  },
  "cluster.list": { ...readers, call: (c, { project }) => c.cluster.list({ project }) },
  "cluster.get": {
    ...cluster,
    ...readers,
    node: true,
    call: (c, { project, cluster: id }) => c.cluster.get({ project, id }),
  },
  "cluster.create": {
    ...members,
    call: (c, { project, template }) =>
      c.cluster.create({ project, idempotencyKey: randomUUID(), clusterTemplateId: template }),
    // The template is not theirs.
    but: { other: "missing", admin: "missing" },
  },
  "cluster.preview": {
    ...members,
    call: (c, { project, template }) => c.cluster.preview({ project, clusterTemplateId: template }),
  },
  "cluster.delete": {
    ...cluster,
    ...members,
    call: (c, { project, cluster: id }) => c.cluster.delete({ project, id, name: "web-1" }),
  },
  "cluster.deletePreview": {
    ...cluster,
    ...readers,
    node: true,
    call: (c, { project, cluster: id }) => c.cluster.deletePreview({ project, id }),
  },
  "cluster.retry": { ...cluster, ...members, call: (c, { project, cluster: id }) => c.cluster.retry({ project, id }) },
  "cluster.resize": {
    ...cluster,
    ...members,
    call: (c, { project, cluster: id }) => c.cluster.resize({ project, id, nodeCount: 3 }),
  },
  "cluster.resizePreview": {
    ...cluster,
    ...members,
    call: (c, { project, cluster: id }) => c.cluster.resizePreview({ project, id, nodeCount: 3 }),
  },
  "cluster.upgrade": {
    ...cluster,
    ...members,
    call: (c, { project, cluster: id, template }) => c.cluster.upgrade({ project, id, clusterTemplate: template }),
  },
  "cluster.upgradePreview": {
    ...cluster,
    ...members,
    call: (c, { project, cluster: id, template }) =>
      c.cluster.upgradePreview({ project, id, clusterTemplate: template }),
  },
  "cluster.rotateCredential": {
    ...cluster,
    audience: "members only",
    call: (c, { project, cluster: id }) => c.cluster.rotateCredential({ project, id }),
  },
  "cluster.setLocked": {
    ...cluster,
    ...members,
    call: (c, { project, cluster: id }) => c.cluster.setLocked({ project, id, locked: true }),
  },
  "cluster.nodes": {
    ...cluster,
    ...readers,
    node: true,
    call: (c, { project, cluster: id }) => c.cluster.nodes({ project, id }),
  },
  "cluster.resources": {
    ...cluster,
    ...readers,
    node: true,
    call: (c, { project, cluster: id }) => c.cluster.resources({ project, id }),
  },
  // History outlives its cluster, so that it is looked for, and found empty, in the own project.
  "cluster.operations": { ...readers, call: (c, { project, cluster: id }) => c.cluster.operations({ project, id }) },
  "cluster.events": { ...readers, call: (c, { project, cluster: id }) => c.cluster.events({ project, id }) },
  "cluster.suggestName": { ...readers, call: (c, { project }) => c.cluster.suggestName({ project }) },
  "cluster.watch": { ...readers, call: (c, { project }) => open(c.cluster.watch({ project })) },
  "nodegroup.create": {
    ...part,
    ...members,
    call: (c, { project, cluster: id }) => c.nodegroup.create({ project, id, name: "more" }),
  },
  "nodegroup.update": {
    ...part,
    ...members,
    call: (c, { project, cluster: id }) =>
      c.nodegroup.update({ project, id, group: "default-worker", maxNodeCount: 5 }),
  },
  "nodegroup.delete": {
    ...part,
    ...members,
    call: (c, { project, cluster: id }) => c.nodegroup.delete({ project, id, group: "default-worker" }),
  },
  "certificate.authorities": {
    ...cluster,
    audience: "watcher",
    node: true,
    call: (c, { project, cluster: id }) => c.certificate.authorities({ project, id }),
  },
  "certificate.sign": {
    ...cluster,
    audience: "creator",
    node: true,
    call: (c, { project, cluster: id }) => c.certificate.sign({ project, id, csr: "x", purpose: "config" }),
  },
  "certificate.issued": {
    ...cluster,
    ...readers,
    node: true,
    call: (c, { project, cluster: id }) => c.certificate.issued({ project, id }),
  },
  "certificate.rotateCa": {
    ...cluster,
    ...members,
    call: (c, { project, cluster: id }) => c.certificate.rotateCa({ project, id }),
  },
  "cloud.options": { ...readers, call: (c, { project }) => c.cloud.options({ project }) },
  // The cloud decides by the caller's own token.
  "cloud.createKeypair": {
    audience: "anybody",
    call: (c, { project }) => c.cloud.createKeypair({ project, name: "k" }),
  },
  "audit.list": { ...readers, call: (c, { project }) => c.audit.list({ project }) },
};

/** Without a session: signing in, and what the page for that shows. */
const doors = [
  "session.options",
  "session.get",
  "session.signIn",
  "session.signOut",
  "session.stay",
  "session.setRegion",
];

const database = testDatabase();
let deps: Deps;
beforeAll(() => {
  deps = testDeps(database.db);
});
beforeEach(() => forgetAll(database.db));

test("every procedure has a row, and every row is a procedure", () => {
  const procedures = Object.keys(appRouter._def.procedures);
  expect([...Object.keys(table), ...doors].toSorted()).toEqual(procedures.toSorted());
});

describe.each(["secure", "legacy"] as const)("by the %s defaults", (defaults) => {
  const policies = readPolicies(null, defaults);

  test.each(Object.entries(table))("%s", async (_name, row) => {
    let world: World | null = null;
    let before = "";
    const seen: Partial<Record<Person, Reception>> = {};
    const answers: string[] = [];
    for (const person of people) {
      if (!world) {
        world = await makeWorld(deps, policies, "console");
        before = await fingerprint(database.db);
      }
      const { reception, message } = await received(row.call(callerFor(person, world), world));
      seen[person] = reception;
      answers.push(`${person}: ${message}`);
      const unchanged = (await fingerprint(database.db)) === before;
      if (reception !== "in") expect(unchanged, `${person} left a trace`).toBe(true);
      if (!unchanged) world = null;
    }
    expect(seen, answers.join("\n")).toEqual(receptions(row, defaults, false));
  });
});

/** Behind the gate of the console; whoever has no session meets the real one. */
function callerFor(person: Person, { contexts }: World): Caller {
  const context = aTrpcContext(deps, (project, aim) =>
    person === "stranger" ? deps.auth.sessions.context(null, project, "req-1", aim) : Promise.resolve(contexts[person]),
  );
  return createCaller(context);
}

async function received(call: Promise<unknown>): Promise<{ reception: Reception; message: string }> {
  try {
    await call;
    return { reception: "in", message: "done" };
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error;
    const message = `${error.code} ${error.message}`;
    switch (error.code) {
      case "UNAUTHORIZED":
        return { reception: "unknown", message };
      case "FORBIDDEN":
        return { reception: "forbidden", message };
      case "NOT_FOUND":
        return { reception: "missing", message };
      // Refused for what was asked, or by a cloud that nobody answers for here.
      case "BAD_REQUEST":
      case "CONFLICT":
      case "SERVICE_UNAVAILABLE":
        return { reception: "in", message };
      default:
        throw error;
    }
  }
}
