import { describeInPlace } from "./in-place.ts";
import { sandboxTarget } from "./target.ts";

describeInPlace("the sandbox", () => sandboxTarget());
