import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium, defineConfig } from "@playwright/test";
import { apiPort, consolePort, sandboxPort } from "./e2e/support/ports.ts";

// A browser named by hand, else Playwright's own download, else one of the system.
const names = ["chromium", "chromium-browser", "google-chrome"];
const system = (process.env.PATH ?? "")
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find((path) => existsSync(path));
const executablePath = process.env.CHROMIUM_PATH ?? (existsSync(chromium.executablePath()) ? undefined : system);

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
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      args: [
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      ],
    },
  },
  webServer: {
    command: "node_modules/node/bin/node --disable-warning=ExperimentalWarning e2e/support/serve.ts",
    url: `http://127.0.0.1:${consolePort}/readyz`,
    timeout: 120_000,
    gracefulShutdown: { signal: "SIGTERM", timeout: 10_000 },
    env: {
      NODE_ENV: "production",
      PORT: String(consolePort),
      API_PORT: String(apiPort),
      SANDBOX_PORT: String(sandboxPort),
      SANDBOX_SPEED: "20",
      LOG_LEVEL: "warn",
    },
  },
});
