// README's commands for the sandbox, as somebody pastes them one after the other into a shell.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { commands, documents } from "../documents/read.ts";
import { isClient, isSandbox } from "../documents/tried.ts";
import { catalogue } from "./catalogue.ts";
import { hasKubectl } from "./kubectl.ts";
import { enter, watchAs } from "./waiting.ts";
import type { Watch } from "./waiting.ts";

/** What a reader puts in, by what is between the angle brackets. */
const filledIn: Readonly<Record<string, string>> = { cluster: "web" };
const home = mkdtempSync(join(tmpdir(), "jeroboam-reader-"));
const config = join(home, "config");
const downloads = join(home, "Downloads");

const written = commands("README.md")
  .filter(isSandbox)
  .map(({ text }) => text);
const settings = written.filter((line) => line.startsWith("export OS_"));
const kubernetes = written.filter((line) => /^(kubectl|export KUBECONFIG=)/.test(line));
const openstack = written.filter((line) => line.startsWith("openstack "));

async function shell(...lines: string[]): Promise<string> {
  const script = lines
    .join("\n")
    .replaceAll("http://127.0.0.1:15000/identity/v3", inject("authUrl"))
    .replaceAll(/<(\w+)>/g, (_, word: string) => filledIn[word] ?? word);
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    SHELL: "/bin/bash",
    LC_ALL: "C.UTF-8",
    NODE_ENV: "test" as const,
  };
  return (await promisify(execFile)("/bin/bash", ["-ec", script], { cwd: home, env, timeout: 120_000 })).stdout;
}

let watch: Watch;
beforeAll(async () => {
  watch = watchAs(await enter("demo"));
});
afterAll(() => rmSync(home, { recursive: true }));

describe("README's commands for the sandbox", () => {
  it("are all of these kinds", () => {
    expect(written.toSorted()).toEqual([...settings, ...kubernetes, ...openstack].toSorted());
    expect([settings.length > 0, kubernetes.length > 0, openstack.length > 0]).toEqual([true, true, true]);
  });

  it.each(openstack)("%s", async (line) => {
    expect(await shell(...settings, line)).not.toBe("");
    // A reader waits until it is done before the next one.
    if (line.startsWith("openstack coe cluster template ")) return;
    await watch.until("web", line.startsWith("openstack coe cluster create ") ? "CREATE_COMPLETE" : "UPDATE_COMPLETE");
  });

  it("with kubectl and the downloaded config show the cluster's nodes", async () => {
    if (!hasKubectl()) return console.log("kubectl is not installed: its commands were not tried");
    // The console gives it this name and no other (e2e/main-job.e2e.ts).
    mkdirSync(downloads);
    renameSync(config, join(downloads, "web-kubeconfig.yaml"));
    expect(await shell(...kubernetes)).toMatch(/^web-\S+ +Ready/m);
  });
});

it("commands of the client elsewhere in documents have its words and options", () => {
  const known = catalogue();
  const wrong = documents
    .flatMap(commands)
    .filter(isClient)
    .map(({ text }) => text.replace(/^openstack /, ""))
    .filter((text) => {
      const name = Object.keys(known)
        .filter((each) => text === each || text.startsWith(`${each} `))
        .toSorted((a, b) => b.length - a.length)[0];
      const options = text.match(/(?<= )--[a-z-]+/g) ?? [];
      return name === undefined || options.some((option) => !known[name]?.includes(option));
    });
  expect(wrong).toEqual([]);
});
