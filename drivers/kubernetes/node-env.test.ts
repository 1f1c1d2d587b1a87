import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { beginsCluster, parseNodeEnv, renderNodeEnv, shellQuote } from "./node-env.ts";

// Deterministic, so that a failure can be seen again.
function* nasty(count: number): Generator<string> {
  const pieces = [
    "'",
    '"',
    "\\",
    "$",
    "$(id)",
    "`id`",
    " ",
    "\n",
    "\t",
    "#",
    "%",
    "%3A",
    "!",
    "=",
    "\\n",
    "é",
    "x",
    "COE_ROLE='a'",
    "@@",
    "*",
  ];
  let seed = 7;
  for (let round = 0; round < count; round++) {
    let value = "";
    for (let length = round % 9; length > 0; length--) {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      value += pieces[(seed >> 8) % pieces.length] ?? "";
    }
    yield value;
  }
}

test("any value survives the shell and our own reader byte for byte", () => {
  for (const value of nasty(300)) {
    const env = renderNodeEnv({ CLUSTER_NAME: value, ROLE: "worker" });
    expect(parseNodeEnv(env).CLUSTER_NAME).toBe(value);
    expect(parseNodeEnv(env).ROLE).toBe("worker");
  }
  const all = [...nasty(200)];
  const script = all.map((value) => `printf '%s\\0' ${shellQuote(value)}\n`).join("");
  expect(execFileSync("sh", { input: script, encoding: "utf8" }).split("\0").slice(0, -1)).toEqual(all);
});

test("node.env and heat.env read together, and what was not told is empty", () => {
  const env = parseNodeEnv(
    renderNodeEnv({ ROLE: "master", FIRST_INDEX: "0" }) + renderNodeEnv({ INDEX: "0", SIGNAL_URL: "http://h/%3A" }),
  );
  expect(env.SIGNAL_URL).toBe("http://h/%3A");
  expect(env.HTTP_PROXY).toBe("");
  expect(beginsCluster(env)).toBe(true);
  expect(beginsCluster({ ...env, INDEX: "1" })).toBe(false);
  expect(beginsCluster({ ...env, FIRST_INDEX: "", INDEX: "" })).toBe(false);
});
