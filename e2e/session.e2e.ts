// Who is signed in, and where: sign-in, projects, tabs, the end of a session, and what a reader sees.
import { expect, test } from "@playwright/test";
import { apiOf, makeTemplate } from "./support/api.ts";
import { fillSignIn, openSection, projectId, signIn, uniqueName } from "./support/console.ts";

test("a wrong password is refused in words that give nothing away", async ({ page }) => {
  await page.goto("/login");
  await fillSignIn(page, "demo", "wrong");
  const alert = page.getByRole("alert").filter({ hasText: "You are not signed in" });
  await expect(alert).toContainText("domain, user name or password is not right");
  await expect(page.getByLabel("User name")).toHaveValue("demo");
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByLabel("Password", { exact: true })).toHaveAccessibleDescription(/Enter the password/);
});

test("too many wrong passwords are told apart from wrong ones, with how long to wait", async ({ page }) => {
  const guessed = uniqueName("guessed");
  await page.goto("/login");
  const alert = page.getByRole("alert").filter({ hasText: "You are not signed in" });
  for (let tries = 0; tries < 5; tries++) {
    const answered = page.waitForResponse((answer) => answer.url().includes("session.signIn"));
    await fillSignIn(page, guessed, "wrong");
    expect((await answered).status()).toBe(401);
    await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
  }
  await fillSignIn(page, guessed, "wrong");
  await expect(alert).toContainText("Too many sign-ins have failed");
  await expect(alert).toContainText(/Try again in \d+\s(s|minutes)\./);
  await expect(page.getByLabel("User name")).toHaveValue(guessed);
});

test("sign-in leads to the page that was asked for, sign-out back to the door", async ({ page, context }) => {
  const { projectId: demo } = await apiOf("demo");
  await page.goto(`/p/${demo}/templates`);
  await expect(page).toHaveURL(/\/login\?next=/);
  await fillSignIn(page, "demo", "demo");
  await expect(page).toHaveURL(new RegExp(`/p/${demo}/templates$`));
  await page.getByRole("button", { name: "User menu of demo" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/login/);
  expect(
    (await context.cookies()).filter((cookie) => cookie.name === "jeroboam_session" && cookie.value !== ""),
  ).toEqual([]);
  await page.goto(`/p/${demo}`);
  await expect(page).toHaveURL(/\/login/);
});

test("two tabs work in two projects at once", async ({ page, context }) => {
  const [demo, other] = [await apiOf("demo"), await apiOf("other")];
  const [ofDemo, ofOther] = [uniqueName("tab-demo"), uniqueName("tab-other")];
  await Promise.all([makeTemplate(demo, ofDemo), makeTemplate(other, ofOther)]);
  await signIn(page, "demo");
  await page.goto(`/p/${demo.projectId}/templates`);
  await expect(page.getByRole("link", { name: ofDemo })).toBeVisible();

  const second = await context.newPage();
  await second.goto(`/p/${demo.projectId}/templates`);
  await second.getByRole("button", { name: "Project demo. Choose another" }).click();
  await second
    .getByRole("dialog", { name: "Projects" })
    .getByRole("button", { name: /^other/ })
    .click();
  await expect(second).toHaveURL(new RegExp(`/p/${other.projectId}/templates`));
  await expect(second.getByRole("link", { name: ofOther })).toBeVisible();
  await expect(second.getByRole("link", { name: ofDemo })).toHaveCount(0);

  // What the first tab asks by itself: where the person is it does not change.
  const input = encodeURIComponent(JSON.stringify({ json: { project: demo.projectId } }));
  expect((await page.request.get(`/api/trpc/project.get?input=${input}`)).status()).toBe(200);
  const third = await context.newPage();
  await third.goto("/");
  await expect(third).toHaveURL(new RegExp(`/p/${other.projectId}$`));

  await page.reload();
  expect(projectId(page)).toBe(demo.projectId);
  await expect(page.getByRole("link", { name: ofDemo })).toBeVisible();
  await expect(page.getByRole("link", { name: ofOther })).toHaveCount(0);
});

test("an ended session asks for sign-in and goes on where it was", async ({ page, context }) => {
  await signIn(page, "demo");
  await openSection(page, "Templates");
  await context.clearCookies();
  await page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name: "Clusters" }).click();
  await expect(page).toHaveURL(/\/login\?next=.*clusters/);
  await fillSignIn(page, "demo", "demo");
  await expect(page.getByRole("heading", { level: 1, name: "Clusters" })).toBeVisible();
});

test("an ended session keeps what was being typed", async ({ page, context }) => {
  await signIn(page, "demo");
  await openSection(page, "Clusters");
  await page.getByRole("main").getByRole("link", { name: "Create cluster" }).first().click();
  await page.getByLabel("Name").fill("kept");
  await context.clearCookies();
  await page.getByRole("radio", { name: "kubernetes-ha" }).check();
  const dialog = page.getByRole("dialog", { name: "Your session has ended" });
  await dialog.getByLabel("Password", { exact: true }).fill("demo");
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByLabel("Name")).toHaveValue("kept");
  await page.getByRole("button", { name: "Next: Size" }).click();
  await expect(page.getByRole("heading", { level: 2, name: "Size" })).toBeVisible();
});

test("a reader sees everything and can change nothing", async ({ page }) => {
  await signIn(page, "reader");
  await openSection(page, "Clusters");
  await expect(page.getByRole("main").getByRole("link", { name: "Create cluster" })).toHaveCount(0);
  await openSection(page, "Templates");
  await expect(page.getByRole("link", { name: "kubernetes-dev" })).toBeVisible();
  await expect(page.getByRole("main").getByRole("link", { name: "Create template" })).toHaveCount(0);
});
