import { kubernetesIsBuilt } from "../kubernetes/api-server.ts";
import { describeLifecycle } from "../lifecycle/lifecycle.ts";
import { openstackTarget } from "../lifecycle/target.ts";

describeLifecycle(
  "a real OpenStack",
  () => Promise.resolve(openstackTarget(() => "the program")),
  !kubernetesIsBuilt(),
);
