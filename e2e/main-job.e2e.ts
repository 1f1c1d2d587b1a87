// The story of the product: sign in, create a cluster, watch it come up, take its config, use it, delete it.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, test } from "@playwright/test";
import { strFromU8, unzipSync } from "fflate";
import { becomesReady, createCluster, deleteCluster, openSection, row, signIn, uniqueName } from "./support/console.ts";

const kubectl = (process.env.PATH ?? "")
  .split(delimiter)
  .concat("/usr/bin")
  .map((folder) => join(folder, "kubectl"))
  .find((path) => existsSync(path));

test("a cluster is created in the wizard, used with kubectl and deleted", async ({ page }) => {
  const sent: string[] = [];
  page.on("request", (request) => sent.push(`${request.url()}\n${request.postData() ?? ""}`));
  const name = uniqueName("story");
  const files = mkdtempSync(join(tmpdir(), "jeroboam-story-"));

  await test.step("sign in and create it", async () => {
    await signIn(page, "demo");
    await createCluster(page, { name, template: "kubernetes-dev", workers: 2 });
  });

  await test.step("it comes up before one's eyes", async () => {
    await expect(page.getByRole("progressbar", { name: "Progress" })).toBeVisible();
    await becomesReady(page);
    await expect(page.getByText("Healthy", { exact: true }).first()).toBeVisible({ timeout: 60_000 });
  });

  const kubeconfig = join(files, "kubeconfig.yaml");
  await test.step("its kubeconfig is made in the browser", async () => {
    await page.getByRole("link", { name: "Get config" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Get config" }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe(`${name}-kubeconfig.yaml`);
    await file.saveAs(kubeconfig);
    await expect(page.getByRole("status").filter({ hasText: "is in your downloads" })).toBeVisible();
  });

  await test.step("the private key has not left the browser", async () => {
    const key = /client-key-data: (\S+)/.exec(readFileSync(kubeconfig, "utf8"))?.[1] ?? "";
    expect(Buffer.from(key, "base64").toString()).toContain("PRIVATE KEY");
    const pem = Buffer.from(key, "base64").toString();
    const words = pem.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
    expect(sent.filter((request) => request.includes("CERTIFICATE REQUEST"))).toHaveLength(1);
    for (const request of sent) {
      expect(request).not.toContain("PRIVATE KEY");
      for (const word of words) expect(request).not.toContain(word);
    }
  });

  await test.step("the bundle holds the same things as files", async () => {
    await page.getByRole("radio", { name: /Bundle/ }).check();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Get config" }).click();
    const zip = join(files, "bundle.zip");
    await (await download).saveAs(zip);
    const entries = unzipSync(readFileSync(zip));
    expect(Object.keys(entries).map((path) => path.split("/").at(-1))).toEqual(
      expect.arrayContaining([`${name}-kubeconfig.yaml`, "ca.pem", "cert.pem", "key.pem"]),
    );
    const cert = Object.entries(entries).find(([path]) => path.endsWith("cert.pem"))?.[1];
    expect(cert && strFromU8(cert)).toContain("BEGIN CERTIFICATE");
  });

  await test.step("kubectl lists its nodes", async () => {
    if (kubectl === undefined) {
      test.info().annotations.push({ type: "skipped step", description: "kubectl is not installed" });
      console.log("    kubectl is not installed: the config was not tried with it");
      return;
    }
    const answer: unknown = JSON.parse(
      execFileSync(kubectl, ["--kubeconfig", kubeconfig, "get", "nodes", "-o", "json"], { encoding: "utf8" }),
    );
    expect(answer).toMatchObject({ items: [{}, {}, {}] });
    const table = execFileSync(kubectl, ["--kubeconfig", kubeconfig, "get", "nodes"], { encoding: "utf8" });
    expect(table.match(/\sReady\s/g)).toHaveLength(3);
  });

  await test.step("it is deleted, its name typed, and is gone", async () => {
    await deleteCluster(page, name);
    await openSection(page, "Clusters");
    await expect(row(page, name)).toHaveCount(0, { timeout: 60_000 });
  });
});
