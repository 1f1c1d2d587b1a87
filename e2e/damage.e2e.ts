// A row that does not fit any more is listed with a mark; its page says what is wrong, what became of it and what to do.
import { expect, test, type Page } from "@playwright/test";
import { apiOf, makeCluster, makeTemplate } from "./support/api.ts";
import { becomesReady, openSection, row, signIn, step, uniqueName } from "./support/console.ts";
import { editRow } from "./support/database.ts";
import { findings } from "./support/findings.ts";

/** The notice on a page. */
const notice = (page: Page) =>
  page.getByText("What is stored of this does not fit", { exact: true }).locator("xpath=ancestor::div[3]");

test("a damaged template is marked, says which value is lost, and is repaired in its form", async ({ page }) => {
  const api = await apiOf("other");
  const name = uniqueName("torn");
  const id = await makeTemplate(api, name);
  editRow(`UPDATE "ClusterTemplate" SET "labels" = '{', "tlsDisabled" = 'maybe' WHERE "id" = ?`, id);
  await signIn(page, "other");
  await openSection(page, "Templates");
  await expect(row(page, name)).toContainText("Damaged");
  const found = await findings(page, "templates with a damaged one");

  await row(page, name).getByRole("link", { name }).first().click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(notice(page)).toContainText("labels: is not JSON. The value is lost.");
  await expect(notice(page)).toContainText("tls_disabled");
  await expect(notice(page)).toContainText("No cluster is made from it until these values are set anew.");
  await expect(page.getByRole("main").getByText("Create cluster", { exact: true })).toHaveAccessibleDescription(
    /labels \(is not JSON\)/,
  );
  found.push(...(await findings(page, "damaged template")));

  await page.getByRole("link", { name: "Set anew" }).click();
  await expect(notice(page)).toContainText("What is saved sets these values to what this form shows");
  found.push(...(await findings(page, "form of a damaged template")));
  await page.getByRole("navigation", { name: "Steps" }).getByRole("button", { name: "Review" }).click();
  await expect(step(page, "Review")).toBeVisible();
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("heading", { level: 1, name, exact: true })).toBeVisible();
  await expect(page.getByRole("link", { name: "Create cluster" })).toBeVisible();
  await expect(notice(page)).toHaveCount(0);
  expect(found).toEqual([]);
});

test("a cluster whose labels are lost says that only deletion is left, and can be deleted", async ({ page }) => {
  const api = await apiOf("other");
  const name = uniqueName("torn");
  const id = await makeCluster(api, name);
  editRow(`UPDATE "Cluster" SET "labels" = '{' WHERE "id" = ?`, id);
  await signIn(page, "other");
  await openSection(page, "Clusters");
  await expect(row(page, name)).toContainText("Damaged");
  const found = await findings(page, "clusters with a damaged one");
  await row(page, name).getByRole("link", { name }).first().click();
  await expect(notice(page)).toContainText("labels: is not JSON. The value is lost.");
  await expect(notice(page)).toContainText("Only deletion is left");
  await expect(page.getByText("Retry", { exact: true })).toHaveCount(0);
  found.push(...(await findings(page, "damaged cluster")));
  await notice(page).getByRole("link", { name: "Delete cluster" }).click();
  const dialog = page.getByRole("dialog", { name: `Delete ${name}` });
  await dialog.getByLabel(/^Type/).fill(name);
  await dialog.getByRole("button", { name: "Delete cluster" }).click();
  await expect(page.getByText(`${name} has been deleted`)).toBeVisible({ timeout: 60_000 });
  expect(found).toEqual([]);
});

test("a node group whose count is lost is marked, and a resize repairs it", async ({ page }) => {
  const api = await apiOf("other");
  const name = uniqueName("torn");
  const id = await makeCluster(api, name);
  await signIn(page, "other");
  await page.goto(`/p/${api.projectId}/clusters/${id}/node-groups`);
  await becomesReady(page);
  editRow(`UPDATE "NodeGroup" SET "nodeCount" = 'few' WHERE "clusterId" = ? AND "name" = 'default-worker'`, id);
  await page.reload();
  await expect(row(page, "default-worker")).toContainText("Damaged");
  await expect(notice(page)).toContainText("default-worker: node_count");
  await expect(notice(page)).toContainText("Resize the node group default-worker.");
  expect(await findings(page, "damaged node group")).toEqual([]);
  await api.call("POST", `/clusters/${id}/actions/resize`, { node_count: 2, nodegroup: "default-worker" });
  await page.reload();
  await expect(row(page, "default-worker")).toBeVisible();
  await expect(notice(page)).toHaveCount(0);
  await api.call("DELETE", `/clusters/${id}`);
});
