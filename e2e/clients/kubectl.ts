import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Whether this machine has the real kubectl (Debian: kubernetes-client). */
export const hasKubectl = (): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, "kubectl")));
