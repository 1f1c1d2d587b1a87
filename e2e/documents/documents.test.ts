import { execFile, execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readEnv, variableDefaults, variableNames } from "../../server/env.ts";
import { cleanEnv } from "../support/clean-env.ts";
import { blocks, commands, documents, lines, links, quoted, root, text } from "./read.ts";
import type { Command } from "./read.ts";
import { isClient, isCloudSetup, isOwn, isSandbox, isSetting, untried } from "./tried.ts";

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
const all = documents.flatMap(commands);

describe("commands in documents", () => {
  it("are run by a test, or listed with the reason why not", () => {
    const known = (command: Command) =>
      isOwn(command) ||
      isSetting(command) ||
      isCloudSetup(command) ||
      isSandbox(command) ||
      isClient(command) ||
      command.text === "openstack coe" ||
      untried[command.text] !== undefined;
    expect(all.filter((command) => !known(command))).toEqual([]);
  });

  it("that no test runs are all in a document", () => {
    const left = Object.keys(untried).filter((words) => !all.some((command) => command.text === words));
    expect(left).toEqual([]);
  });

  it("stand in blocks that are marked as shell", () => {
    const elsewhere = documents.flatMap((document) =>
      [...blocks(text(document), "").flatMap(lines), ...(text(document).match(/^ {4}\S.*$/gm) ?? [])].filter((line) =>
        /^( {4})?(npm|npx|node|openstack|kubectl|export|e2e\/\S+) [a-z-]+( |$)/.test(line),
      ),
    );
    expect(elsewhere).toEqual([]);
  });

  const own = [...new Set(all.filter(isOwn).map((command) => command.text))];
  it.each(own)("%s takes these words", { timeout: 120_000 }, async (words) => {
    expect((await ask(words.replaceAll(/<\w+>/g, "something"))).stdout).not.toBe("");
  });

  it.each([
    "npm start",
    "npm test",
    "npm run bench",
    "npm run policy",
    "npm run fuzz",
    "npm run storm",
    "npm run bench:api",
  ])("%s refuses a word that it does not know", { timeout: 120_000 }, async (words) => {
    await expect(ask(`${words} -- --nonsense`)).rejects.toMatchObject({ code: expect.any(Number) });
  });
});

/** Runs a command of this repository with `--help` behind it, without npm, which takes a second and asks others. */
function ask(command: string): Promise<{ stdout: string }> {
  const words = command.replace(/^npx /, "");
  const [, script, rest = ""] = /^npm (?:run )?(\S+)(?: --)?(.*)$/.exec(words) ?? [];
  const known = scripts[script ?? ""];
  if (script !== undefined && known === undefined) throw new Error(`package.json has no script ${script}`);
  const path = ["node_modules/node/bin", "node_modules/.bin"].map((folder) => join(root, folder));
  return promisify(execFile)("/bin/sh", ["-c", `${known === undefined ? words : known + rest} --help`], {
    cwd: root,
    env: { ...cleanEnv(), PATH: [...path, process.env["PATH"]].join(":") },
  });
}

