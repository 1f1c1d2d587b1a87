import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** Runs the real kubectl with a kubeconfig's text and answers what it prints. Throws what it says when it fails. */
export async function kubectl(kubeconfig: string, ...args: string[]): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "jeroboam-kubectl-"));
  try {
    const file = join(directory, "config");
    writeFileSync(file, kubeconfig, { mode: 0o600 });
    // A home of its own: kubectl caches what servers tell about themselves.
    const env = { PATH: process.env["PATH"] ?? "", HOME: directory, NODE_ENV: "test" as const };
    const { stdout } = await promisify(execFile)("kubectl", ["--kubeconfig", file, ...args], { timeout: 60_000, env });
    return stdout;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
