// Templates: make one, copy it, change it, use it, delete it.
import { expect, test, type Page } from "@playwright/test";
import { apiOf, makeCluster, makeTemplate } from "./support/api.ts";
import { openRowMenu, openSection, row, signIn, step, uniqueName } from "./support/console.ts";

const next = (page: Page) => page.getByRole("button", { name: "Next", exact: true }).click();

async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole("combobox", { name: label }).fill(option);
  await page.getByRole("option", { name: option }).first().click();
}

/** The value of one more label. */
async function label(page: Page, key: string) {
  await page.getByRole("button", { name: "Add label" }).click();
  await page.getByLabel("Label key").last().fill(key);
  return page.getByLabel(`Value of ${key}`);
}

test("a template is made, copied, changed and deleted", async ({ page }) => {
  const name = uniqueName("mine");
  await signIn(page, "demo");
  await openSection(page, "Templates");
  await page.getByRole("link", { name: "Create template" }).click();
  await page.getByLabel("Name").fill(name);
  await next(page);
  await expect(step(page, "Node spec")).toBeVisible();
  await choose(page, "Image", "fedora-coreos-38");
  await choose(page, "Worker flavor", "m1.small");
  await next(page);
  await expect(step(page, "Network")).toBeVisible();
  await choose(page, "External network", "public");
  await next(page);
  await expect(step(page, "Labels")).toBeVisible();
  await next(page);
  await expect(step(page, "Review")).toBeVisible();
  await page.getByRole("button", { name: "Create template" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(page.getByRole("main")).toContainText("fedora-coreos-38");

  await page.getByRole("link", { name: "Copy", exact: true }).click();
  const copy = `${name}-copy`;
  await page.getByLabel("Name").fill(copy);
  for (const title of ["Node spec", "Network", "Labels", "Review"]) {
    await next(page);
    await expect(step(page, title)).toBeVisible();
  }
  await page.getByRole("button", { name: "Create template" }).click();
  await expect(page.getByRole("heading", { level: 1, name: copy })).toBeVisible();

  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await page.getByLabel("Tags").fill("ours");
  await page.getByRole("navigation", { name: "Steps" }).getByRole("button", { name: "Review" }).click();
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByRole("heading", { level: 1, name: copy })).toBeVisible();
  await expect(page.getByRole("main")).toContainText("ours");

  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete template" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Templates" })).toBeVisible();
  await expect(row(page, name)).toHaveCount(1);
});

test("what a template would not do, and what keeps it from being made, is said before it is made", async ({ page }) => {
  await signIn(page, "demo");
  await openSection(page, "Templates");
  await page.getByRole("link", { name: "Create template" }).click();
  await page.getByLabel("Name").fill(uniqueName("doubted"));
  await next(page);
  await choose(page, "Image", "fedora-coreos-38");
  await choose(page, "Worker flavor", "m1.small");
  await next(page);
  await choose(page, "External network", "public");
  await next(page);
  await (await label(page, "cinder_csi_enabled")).selectOption("true");
  await (await label(page, "boot_volum_size")).fill("20");
  await (await label(page, "etcd_volume_size")).fill("abc");
  await expect(page.getByText(/must be a whole number/)).toBeVisible();
  await next(page);
  const said = page.getByRole("main").getByRole("listitem");
  await expect(page.getByText("1 problem to solve first")).toBeVisible();
  await expect(said.filter({ hasText: "etcd_volume_size must be a whole number" })).toHaveCount(1);
  await expect(said.filter({ hasText: "cinder_csi_enabled cannot be honoured" })).toContainText(
    "No cluster can be made of this template as it stands.",
  );
  await expect(said.filter({ hasText: "Did you mean boot_volume_size?" })).toBeVisible();
  const create = page.getByRole("button", { name: "Create template" });
  await expect(create).toBeDisabled();

  await page.getByRole("button", { name: "Back" }).click();
  await page.getByLabel("Value of etcd_volume_size").fill("10");
  await next(page);
  await expect(page.getByText("Look at this before you save the template")).toBeVisible();
  await expect(page.getByText("to solve first")).toHaveCount(0);
  await create.click();
  await expect(page.getByRole("heading", { level: 1, name: /^doubted/ })).toBeVisible();
});

test("a template in use, or of another project, says why it cannot be deleted", async ({ page }) => {
  const other = await apiOf("other");
  const name = uniqueName("used");
  const template = await makeTemplate(other, name);
  const cluster = await makeCluster(other, uniqueName("user"), { cluster_template_id: template });
  await signIn(page, "other");
  await openSection(page, "Templates");
  await openRowMenu(page, name);
  const remove = page.getByRole("menuitem", { name: "Delete" });
  await expect(remove).toBeDisabled();
  await expect(remove).toHaveAccessibleDescription("A cluster uses it.");
  await page.keyboard.press("Escape");
  await openRowMenu(page, "kubernetes-dev");
  await expect(remove).toBeDisabled();
  await expect(remove).toHaveAccessibleDescription(/belongs to another project/);
  await other.call("DELETE", `/clusters/${cluster}`);
});
