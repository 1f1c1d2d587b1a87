// Which commands and options the installed client has: asked of the client itself, so that a newer one with more of them
// makes the tests say what they leave out.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";

/** Debian's own Python: the packages are installed for no other. */
export const python = "/usr/bin/python3";

const Catalogue = z.record(z.string(), z.array(z.string()));

/** Options by command, without those that every openstack command has: "coe cluster list" -> ["--limit", ...]. */
export const catalogue = (): Record<string, string[]> =>
  Catalogue.parse(JSON.parse(execFileSync(python, [join(import.meta.dirname, "catalogue.py")], { encoding: "utf8" })));
