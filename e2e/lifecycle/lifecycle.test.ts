import { describeLifecycle } from "./lifecycle.ts";
import { sandboxTarget } from "./target.ts";

describeLifecycle("the sandbox", () => sandboxTarget());
