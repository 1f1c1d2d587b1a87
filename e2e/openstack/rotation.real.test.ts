import { kubernetesIsBuilt } from "../kubernetes/api-server.ts";
import { describeRotation } from "../lifecycle/rotation.ts";
import { openstackTarget } from "../lifecycle/target.ts";

// One master is enough where each takes a minute: it is replaced as three are, one by one.
describeRotation("a real OpenStack", () => Promise.resolve(openstackTarget()), {
  masters: 1,
  skip: !kubernetesIsBuilt(),
});
