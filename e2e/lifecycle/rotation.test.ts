import { describeRotation } from "./rotation.ts";
import { sandboxTarget } from "./target.ts";

describeRotation("the sandbox", () => sandboxTarget(), { masters: 3 });
