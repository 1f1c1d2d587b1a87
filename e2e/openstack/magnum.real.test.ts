import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { signingRequest } from "../kubernetes/signing-request.ts";
import { trustees } from "../lifecycle/inventory.ts";
import { openProduct } from "../lifecycle/product.ts";
import type { Product } from "../lifecycle/product.ts";
import { makeProject, openstackTarget } from "../lifecycle/target.ts";
import { until } from "../lifecycle/until.ts";
import { known } from "./magnum-differences.ts";
import {
  acceptedClusters,
  changes,
  clusters,
  discovery,
  operators,
  refusedClusters,
  templates,
  versions,
} from "./magnum-requests.ts";
import type { Asked } from "./magnum-requests.ts";
import { call, list, signIn } from "./session.ts";
import type { Session } from "./session.ts";
import { password, settings } from "./settings.ts";
import { ask, differences, inMagnumsWords, told } from "./side-by-side.ts";
import type { Side } from "./side-by-side.ts";

const minute = 60_000;
const skippedStatus = 77;
const started = spawnSync(join(import.meta.dirname, "magnum"), { stdio: "inherit" }).status;
const state = process.env["JEROBOAM_OPENSTACK_STATE"] ?? "/var/lib/jeroboam-openstack";
const magnumSql = (text: string) =>
  execFileSync("mariadb", ["--no-defaults", `--socket=${state}/mysql/socket`, "magnum", "-e", text]);

const enter = (name: string, project = name): Promise<Session> =>
  signIn({
    authUrl: settings.authUrl,
    user: { name, domain: "Default" },
    password,
    scope: { project, domain: "Default" },
  });

/** The discovery service that Magnum asks for a new cluster's address and for its size. */
const discoveryService = (): Server =>
  createServer((request, response) => {
    const url = "http://127.0.0.1:9612/" + randomBytes(16).toString("hex");
    response.end(request.url?.startsWith("/new") ? url : JSON.stringify({ node: { value: "1" } }));
  }).listen(9612, "127.0.0.1");

