import { describeDoors } from "../doors/doors.ts";
import { openstackTarget } from "../lifecycle/target.ts";
import { password } from "./settings.ts";

describeDoors("a real OpenStack", async () => ({
  env: openstackTarget().env,
  person: { user: "demo", password, project: "demo" },
  close: async () => {},
}));
