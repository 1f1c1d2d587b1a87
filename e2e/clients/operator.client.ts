import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { z } from "zod";
import { signIn } from "../openstack/session.ts";
import { expectAllRun, openShell } from "./openstack.ts";
import { mask, properties } from "./table.ts";

const admin = openShell("admin");
const other = openShell("other");
let project = "";
let admins = "";

const projectOf = async (name: string) => {
  const [user, scope] = [
    { name, domain: "Default" },
    { project: name, domain: "Default" },
  ];
  return (await signIn({ authUrl: inject("authUrl"), user, password: name, scope })).projectId ?? "";
};
beforeAll(async () => {
  [project, admins] = [await projectOf("other"), await projectOf("admin")];
});
afterAll(() => {
  admin.remove();
  other.remove();
});

const row = {
  id: expect.stringMatching(/^\d+$/),
  project_id: "<id>",
  resource: "Cluster",
  hard_limit: "5",
  created_at: "<time>",
  updated_at: "-",
};
const of = (id: string) => ["--project-id", id, "--resource", "Cluster"];

describe("openstack coe quotas", () => {
  it("show: the default, where nobody has set one", async () => {
    expect(properties(await other.table("coe quotas show", ...of(project)))).toEqual({
      project_id: "<id>",
      resource: "Cluster",
      hard_limit: "20",
    });
  });

  it("create, and a second time in vain", async () => {
    expect(properties(await admin.table("coe quotas create", ...of(project), "--hard-limit", "5"))).toEqual(row);
    // The client prints the refusal and ends well.
    const again = await admin.print("coe quotas create", ...of(project));
    expect(again).toMatch(
      /^Create quota for project_id \w+ resource Cluster failed: Quota for project \w+ already exists for resource Cluster.*\(HTTP 409\)/,
    );
  });

  it("update", async () => {
    const updated = properties(await admin.table("coe quotas update", ...of(project), "--hard-limit", "7"));
    expect(updated).toEqual({ ...row, hard_limit: "7", updated_at: "<time>" });
    expect(properties(await other.table("coe quotas show", ...of(project)))).toMatchObject({ hard_limit: "7" });
  });

  it("list: the administrator's own, and with --all-tenants all of them, sorted and by page", async () => {
    const own = properties(await admin.table("coe quotas create", ...of(admins), "--hard-limit", "9"));
    const mine = { project_id: admins, resource: "Cluster", hard_limit: "9" };
    const others = { project_id: project, resource: "Cluster", hard_limit: "7" };
    expect(await admin.table("coe quotas list")).toEqual({ columns: Object.keys(mine), rows: [mine] });
    const sorted = ["--all-tenants", "--sort-key", "hard_limit", "--sort-dir", "desc"];
    expect((await admin.table("coe quotas list", ...sorted)).rows).toEqual([mine, others]);
    const page = await admin.table("coe quotas list", ...sorted, "--limit", "1", "--marker", own["id"] ?? "");
    expect(page.rows).toEqual([others]);
  });

  it("list: is for administrators", async () => {
    const refused = await other.run("coe quotas list");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/^Policy doesn't allow quota:get_all to be performed.* \(HTTP 403\)/);
  });

  it("delete, and a second time in vain", async () => {
    const gone = await admin.print("coe quotas delete", ...of(project));
    expect(gone.trim()).toBe(
      `Request to delete quota for project id ${project} and resource Cluster has been accepted.`,
    );
    expect(await admin.print("coe quotas delete", ...of(project))).toMatch(
      /^Quota delete failed for project id \w+ and resource Cluster :Quota could not be found.*\(HTTP 404\)/,
    );
    expect(properties(await other.table("coe quotas show", ...of(project)))).toMatchObject({ hard_limit: "20" });
  });

  it("runs every command and option that the client has for quotas", () => expectAllRun("coe quotas"));
});

describe("openstack coe stats", () => {
  it("list: clusters and nodes of a project", async () => {
    const stats = await other.table("coe stats list", project);
    expect(stats.columns).toEqual(["Property", "Value"]);
    expect(properties(stats)).toEqual({ clusters: "0", nodes: "0" });
  });

  it("list: another's project is refused to a member, not to an administrator", async () => {
    const stranger = "1".repeat(32);
    const refused = await other.run("coe stats list", stranger);
    expect(refused.stderr).toMatch(/^Not authorized.* \(HTTP 403\)/);
    expect(properties(await admin.table("coe stats list", stranger))).toEqual({ clusters: "0", nodes: "0" });
  });

  it("runs every command that the client has for stats", () => expectAllRun("coe stats"));
});

describe("openstack coe service", () => {
  it("list: the one conductor, up", async () => {
    const services = await admin.table("coe service list");
    expect(services.columns).toEqual([
      ...["id", "host", "binary", "state", "disabled", "disabled_reason", "created_at", "updated_at"],
    ]);
    expect(
      services.rows.map((service) => ({ ...service, host: "", updated_at: mask(service["updated_at"] ?? "") })),
    ).toEqual([
      {
        id: "1",
        host: "",
        binary: "magnum-conductor",
        state: "up",
        disabled: "False",
        disabled_reason: "None",
        created_at: expect.stringMatching(/\+00:00$/),
        updated_at: "<time>",
      },
    ]);
    const typed = z.array(z.looseObject({ id: z.literal(1), disabled: z.literal(false), disabled_reason: z.null() }));
    expect(await admin.json(typed, "coe service list")).toHaveLength(1);
  });

  it("list: is for administrators", async () => {
    const refused = await other.run("coe service list");
    expect(refused.stderr).toMatch(/^Policy doesn't allow magnum-service:get_all to be performed.* \(HTTP 403\)/);
  });

  it("runs every command that the client has for services", () => expectAllRun("coe service"));
});
