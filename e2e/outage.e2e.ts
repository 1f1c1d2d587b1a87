// The cloud's identity service goes away under people who are signed in, and comes back.
import { expect, test } from "@playwright/test";
import { freePort, openProduct } from "./lifecycle/product.ts";
import { fillSignIn, openSection, signIn } from "./support/console.ts";

test("while the identity service is away pages open with what is known and its age, and say when it is back", async ({
  browser,
}) => {
  const [port, sandbox] = [await freePort(), await freePort()];
  const product = await openProduct({ NODE_ENV: "production", PORT: `${port}`, SANDBOX_PORT: `${sandbox}` });
  const context = await browser.newContext({ baseURL: `http://127.0.0.1:${port}` });
  try {
    await product.start("sandbox");
    await product.start("console");
    const page = await context.newPage();
    await signIn(page, "demo");
    await openSection(page, "Templates");
    const banner = page.getByRole("status").filter({ hasText: "The cloud's identity service does not answer" });
    await expect(banner).toHaveCount(0);

    await product.kill("sandbox");
    await page.reload();
    await expect(banner).toContainText(/shown as they were (just now|\d+ \w+ ago)/);
    await expect(banner).toContainText("Nothing can be changed");
    await expect(page.getByRole("heading", { level: 1, name: "Templates" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Project demo. Choose another" })).toBeVisible();

    // Who is not signed in is told that it is not the password.
    const stranger = await (await browser.newContext({ baseURL: `http://127.0.0.1:${port}` })).newPage();
    await stranger.goto("/login");
    await fillSignIn(stranger, "demo", "demo");
    await expect(stranger.getByRole("alert").filter({ hasText: "You are not signed in" })).toContainText(
      "The cloud's identity service does not answer at the moment",
    );
    await stranger.context().close();

    await product.start("sandbox");
    await expect(banner).toHaveCount(0, { timeout: 60_000 });
  } finally {
    await context.close();
    await product.stop();
  }
});
