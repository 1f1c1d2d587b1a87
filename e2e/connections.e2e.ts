// Proxies keep idle connections to us for a minute, and must never send into one that we have just closed.
import { expect, test } from "@playwright/test";
import { apiPort, consolePort } from "./support/ports.ts";

for (const [role, port] of [
  ["console", consolePort],
  ["REST API", apiPort],
] as const)
  test(`the ${role} keeps an idle connection longer than a proxy does`, async ({ request }) => {
    const answer = await request.get(`http://127.0.0.1:${port}/readyz`);
    const kept = /timeout=(\d+)/.exec(answer.headers()["keep-alive"] ?? "")?.[1];
    expect(Number(kept)).toBeGreaterThan(60);
  });
