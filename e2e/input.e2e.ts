// What people type: what is wrong is said beside its field, and nothing that was typed is lost.
import { expect, test } from "@playwright/test";
import { apiOf } from "./support/api.ts";
import { cutOff, fillWizard, openSection, pressCreate, signIn, step, uniqueName } from "./support/console.ts";

test("what is wrong is said beside its field, and the step waits", async ({ page }) => {
  await signIn(page, "demo");
  await openSection(page, "Clusters");
  await page.getByRole("main").getByRole("link", { name: "Create cluster" }).first().click();
  const name = page.getByLabel("Name");
  await name.fill("1st cluster");
  await page.getByRole("radio", { name: "kubernetes-dev" }).check();
  await page.getByRole("button", { name: "Next: Size" }).click();
  await expect(name).toHaveAttribute("aria-invalid", "true");
  await expect(name).toHaveAccessibleDescription(/letter/i);
  await expect(name).toBeFocused();
  await expect(step(page, "Info")).toBeVisible();

  await name.fill("first-cluster");
  await page.getByRole("button", { name: "Next: Size" }).click();
  await expect(step(page, "Size")).toBeVisible();
  await page.getByRole("radio", { name: "3", exact: true }).check();
  await expect(page.getByText(/load balancer/i).first()).toBeVisible();
});

test("a server that does not answer loses nothing that was typed", async ({ page }) => {
  const name = uniqueName("unanswered");
  await signIn(page, "demo");
  await fillWizard(page, { name, workers: 1 });
  const mend = await cutOff(page, "cluster.create");
  await page.getByRole("button", { name: "Create cluster" }).click();
  const alert = page.getByRole("alert").filter({ hasText: "The cluster was not created" });
  await expect(alert).toContainText("The console's server does not answer");
  await expect(alert).toContainText("Nothing that you typed is lost");
  await mend();
  await pressCreate(page, name);
});

test("a refusal by the quota says who can help, and the form stays as it was", async ({ page }) => {
  const admin = await apiOf("admin");
  await signIn(page, "admin");
  const project = admin.projectId;
  await page.goto(`/p/${project}`);
  const name = uniqueName("over-quota");
  await fillWizard(page, { name, workers: 1 });
  await admin.call("POST", "/quotas", { project_id: project, resource: "Cluster", hard_limit: 0 });
  await page.getByRole("button", { name: "Create cluster" }).click();
  const alert = page.getByRole("alert").filter({ hasText: "The cluster was not created" });
  await expect(alert).toContainText("maximum clusters per project");
  await page.getByRole("button", { name: "Edit Info" }).click();
  await expect(page.getByLabel("Name")).toHaveValue(name);
  await admin.call("PATCH", `/quotas/${project}/Cluster`, { project_id: project, resource: "Cluster", hard_limit: 20 });
});

test("a draft survives a reload of the page", async ({ page }) => {
  const name = uniqueName("draft");
  await signIn(page, "other");
  await fillWizard(page, { name, workers: 2 });
  await page.reload();
  await expect(page.getByRole("main")).toContainText(name);
});

test("all that is wrong with labels is listed, each by itself, and leads to the labels", async ({ page }) => {
  await signIn(page, "demo");
  await openSection(page, "Clusters");
  await page.getByRole("main").getByRole("link", { name: "Create cluster" }).first().click();
  await page.getByLabel("Name").fill(uniqueName("labels"));
  await page.getByRole("radio", { name: "kubernetes-dev" }).check();
  for (const title of ["Size", "Network", "Misc"]) await page.getByRole("button", { name: `Next: ${title}` }).click();
  for (const [key, value] of [
    ["etcd_volume_size", "abc"],
    ["availability_zone", "mars"],
  ] as const) {
    await page.getByRole("button", { name: "Add label" }).click();
    await page.getByLabel("Label key").last().fill(key);
    await page.getByLabel(`Value of ${key}`).fill(value);
  }
  await page.getByRole("button", { name: "Next: Review" }).click();
  const list = page.getByRole("alert").filter({ hasText: "2 problems to solve first" });
  await expect(list.getByRole("button", { name: /^Misc: .*etcd_volume_size must be a whole number/ })).toBeVisible();
  await expect(page.getByRole("button", { name: "Create cluster" })).toBeDisabled();
  await list.getByRole("button", { name: /^Misc: There is no availability zone mars/ }).click();
  await expect(page.getByLabel("Value of availability_zone")).toBeVisible();
});
