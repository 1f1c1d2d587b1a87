import type { AuthDeps } from "./context.ts";
import { identityFailure } from "./upstream.ts";

export interface Regions {
  /** Of the cloud's catalog, sorted. Throws cloud_unavailable. */
  list(): Promise<readonly string[]>;
  /** The one that this installation serves: the setting, else the catalog's first. */
  own(): Promise<string>;
}

const keptMs = 5 * 60_000;

/** The catalog is asked once in five minutes. `configured`: OS_REGION_NAME. */
export function openRegions({ clouds, clock }: Pick<AuthDeps, "clouds" | "clock">, configured: string | null): Regions {
  let kept: { regions: Promise<readonly string[]>; until: number } | null = null;

  function list(): Promise<readonly string[]> {
    const now = clock.now().getTime();
    if (kept && kept.until > now) return kept.regions;
    const regions = clouds
      .service()
      .regions()
      .catch((error: unknown) => {
        kept = null;
        throw identityFailure(error);
      });
    kept = { regions, until: now + keptMs };
    return regions;
  }
  return { list, own: async () => configured ?? (await list())[0] ?? "RegionOne" };
}
