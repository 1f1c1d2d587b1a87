// What belongs to another project is as if it were not there.
import { expect, test } from "@playwright/test";
import { apiOf, makeCluster } from "./support/api.ts";
import { signIn, uniqueName } from "./support/console.ts";

test("another project's cluster is not shown, whichever address is tried", async ({ page }) => {
  const demo = await apiOf("demo");
  const other = await apiOf("other");
  const name = uniqueName("private");
  const id = await makeCluster(demo, name);
  await signIn(page, "other");

  await page.goto(`/p/${other.projectId}/clusters/${id}`);
  await expect(page.getByText("No such cluster")).toBeVisible();
  await page.goto(`/p/${other.projectId}/clusters/${id}/access`);
  await expect(page.getByText("No such cluster")).toBeVisible();
  await page.goto(`/p/${demo.projectId}/clusters/${id}`);
  await expect(page.getByText("No such project, or you have no role in it")).toBeVisible();
  await expect(page.getByText(name)).toHaveCount(0);
  await demo.call("DELETE", `/clusters/${id}`);
});
