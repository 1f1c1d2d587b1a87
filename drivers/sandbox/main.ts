export { startSandbox, type Sandbox } from "../sandbox-lead/main.ts";
