// The sandbox cloud's door for the rest of the product: cloud.ts puts it together.
export { startSandbox, type Sandbox, type SandboxOptions } from "./cloud.ts";
