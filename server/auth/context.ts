// Who is asking. A RequestContext is made by two gates only, that of the session cookie (session.ts) and that of
// X-Auth-Token (token.ts), and everything behind them takes identity from nowhere else. Nodes that come up have a gate of
// their own (node.ts).
import type { Cloud, Clouds, TokenInfo } from "../../drivers/openstack/cloud.ts";
import type { Clock } from "../clock.ts";
import type { Db } from "../db/client.ts";
import { cloudScope, projectScope, type CloudScope, type ProjectScope } from "../db/scope.ts";
import type { Secret } from "../domain/secret.ts";
import type { Logger } from "../log.ts";
import type { Secrets } from "../secrets.ts";
import { authorize, isAdministrator, type Policies, type PolicyName } from "./policy.ts";

export interface RequestContext {
  readonly door: "console" | "api";
  readonly requestId: string;
  readonly user: { id: string; name: string; domainId: string };
  readonly project: { id: string; name: string; domainId: string | null };
  readonly roles: readonly string[];
  readonly region: string;
  readonly isAdmin: boolean;
  /** Set when the token was made through a trust: somebody acts in the user's name. */
  readonly trust: { id: string; trustorId: string; trusteeId: string } | null;
  /** Set when that somebody is a cluster's trustee; `authorize` then allows it next to nothing. */
  readonly clusterIdOfTrustee: string | null;
  /** Rows of the caller's project in the region; of a trustee, its own cluster's. */
  readonly scope: ProjectScope;
  readonly token: Secret;
  readonly tokenInfo: TokenInfo;
  readonly policies: Policies;
  readonly log: Logger;
  /** OpenStack with the caller's own token, in the region. */
  cloud(): Cloud;
  now(): Date;
}

/** What the gates work with. */
export interface AuthDeps {
  db: Db;
  clouds: Clouds;
  secrets: Secrets;
  clock: Clock;
  log: Logger;
  policies: Policies;
}

/** Every project's rows, for administrators. Throws forbidden unless the policy allows `name`. */
export function everyProject(ctx: RequestContext, name: PolicyName): CloudScope {
  authorize(ctx, name);
  return cloudScope(ctx.region);
}

/** For the gates: a context for a token whose owner, project and cluster are known. */
export function makeContext(
  deps: Pick<AuthDeps, "clouds" | "clock" | "log" | "policies">,
  given: {
    door: RequestContext["door"];
    requestId: string;
    token: Secret;
    tokenInfo: TokenInfo;
    project: RequestContext["project"];
    region: string;
    clusterIdOfTrustee: string | null;
  },
): RequestContext {
  const { tokenInfo, project, region, clusterIdOfTrustee } = given;
  const roles = tokenInfo.roles.map((role) => role.name);
  const { trust, user } = tokenInfo;
  return {
    ...given,
    user: { id: user.id, name: user.name, domainId: user.domain.id },
    roles,
    isAdmin: clusterIdOfTrustee === null && isAdministrator(deps.policies, roles),
    trust: trust ? { id: trust.id, trustorId: trust.trustorId, trusteeId: trust.trusteeId } : null,
    scope: projectScope(project.id, region, clusterIdOfTrustee),
    policies: deps.policies,
    log: deps.log.child({ requestId: given.requestId, projectId: project.id, userId: user.id }),
    cloud: () => deps.clouds.fromToken(given.token, { info: tokenInfo, region }),
    now: () => deps.clock.now(),
  };
}
