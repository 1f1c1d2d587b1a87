import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@/": `${import.meta.dirname}/` } },
  test: {
    include: ["{app,server,drivers,prisma,e2e}/**/*.test.{ts,tsx}"],
    exclude: ["node_modules/**", "e2e/**/*.real.test.ts", "e2e/**/*.e2e.ts"],
    environment: "node",
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default"],
  },
});
