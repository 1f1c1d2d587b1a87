// What the console's answers tell browsers to keep from them: docs/security.md.
import { expect, test, type APIResponse } from "@playwright/test";
import { freePort, openProduct } from "./lifecycle/product.ts";

const directives = (answer: APIResponse): Record<string, string[]> =>
  Object.fromEntries(
    (answer.headers()["content-security-policy"] ?? "").split("; ").map((directive) => {
      const [name = "", ...sources] = directive.split(" ");
      return [name, sources];
    }),
  );

const noneMayFrame = { "x-content-type-options": "nosniff", "x-frame-options": "DENY" };

test("a page runs scripts of this console with the nonce of this one answer, and stands in nobody's frame", async ({
  request,
}) => {
  const nonces = new Set<string>();
  for (const path of ["/login", "/login", "/p/unknown", "/no-such-page"]) {
    const answer = await request.get(path);
    expect(answer.headers(), path).toMatchObject({
      ...noneMayFrame,
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "same-origin",
    });
    const policy = directives(answer);
    expect(policy, path).toMatchObject({
      "default-src": ["'self'"],
      "script-src": ["'self'", expect.stringMatching(/^'nonce-[\w+/]{22}=='$/), "'strict-dynamic'"],
      "connect-src": ["'self'"],
      "object-src": ["'none'"],
      "base-uri": ["'self'"],
      "form-action": ["'self'"],
      "frame-ancestors": ["'none'"],
    });
    const nonce = policy["script-src"]?.[1]?.slice("'nonce-".length, -1) ?? "";
    nonces.add(nonce);
    const scripts = (await answer.text()).match(/<script\b[^>]*>/g) ?? [];
    expect(scripts.length, path).toBeGreaterThan(0);
    for (const script of scripts) expect(script).toContain(`nonce="${nonce}"`);
  }
  expect(nonces.size).toBe(4);
});

test("an answer that is data may run nothing and stand in no frame", async ({ request }) => {
  for (const path of ["/api/trpc/session.options", "/readyz", "/healthz", "/metrics"]) {
    const answer = await request.get(path);
    expect(answer.headers(), path).toMatchObject({ ...noneMayFrame, "referrer-policy": "no-referrer" });
    expect(directives(answer), path).toEqual({ "default-src": ["'none'"], "frame-ancestors": ["'none'"] });
  }
});

test("where people reach the console by HTTPS, every answer keeps them there for a year; by HTTP none does", async ({
  request,
}) => {
  const paths = ["/login", "/api/trpc/session.options", "/healthz", "/no-such-page"];
  for (const path of paths)
    expect((await request.get(path)).headers(), path).not.toHaveProperty("strict-transport-security");
  const [port, sandbox] = [await freePort(), await freePort()];
  const product = await openProduct({
    NODE_ENV: "production",
    PORT: `${port}`,
    PUBLIC_URL: "https://console.example",
    SANDBOX_PORT: `${sandbox}`,
  });
  try {
    await product.start("console");
    for (const path of paths)
      expect((await request.get(`http://127.0.0.1:${port}${path}`)).headers(), path).toHaveProperty(
        "strict-transport-security",
        "max-age=31536000",
      );
  } finally {
    await product.stop();
  }
});
