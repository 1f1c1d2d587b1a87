import { kubernetesIsBuilt } from "../kubernetes/api-server.ts";
import { openstackTarget } from "../lifecycle/target.ts";
import { describeTogether } from "../lifecycle/together.ts";

describeTogether(
  "a real OpenStack",
  () => Promise.resolve(openstackTarget()),
  ["together-one", "together-two"],
  !kubernetesIsBuilt(),
);
