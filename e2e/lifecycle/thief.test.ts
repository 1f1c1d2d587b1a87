import { enter } from "../support/enter.ts";
import { sandboxTarget } from "./target.ts";
import { describeThief } from "./thief.ts";

describeThief(
  "the sandbox",
  () => sandboxTarget(),
  ({ authUrl }) => enter(authUrl, "admin"),
);
