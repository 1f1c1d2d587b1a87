import { kubernetesIsBuilt } from "../kubernetes/api-server.ts";
import { describeInPlace } from "../lifecycle/in-place.ts";
import { openstackTarget } from "../lifecycle/target.ts";

describeInPlace("a real OpenStack", () => Promise.resolve(openstackTarget()), !kubernetesIsBuilt());
