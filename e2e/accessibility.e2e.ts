// Every page in its main states: no serious finding of axe, in light and dark, wide and on a phone, and no page that
// scrolls sideways.
import { expect, test, type Page } from "@playwright/test";
import { apiOf, makeCluster, makeTemplate, type Api } from "./support/api.ts";
import { becomesReady, fillWizard, openRowMenu, openSection, signIn, step, uniqueName } from "./support/console.ts";
import { findings } from "./support/findings.ts";

let api: Api;
let ready: { id: string; name: string };
let failed: { id: string; name: string };
let template: string;

// Three tests side by side would each make the clusters that they all look at.
test.describe.configure({ mode: "default", timeout: 180_000 });

test.beforeAll(async ({ browser }) => {
  api = await apiOf("other");
  ready = { id: "", name: uniqueName("sound") };
  failed = { id: "", name: uniqueName("broken") };
  // With several control plane nodes, so that all that can be done to a cluster can be done to it.
  ready.id = await makeCluster(api, ready.name, { cluster_template_id: "kubernetes-ha" });
  failed.id = await makeCluster(api, failed.name, { flavor_id: "fail.nohost" });
  template = await makeTemplate(api, uniqueName("seen"));
  const page = await browser.newPage();
  await signIn(page, "other");
  await page.goto(`/p/${api.projectId}/clusters/${ready.id}`);
  await becomesReady(page);
  await page.goto(`/p/${api.projectId}/clusters/${failed.id}`);
  await expect(page.getByText(/^Could not be built/)).toBeVisible({ timeout: 60_000 });
  await page.close();
});

test.afterAll(async () => {
  for (const { id } of [ready, failed]) await api.call("DELETE", `/clusters/${id}`);
});

type Visit = [state: string, path: string, shows: string | RegExp];

async function visit(page: Page, visits: readonly Visit[]): Promise<string[]> {
  const found: string[] = [];
  for (const [state, path, shows] of visits) {
    await page.goto(`/p/${api.projectId}${path}`);
    const main = page.getByRole("main");
    await expect(main.getByRole("heading").first()).toBeVisible();
    await expect(main.getByText(shows).filter({ visible: true }).first()).toBeVisible();
    await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
    found.push(...(await findings(page, state)));
  }
  return found;
}

test("the pages of a project have no serious issue", async ({ page }) => {
  const found: string[] = [];
  await page.goto("/login");
  await expect(page.getByRole("button", { name: "other" })).toBeVisible();
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("Enter the password.")).toBeVisible();
  found.push(...(await findings(page, "sign-in refused")));
  await signIn(page, "other");
  found.push(
    ...(await visit(page, [
      ["overview", "", /./],
      ["clusters", "/clusters", ready.name],
      ["clusters without a match", "/clusters?q=nothing-like-this", "No cluster matches"],
      ["templates", "/templates", "kubernetes-ha"],
      ["template", `/templates/${template}`, "Cluster type"],
      ["new template", "/templates/new", "Info"],
      ["edit template", `/templates/${template}/edit`, "Info"],
      ["quota", "/quota", /./],
      ["audit", "/audit", ready.name],
      ["no such cluster", "/clusters/00000000-0000-4000-8000-000000000000", "No such cluster"],
    ])),
  );
  expect(found).toEqual([]);
});

test("the pages of a cluster have no serious issue", async ({ page }) => {
  await signIn(page, "other");
  const found = await visit(page, [
    ["cluster", `/clusters/${ready.id}`, "Overview"],
    ["failed cluster", `/clusters/${failed.id}`, /Could not be built/],
    ["node groups", `/clusters/${ready.id}/node-groups`, "default-worker"],
    ["nodes", `/clusters/${ready.id}/nodes`, "Nodes"],
    ["access", `/clusters/${ready.id}/access`, "Config bundle"],
    ["operations", `/clusters/${failed.id}/operations`, "Operations"],
    ["resources", `/clusters/${failed.id}/resources`, "Resources"],
    ["labels", `/clusters/${ready.id}/labels`, "Labels"],
  ]);
  expect(found).toEqual([]);
});

test("menus, dialogs and the wizard have no serious issue", async ({ page }) => {
  const found: string[] = [];
  await signIn(page, "other");
  await openSection(page, "Clusters");
  await openRowMenu(page, ready.name);
  found.push(...(await findings(page, "a row's menu")));
  await page.getByRole("link", { name: ready.name }).first().click();
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await expect(page.getByRole("dialog")).toContainText("Will be removed");
  found.push(...(await findings(page, "delete dialog")));
  await page.getByRole("button", { name: "Keep it" }).click();
  for (const [tab, open, shows] of [
    ["node-groups", "Add node group", "Kubernetes labels"],
    ["access", "Rotate", "stops working"],
  ] as const) {
    await page.goto(`/p/${api.projectId}/clusters/${ready.id}/${tab}`);
    await page.getByRole("main").getByRole("button", { name: open }).first().click();
    const dialog = page.getByRole("dialog");
    if (tab === "node-groups") {
      await dialog.getByText("Image, zone, storage and labels").click();
      await dialog.getByRole("button", { name: "Add taint" }).click();
    }
    await expect(dialog).toContainText(shows);
    found.push(...(await findings(page, `dialog: ${open}`)));
  }
  await page.goto(`/p/${api.projectId}/clusters/${ready.id}?do=upgrade`);
  await expect(page.getByRole("dialog")).toContainText("Nodes at a time");
  found.push(...(await findings(page, "dialog: Upgrade")));
  await page.goto(`/p/${api.projectId}`);

  await fillWizard(page, { name: uniqueName("looked-at"), template: "kubernetes-ha", workers: 2 });
  await expect(page.getByText(/^Will make/)).toBeVisible();
  found.push(...(await findings(page, "wizard, Review")));
  for (const name of ["Misc", "Network", "Size", "Info"]) {
    await page.getByRole("navigation", { name: "Steps" }).getByRole("button", { name }).click();
    await expect(step(page, name)).toBeVisible();
    found.push(...(await findings(page, `wizard, ${name}`)));
  }
  expect(found).toEqual([]);
});
