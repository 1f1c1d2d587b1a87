// The `openstack` command as a person types it: password sign-in, everything else from the service catalogue.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject } from "vitest";
import type { z } from "zod";
import { catalogue } from "./catalogue.ts";
import { parseTable } from "./table.ts";
import type { Table } from "./table.ts";

export const program = "/usr/bin/openstack";

/** Commands of the client by the first words of their names; each noun has a file of tests that runs all of them. */
export const nouns = [
  "coe cluster template",
  "coe cluster",
  "coe nodegroup",
  "coe ca",
  "coe quotas",
  "coe stats",
  "coe service",
] as const;
export type Noun = (typeof nouns)[number];

export interface Printed {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface Shell {
  /** Where commands run and `~` is. */
  readonly folder: string;
  /** Runs `openstack` to its end, whatever that is. */
  run(command: string, ...args: string[]): Promise<Printed>;
  /** What it prints; throws what it says when it fails. */
  print(command: string, ...args: string[]): Promise<string>;
  /** The table that it prints. */
  table(command: string, ...args: string[]): Promise<Table>;
  /** What it answers with `-f json`. */
  json<T>(shape: z.ZodType<T>, command: string, ...args: string[]): Promise<T>;
  remove(): void;
}

const used = new Map<string, Set<string>>();

/** A shell of somebody in the project of that name; of the sandbox, where the password is the name, unless told. */
export function openShell(user: string, cloud: { authUrl: string; password: string } | null = null): Shell {
  const folder = mkdtempSync(join(tmpdir(), "jeroboam-client-"));
  const env = {
    PATH: process.env["PATH"] ?? "",
    NODE_ENV: "test" as const,
    HOME: folder,
    SHELL: "/bin/bash",
    LC_ALL: "C.UTF-8",
    OS_AUTH_URL: cloud?.authUrl ?? inject("authUrl"),
    OS_IDENTITY_API_VERSION: "3",
    OS_USERNAME: user,
    OS_PASSWORD: cloud?.password ?? user,
    OS_PROJECT_NAME: user,
    OS_USER_DOMAIN_NAME: "Default",
    OS_PROJECT_DOMAIN_NAME: "Default",
  };
  const run = (command: string, ...args: string[]) =>
    new Promise<Printed>((resolve) => {
      const options = used.get(command) ?? new Set();
      for (const arg of args) if (arg.startsWith("--")) options.add(arg);
      used.set(command, options);
      execFile(program, [...command.split(" "), ...args], { cwd: folder, env, timeout: 120_000 }, (error, out, err) => {
        const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ exitCode, stdout: out, stderr: err });
      });
    });
  const print = async (command: string, ...args: string[]) => {
    const { exitCode, stdout, stderr } = await run(command, ...args);
    if (exitCode !== 0) throw new Error(`openstack ${command} ${args.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  };
  return {
    folder,
    run,
    print,
    table: async (command, ...args) => parseTable(await print(command, ...args)),
    json: async (shape, command, ...args) => shape.parse(JSON.parse(await print(command, ...args, "-f", "json"))),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Of all nouns that begin a command's name, the longest. */
export const nounOf = (command: string): Noun | undefined =>
  nouns.filter((noun) => command.startsWith(`${noun} `)).toSorted((a, b) => b.length - a.length)[0];

/** To be said at the end of a noun's file: nothing that the client has for it was left out. */
export function expectAllRun(noun: Noun): void {
  const offered = Object.entries(catalogue()).filter(([command]) => nounOf(command) === noun);
  const left = offered.flatMap(([command, options]) => {
    const run = used.get(command);
    return run ? options.filter((option) => !run.has(option)).map((option) => `${command} ${option}`) : [command];
  });
  expect(left).toEqual([]);
}
