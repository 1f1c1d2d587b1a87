// What people do in the console, by the names that they read.
import { expect, type Locator, type Page } from "@playwright/test";

export type Person = "demo" | "other" | "admin" | "reader";

/** Signs in by the form and ends on the overview of a project. */
export async function signIn(page: Page, person: Person, password: string = person): Promise<void> {
  await page.goto("/login");
  await fillSignIn(page, person, password);
  await expect(page).toHaveURL(/\/p\/[^/]+/);
}

export async function fillSignIn(page: Page, user: string, password: string): Promise<void> {
  await expect(page.getByLabel("Domain", { exact: true })).toHaveValue("Default");
  await page.getByLabel("User name").fill(user);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The project that the address names. */
export const projectId = (page: Page): string => /\/p\/([^/?]+)/.exec(page.url())?.[1] ?? "";

export async function openSection(
  page: Page,
  name: "Overview" | "Clusters" | "Templates" | "Quota" | "Audit",
): Promise<void> {
  await page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name }).click();
  await expect(page.getByRole("main").getByRole("heading", { level: 1, name })).toBeVisible();
}

/** A name that no other test uses; scenario names of the sandbox may be its beginning. */
export const uniqueName = (start: string): string => `${start}-${Math.random().toString(36).slice(2, 8)}`;

export interface ClusterWish {
  name: string;
  template?: string;
  workers?: number;
  workerFlavor?: string;
  keypair?: string;
}

export const step = (page: Page, name: string): Locator => page.getByRole("heading", { level: 2, name, exact: true });

/** Opens the wizard and goes through its steps to Review; nothing is sent yet. */
export async function fillWizard(page: Page, wish: ClusterWish): Promise<void> {
  await openSection(page, "Clusters");
  await page.getByRole("main").getByRole("link", { name: "Create cluster" }).first().click();
  await expect(step(page, "Info")).toBeVisible();
  await page.getByLabel("Name").fill(wish.name);
  await page.getByRole("radio", { name: wish.template ?? "kubernetes-dev" }).check();
  await page.getByRole("button", { name: "Next: Size" }).click();
  await expect(step(page, "Size")).toBeVisible();
  if (wish.workers !== undefined) await page.getByLabel("Worker nodes", { exact: true }).fill(String(wish.workers));
  if (wish.workerFlavor !== undefined) {
    const flavor = page
      .getByRole("group", { name: "Worker flavor" })
      .getByRole("row")
      .filter({ hasText: wish.workerFlavor });
    // The whole row is the radio's label.
    await flavor.click();
    await expect(flavor.getByRole("radio")).toBeChecked();
  }
  await page.getByRole("button", { name: "Next: Network" }).click();
  await expect(step(page, "Network")).toBeVisible();
  await page.getByRole("button", { name: "Next: Misc" }).click();
  await expect(step(page, "Misc")).toBeVisible();
  await page.getByRole("button", { name: "Next: Review" }).click();
  await expect(step(page, "Review")).toBeVisible();
}

/** Sends the wizard and ends on the new cluster's page. */
export async function pressCreate(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Create cluster" }).click();
  await expect(page).toHaveURL(/\/clusters\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
}

export async function createCluster(page: Page, wish: ClusterWish): Promise<void> {
  await fillWizard(page, wish);
  await pressCreate(page, wish.name);
}

/** Stays on the cluster's page until it says so by itself. */
export async function becomesReady(page: Page): Promise<void> {
  await expect(page.getByRole("main").getByText("Ready", { exact: true }).first()).toBeVisible({ timeout: 90_000 });
}

/** From a cluster's page: through the menu and the dialog, the name typed. */
export async function deleteCluster(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  const dialog = page.getByRole("dialog", { name: `Delete ${name}` });
  await dialog.getByLabel(/^Type/).fill(name);
  await dialog.getByRole("button", { name: "Delete cluster" }).click();
  await expect(dialog).toBeHidden();
}

/** The row of a list, by the name in it. */
export const row = (page: Page, name: string): Locator => page.getByRole("row").filter({ hasText: name });

/** Opens the menu at the end of a row. */
export async function openRowMenu(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
}

/** Requests whose answers the browser gets as if the server were down, until the returned function is called. */
export async function cutOff(page: Page, procedure: string): Promise<() => Promise<void>> {
  const pattern = new RegExp(`/api/trpc/[^?]*${procedure.replace(".", "\\.")}`);
  await page.route(pattern, (route) => route.abort("connectionrefused"));
  return () => page.unroute(pattern);
}
