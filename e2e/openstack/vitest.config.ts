import { defineConfig } from "vitest/config";

// Tests against real services: one file at a time, since they share one cloud.
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    include: ["e2e/**/*.real.test.ts"],
    environment: "node",
    pool: "forks",
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
