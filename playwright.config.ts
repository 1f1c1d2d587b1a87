import { defineConfig } from "@playwright/test";
import { browserOptions } from "./e2e/support/browser.ts";
import { consolePort } from "./e2e/support/ports.ts";

export default defineConfig({
  testDir: "e2e",
  testMatch: "**/*.e2e.ts",
  fullyParallel: true,
  workers: 2,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  retries: process.env.CI ? 1 : 0,
  reporter: [["list"]],
  use: {
    baseURL: `http://127.0.0.1:${consolePort}`,
    contextOptions: { reducedMotion: "reduce" },
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: browserOptions(),
  },
  webServer: {
    command: "node_modules/node/bin/node --disable-warning=ExperimentalWarning e2e/support/serve.ts",
    url: `http://127.0.0.1:${consolePort}/readyz`,
    timeout: 120_000,
    gracefulShutdown: { signal: "SIGTERM", timeout: 10_000 },
  },
});
