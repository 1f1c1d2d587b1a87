// When a cluster cannot be built: what failed, why and what to do, in words, and a way out.
import { expect, test } from "@playwright/test";
import { becomesReady, createCluster, deleteCluster, openSection, row, signIn, uniqueName } from "./support/console.ts";

test("a cluster without a host says so in words, with the cloud's own words one click away", async ({ page }) => {
  const name = uniqueName("nohost");
  await signIn(page, "demo");
  await createCluster(page, { name, workers: 1, workerFlavor: "fail.nohost" });

  const banner = page.getByRole("main");
  await expect(banner.getByText(/^Could not be built: .*host/)).toBeVisible({ timeout: 90_000 });
  await expect(banner.getByText(/flavor/i).first()).toBeVisible();
  await banner.getByRole("button", { name: "Original message" }).click();
  await expect(banner.getByText(/No valid host was found/).last()).toBeVisible();

  await page.getByRole("link", { name: "See what failed" }).click();
  await expect(page).toHaveURL(/resources\?only=problems/);
  await expect(banner.getByText(/No valid host was found/).first()).toBeVisible();

  await openSection(page, "Clusters");
  await expect(row(page, name).getByText("Creation failed", { exact: true })).toBeVisible();
  await row(page, name).getByRole("link", { name }).click();
  await deleteCluster(page, name);
  await expect(page.getByText(`${name} has been deleted`)).toBeVisible({ timeout: 60_000 });
});

test("a cluster that failed is built again by Retry, without starting over", async ({ page }) => {
  const name = uniqueName("once");
  await signIn(page, "demo");
  await createCluster(page, { name, workers: 1, workerFlavor: "fail.once" });
  await expect(page.getByText(/^Could not be built/)).toBeVisible({ timeout: 90_000 });
  await page.getByRole("button", { name: "Retry" }).click();
  await expect(page.getByText(/^Building again/)).toBeVisible();
  await becomesReady(page);
  await deleteCluster(page, name);
  await expect(page.getByText(`${name} has been deleted`)).toBeVisible({ timeout: 60_000 });
});
