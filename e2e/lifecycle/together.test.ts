import { passing } from "../../server/domain/passing.ts";
import { sandboxTarget } from "./target.ts";
import { describeTogether } from "./together.ts";

describeTogether(
  "the sandbox",
  () => sandboxTarget(),
  passing.flatMap(({ key, resource }) => (resource === null ? [] : [key])),
);
