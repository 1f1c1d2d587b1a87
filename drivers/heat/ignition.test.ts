import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { heatEnvPath, parseNodeEnv } from "../kubernetes/node-env.ts";
import { resolveHot } from "./hot.ts";
import { readIgnitionFile, renderIgnition } from "./ignition.ts";
import { heatEnvPlaceholder, heatUserData } from "./user-data.ts";

const validator = "/usr/bin/ignition-validate";
const files = [
  { path: "/etc/coe/node.env", mode: 0o600, content: "COE_X='50% \"of\" é,@@heat.env@@\\n'\n" },
  { path: "/usr/local/bin/coe-node", mode: 0o700, content: "#!/bin/sh\n".repeat(500), compress: true },
  { path: heatEnvPath, mode: 0o600, content: { encoded: heatEnvPlaceholder } },
];
const units = [{ name: "coe-node.service", enabled: true, content: "[Unit]\nDescription=x\n" }];

test("files come back byte for byte, modes are decimal, the node never updates itself", () => {
  const userData = renderIgnition(files, units);
  expect(readIgnitionFile(userData, "/etc/coe/node.env")).toBe(files[0]?.content);
  expect(readIgnitionFile(userData, "/usr/local/bin/coe-node")).toBe(files[1]?.content);
  expect(userData).toContain('"mode":384');
  expect(userData).toContain('"mode":448');
  expect(readIgnitionFile(userData, "/etc/zincati/config.d/90-coe-no-updates.toml")).toContain("enabled = false");
  expect(readIgnitionFile(userData, "/nowhere")).toBeUndefined();
  expect(renderIgnition(files, units)).toBe(userData);
});

const known = {
  SIGNAL_URL:
    "http://127.0.0.1:8004/v1/p/stacks/arn%3Aopenstack%3Aheat/a?Signature=x%2By%3D&Timestamp=2026-01-01T00%3A00%3A00Z#'\"\\",
  SIGNAL_TOKEN: "gAAAAA-_=+/",
  NODE_PROOF: `pa'ss"w\\or%d $(id) \`x\` {}[]|<>;*?~!^ @INDEX@ ${heatEnvPlaceholder}`,
  INDEX: "0",
};
const lookup = {
  param: () => null,
  resource: () => null,
  attr: (name: string) => Object.entries(known).find(([key]) => key === name)?.[1],
};
const expression = heatUserData(
  renderIgnition(files, units),
  Object.fromEntries([...Object.keys(known), "FLOATING_ADDRESS"].map((name) => [name, { get_attr: [name] }])),
);

test("no value that Heat fills in can break out of heat.env, JSON or the data URL", () => {
  const userData = resolveHot(expression, lookup);
  if (typeof userData !== "string") throw new Error("user data is text");
  const text = readIgnitionFile(userData, heatEnvPath) ?? "";
  expect(parseNodeEnv(text)).toMatchObject({ ...known, FLOATING_ADDRESS: "" });
  expect(readIgnitionFile(userData, "/etc/coe/node.env")).toBe(files[0]?.content);
  const shown = execFileSync("sh", { input: `${text}printf %s "$COE_NODE_PROOF"`, encoding: "utf8" });
  expect(shown).toBe(known.NODE_PROOF);
});

test.skipIf(!existsSync(validator))(
  "Ignition's own validator accepts it (skipped where ignition-validate is missing)",
  () => {
    const run = spawnSync(validator, ["-"], { input: String(resolveHot(expression, lookup)), encoding: "utf8" });
    expect(run.stderr).toBe("");
    expect(run.status).toBe(0);
  },
);
