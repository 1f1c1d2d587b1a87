import { everyProject, type RequestContext } from "../auth/context.ts";
import { listConductors, type ConductorRow } from "../db/conductor.ts";
import type { Deps } from "./deps.ts";

export interface ConductorView extends ConductorRow {
  /** Heard of within three minutes. */
  up: boolean;
}

const lateMs = 180_000;

/** Who does the work (Magnum's services). */
export async function readConductors(deps: Deps, ctx: RequestContext): Promise<ConductorView[]> {
  const rows = await listConductors(deps.db, everyProject(ctx, "magnum-service:get_all"));
  const now = deps.clock.now();
  return rows.map((row) => ({ ...row, up: now.getTime() - row.updatedAt.getTime() < lateMs }));
}
