import { openstackTarget } from "../lifecycle/target.ts";
import { describeThief } from "../lifecycle/thief.ts";
import { signIn } from "./session.ts";

describeThief(
  "a real OpenStack",
  () => Promise.resolve(openstackTarget()),
  ({ authUrl }) =>
    signIn({
      authUrl,
      user: { name: "admin", domain: "Default" },
      password: "devcloud",
      scope: { project: "admin", domain: "Default" },
    }),
);
