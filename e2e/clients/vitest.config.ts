import { defineConfig } from "vitest/config";

// Real clients against one product. Each run of Python's client keeps a core busy for more than a second.
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    include: ["e2e/clients/**/*.client.ts"],
    globalSetup: ["e2e/clients/setup.ts"],
    environment: "node",
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
