// Everything about identity, opened once a process.
import type { AuthDeps, RequestContext } from "./context.ts";
import { openLastKnown } from "./last-known.ts";
import { openNodes, type Nodes } from "./node.ts";
import { openRegions, type Regions } from "./region.ts";
import { openSessions, type SessionLimits, type Sessions } from "./session.ts";
import { apiContext, openTokens, type Aim, type Tokens } from "./token.ts";

export interface Auth {
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly regions: Regions;
  /** The gate for nodes that come up. */
  readonly nodes: Nodes;
  /** The gate of the REST API: `token` is the header X-Auth-Token. Throws unauthenticated, forbidden. */
  apiContext(token: string | undefined, requestId: string, aim: Aim): Promise<RequestContext>;
}

/** `region`: OS_REGION_NAME, null when it is not set. */
export function openAuth(deps: AuthDeps, settings: { region: string | null; session: SessionLimits }): Auth {
  const askOrKnown = openLastKnown(deps.clock);
  const tokens = openTokens(deps, askOrKnown);
  const regions = openRegions(deps, settings.region);
  const all = { ...deps, tokens, regions };
  return {
    tokens,
    regions,
    nodes: openNodes(deps),
    sessions: openSessions({ ...all, askOrKnown }, settings.session),
    apiContext: (token, requestId, aim) => apiContext(all, token, requestId, aim),
  };
}
