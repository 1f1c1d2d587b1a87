import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** PEM of a request that openssl makes, with a key of its own. `more`: further options. */
export function signingRequest(subject: string, more: readonly string[] = []): string {
  const directory = mkdtempSync(join(tmpdir(), "sign-"));
  const out = join(directory, "csr.pem");
  const key = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-keyout",
    join(directory, "key"),
  ];
  execFileSync("openssl", ["req", "-new", ...key, "-subj", subject, ...more, "-out", out], { stdio: "pipe" });
  const pem = readFileSync(out, "utf8");
  rmSync(directory, { recursive: true });
  return pem;
}
