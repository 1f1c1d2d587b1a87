// One product over the sandbox for all files of client tests.
import type { TestProject } from "vitest/node";
import { freePort, openProduct } from "../lifecycle/product.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Keystone with /v3. */
    authUrl: string;
    /** Our REST API with /v1. */
    apiUrl: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const port = await freePort();
  const product = await openProduct({ SANDBOX_PORT: String(port), SANDBOX_SPEED: "200", LOG_LEVEL: "warn" });
  await product.start("sandbox", "api", "conductor");
  project.provide("authUrl", `http://127.0.0.1:${port}/identity/v3`);
  project.provide("apiUrl", product.apiUrl);
  return product.stop;
}
