// All procedures of the console. Screens import the type only.
import { auditRouter } from "./audit.ts";
import { certificateRouter } from "./certificate.ts";
import { cloudRouter } from "./cloud.ts";
import { templateRouter } from "./cluster-template.ts";
import { clusterRouter } from "./cluster.ts";
import { createCallerFactory, router } from "./init.ts";
import { nodegroupRouter } from "./nodegroup.ts";
import { projectRouter } from "./project.ts";
import { sessionRouter } from "./session.ts";

export const appRouter = router({
  session: sessionRouter,
  project: projectRouter,
  template: templateRouter,
  cluster: clusterRouter,
  nodegroup: nodegroupRouter,
  certificate: certificateRouter,
  cloud: cloudRouter,
  audit: auditRouter,
});
export type AppRouter = typeof appRouter;

/** Calls procedures without HTTP: server components and tests. */
export const createCaller = createCallerFactory(appRouter);
