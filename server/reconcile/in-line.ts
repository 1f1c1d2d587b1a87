// Clusters of one project go one after another where a service works on one request of a project at a time: in the order in
// which they were asked for, as their rows tell it. There is no lease to lose: whoever comes first is first for everybody,
// also after a crash, and who fails, is deleted or has waited long enough is nobody's hindrance any more.
import { balancersInLine, type InLine } from "../db/in-line.ts";
import type { Outcome } from "../../drivers/driver.ts";
import type { Conductor } from "./conductor.ts";
import { readMemory } from "./memory.ts";

/** So long after a cluster was asked for, others wait for it, and it waits for others. */
const patienceMs = 600_000;

/** Null = it is this cluster's turn. */
export async function waitsInLine(
  { deps, pace }: Pick<Conductor, "deps" | "pace">,
  cluster: { id: string; projectId: string; region: string },
): Promise<Outcome | null> {
  const since = new Date(deps.clock.now().getTime() - patienceMs / pace.speed);
  const line = await balancersInLine(deps.db, cluster, since);
  const place = line.findIndex(({ id }) => id === cluster.id);
  const ahead = line.filter((other, index) => index !== place && hinders(other, index < place)).length;
  if (place < 0 || ahead === 0) return null;
  return {
    kind: "waiting",
    on: "load balancers of clusters of this project that were asked for before",
    afterMs: 2000,
  };
}

/** Whoever is before and has not begun, and whoever has begun and is not done. */
const hinders = ({ stackId, seenBackend }: InLine, before: boolean): boolean =>
  stackId === null ? before : readMemory(seenBackend, 0).turn;