describe.skipIf(started === skippedStatus)("the real Magnum and ours, asked the same", () => {
  let theirs: Side;
  let ours: Side;
  let product: Product;
  let project: Awaited<ReturnType<typeof makeProject>>;
  let member: Session;
  let etcd: Server;
  const folder = mkdtempSync(join(tmpdir(), "jeroboam-side-"));
  const database = join(folder, "jeroboam.db");
  const met = new Set<(typeof known)[number]>();

  beforeAll(async () => {
    expect(started).toBe(0);
    for (const table of ["nodegroup", "cluster", "cluster_template", "quotas"]) magnumSql(`delete from ${table}`);
    etcd = discoveryService();
    product = await openProduct({ ...openstackTarget().env, DATABASE_URL: `file:${database}` });
    // No conductor: like Magnum's here, clusters stay in the state that they are put into.
    await product.start("api");
    const [admin, stranger] = [await enter("admin"), await enter("other")];
    project = await makeProject(admin);
    member = await enter(project.name);
    await call("POST", `${member.at("compute")}/os-keypairs`, member, { keypair: { name: "mykey" } });
    const tokens = { member: member.token, admin: admin.token, stranger: stranger.token };
    const { csr } = await signingRequest("O=system:masters, CN=admin");
    const facts = (): Map<string, string> =>
      new Map([
        // As it stands in JSON.
        ["csr", csr.replaceAll("\n", "\\n")],
        ["project", member.projectId ?? ""],
        ["other", stranger.projectId ?? ""],
      ]);
    theirs = {
      root: "http://127.0.0.1:9611",
      tokens,
      known: facts(),
      // It knows the older of the service's names, and an earlier newest version (magnum-api 1.4, 2).
      translate: (text, at) => {
        const named = text.replaceAll(/container-infra(?=,? \d)/g, "container-infrastructure-management");
        return /max/.test(at) || named.includes("range is") ? named.replace(/1\.10(?=\W*$)/, "1.14") : named;
      },
    };
    ours = { root: product.apiUrl.replace(/\/v1$/, ""), tokens, known: facts(), translate: inMagnumsWords };
  }, 5 * minute);

  afterAll(async () => {
    etcd?.close();
    await product?.stop();
    rmSync(folder, { recursive: true, force: true });
    await removeStacks();
    await removeTrustees([...(theirs?.known.values() ?? []), ...(ours?.known.values() ?? [])]);
    await project?.remove();
  }, 6 * minute);

  /** What Magnum has begun at Heat; nothing of it ever comes up. */
  async function removeStacks(): Promise<void> {
    const stack = z.object({ id: z.string(), stack_name: z.string() });
    const at = `${member.at("orchestration")}/stacks`;
    const gone = new Set<string>();
    await until("Magnum's stacks are gone", 4 * minute, async () => {
      const left = await list(member, at, "stacks", stack);
      for (const { id, stack_name: name } of left.filter((one) => !gone.has(one.id))) {
        await call("DELETE", `${at}/${name}/${id}`, member);
        gone.add(id);
      }
      return left.length === 0;
    });
  }

  /** What both have made for clusters of this test. */
  async function removeTrustees(ids: string[]): Promise<void> {
    const admin = await signIn({
      authUrl: settings.authUrl,
      user: { name: "trustee_domain_admin", domain: "magnum" },
      password,
      scope: { domain: "magnum" },
    });
    for (const { id, name } of await trustees(admin))
      if (ids.some((one) => name?.startsWith(one))) await call("DELETE", `${settings.authUrl}/users/${id}`, admin);
  }

  const asks = (title: string, requests: readonly Asked[]) => {
    describe(title, () => {
      it.each(requests.map((one) => [one.name, one] as const))("%s", async (name, asked) => {
        const found = differences(await ask(theirs, asked), await ask(ours, asked));
        const unknown = found.filter(({ at }) => {
          const entries = known.filter((one) => one.requests.test(name) && one.at.test(at));
          for (const entry of entries) met.add(entry);
          return entries.length === 0;
        });
        if (unknown.length > 0) expect.fail(unknown.map(told).join("\n"));
      });
    });
  };

  asks("what there is", discovery);
  asks("versions", versions);
  asks("templates", templates);
  asks("clusters that are refused", refusedClusters);
  asks("clusters that are accepted", acceptedClusters);

  it(
    "both are put into CREATE_COMPLETE by hand",
    async () => {
      for (const name of ["cluster", "merged"]) {
        const id = theirs.known.get(name) ?? "";
        const headers = { "X-Auth-Token": theirs.tokens.member };
        await until(`Magnum has made ${name}`, 2 * minute, async () => {
          const { status } = await fetch(`${theirs.root}/v1/clusters/${id}`, { headers });
          return (
            status === 200 &&
            magnumSql(`select stack_id from cluster where uuid='${id}' and stack_id is not null`).length > 0
          );
        });
      }
      for (const table of ["cluster", "nodegroup"]) magnumSql(`update ${table} set status='CREATE_COMPLETE'`);
      const db = new DatabaseSync(database);
      for (const table of ["Cluster", "NodeGroup"]) db.exec(`update "${table}" set status='CREATE_COMPLETE'`);
      db.close();
    },
    5 * minute,
  );

  asks("clusters", clusters);

  it("both are given an address by hand", () => {
    const address = "https://127.0.0.1:6443";
    magnumSql(`update cluster set api_address='${address}'`);
    const db = new DatabaseSync(database);
    db.exec(`update "Cluster" set apiAddress='${address}'`);
    db.close();
  });

  asks("changes", changes);
  asks("operators", operators);

  it("each entry of the table of differences is still needed", () => {
    expect(known.filter((one) => !one.atTimes && !met.has(one)).map(({ requests, at }) => `${requests} ${at}`)).toEqual(
      [],
    );
  });
});
