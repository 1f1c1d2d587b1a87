// Everything about identity, opened once a process.
import type { AuthDeps, RequestContext } from "./context.ts";
import { openRegions, type Regions } from "./region.ts";
import { openSessions, type Sessions } from "./session.ts";
import { apiContext, openTokens, type Tokens } from "./token.ts";

export interface Auth {
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly regions: Regions;
  /** The gate of the REST API: `token` is the header X-Auth-Token. Throws unauthenticated, forbidden. */
  apiContext(token: string | undefined, requestId: string): Promise<RequestContext>;
}

/** `region`: OS_REGION_NAME, null when it is not set. */
export function openAuth(deps: AuthDeps, { region }: { region: string | null }): Auth {
  const tokens = openTokens(deps);
  const regions = openRegions(deps, region);
  const all = { ...deps, tokens, regions };
  return {
    tokens,
    regions,
    sessions: openSessions(all),
    apiContext: (token, requestId) => apiContext(all, token, requestId),
  };
}