describe("settings in documents", () => {
  const blocksOfSettings = documents.flatMap((document) =>
    blocks(text(document), "sh")
      .map((block) => lines(block).map((line): Command => ({ document, text: line, block: true })))
      .filter((block) => block.some(isSetting)),
  );

  it.each(blocksOfSettings.map((block) => [block[0]?.document, block] as const))(
    "%s: a block of them is read without a complaint, and by no name that is not known",
    (_, block) => {
      const shell = block.flatMap((command) => (isSetting(command) ? [command.text] : [])).join("\n");
      const env = execFileSync("/bin/sh", ["-c", `${shell}\nenv`], { env: { NODE_ENV: "test" }, encoding: "utf8" });
      const variables = Object.fromEntries(
        env.split("\n").flatMap((line) => (/^(PWD|SHLVL|_)=|^$/.test(line) ? [] : [line.split(/=(.*)/).slice(0, 2)])),
      ) as Record<string, string>;
      expect(Object.keys(variables).filter((name) => !variableNames.includes(name))).toEqual([]);
      expect(readEnv(variables).sandbox).toBe(false);
    },
  );

  const rows = text("README.md").match(/^\| `[A-Z][A-Z_*]*`.*$/gm) ?? [];
  const told = rows.flatMap((row) => row.match(/(?<=`)([A-Z]+_[A-Z_*]+|HOST|PORT)(?=`)/g) ?? []);

  it("README.md's table has one row for each, with the defaults that the product has", () => {
    const first = rows.flatMap((row) => (row.split(" | ")[0] ?? "").match(/(?<=`)[A-Z_*]+(?=`)/g) ?? []);
    expect(first.toSorted()).toEqual([...new Set(first)].toSorted());
    const wrong = rows.flatMap((row) => {
      const [names = "", , given = ""] = row.split(" | ");
      const of = names.match(/(?<=`)[A-Z_]+(?=`)/g) ?? [];
      const told = given.replace(/ \|$/, "").replaceAll("`", "").split(/, |; /);
      return of.flatMap((name, at) => {
        const value = variableDefaults[name];
        const unset = value === undefined || String(value) === "";
        return unset || String(value) === told[at] ? [] : [`${name}: ${String(value)}, not ${told[at]}`];
      });
    });
    expect(wrong).toEqual([]);
  });

  it("README.md's table has every variable that the product reads, and no other", () => {
    const covered = (name: string) => told.includes(name) || (name.startsWith("OS_") && told.includes("OS_*"));
    expect(variableNames.filter((name) => !covered(name) && name !== "NODE_ENV")).toEqual([]);
    expect(told.filter((name) => name !== "OS_*" && !variableNames.includes(name))).toEqual([]);
  });
});

describe("what documents point at", () => {
  // A decision's page keeps the names of its day.
  const living = documents.filter((document) => !document.startsWith("docs/adr/"));

  it("is there: links", () => {
    const broken = documents.flatMap((document) =>
      links(document)
        .filter((target) => !existsSync(join(root, target)))
        .map((target) => `${document}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it("can be reached from README.md: every document", () => {
    const reached = new Set(["README.md"]);
    for (const document of reached)
      for (const target of links(document))
        for (const page of documents) if (page === target || page.startsWith(`${target}/`)) reached.add(page);
    expect(documents.filter((document) => !reached.has(document))).toEqual([]);
  });

  it("is there: paths and files", () => {
    const folders = /^(app|server|drivers|prisma|e2e|docs|public|\.ci)\//;
    const files = new Set(
      globSync("{app,server,drivers,prisma,e2e}/**/*.*", { cwd: root }).map((file) => basename(file)),
    );
    const exists = (path: string) =>
      path.includes("*") ? globSync(path, { cwd: root }).length > 0 : existsSync(join(root, path));
    const missing = living.flatMap((document) =>
      quoted(text(document))
        .filter((words) => !words.includes(" "))
        .filter((words) =>
          folders.test(words)
            ? !exists(words)
            : /^[\w.-]+\.(ts|tsx|mjs|py|prisma)$/.test(words) && !files.has(words) && !exists(words),
        )
        .map((words) => `${document}: ${words}`),
    );
    expect(missing).toEqual([]);
  });

  it("is there: names in capitals", () => {
    const sources = execFileSync(
      "grep",
      [
        "-rhoE",
        "[A-Z][A-Z0-9]*(_[A-Z0-9]+)+",
        "app",
        "server",
        "drivers",
        "prisma",
        "e2e",
        "--include=*.*",
        "--exclude=*.md",
      ],
      { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 },
    );
    const names = new Set(sources.split("\n"));
    const unknown = living.flatMap((document) =>
      quoted(text(document)).filter((words) => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(words) && !names.has(words)),
    );
    expect(unknown).toEqual([]);
  });
});
