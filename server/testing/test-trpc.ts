// The console's procedures behind its gate, for tests of what lies there.
import type { Deps } from "../services/deps.ts";
import type { TrpcContext } from "../trpc/context.ts";

/** As one request, whose sender enters projects as `enter` says. */
export const aTrpcContext = (deps: Deps, enter: TrpcContext["enter"]): TrpcContext => ({
  deps,
  requestId: "req-1",
  session: null,
  sameOrigin: true,
  from: "192.0.2.1",
  calls: 1,
  opensPage: false,
  keepSession: () => {},
  enter,
  inProject: enter,
});
