// Every route of the REST API below /v1 as data: method, path, since when, who may, what is sent and answered. What
// listens, documents, and what walks over all of them (policies, fuzzing) read this one table.
import { certificateRoutes } from "./certificate.ts";
import { templateRoutes } from "./cluster-template.ts";
import { clusterRoutes } from "./cluster.ts";
import { federationRoutes } from "./federation.ts";
import { legacyRoutes } from "./legacy.ts";
import { nodegroupRoutes } from "./nodegroup.ts";
import { quotaRoutes } from "./quota.ts";
import type { Route } from "./request.ts";

export const routes: readonly Route[] = [
  ...clusterRoutes,
  ...nodegroupRoutes,
  ...templateRoutes,
  ...certificateRoutes,
  ...quotaRoutes,
  ...federationRoutes,
  ...legacyRoutes,
];
