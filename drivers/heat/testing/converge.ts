// The reconcile loop in small, for tests: survey, observe, plan, apply, until nothing is left to do.
import { setTimeout as pause } from "node:timers/promises";
import type { ClusterDriver, Desired, Outcome, Step } from "../../driver.ts";
import type { Cloud } from "../../openstack/cloud.ts";
import type { HeatObserved } from "../observed.ts";

export interface Round<O> {
  seen: O;
  steps: readonly Step[];
  outcome: Outcome | null;
}

export interface ConvergeOptions<O = HeatObserved> {
  until?: readonly string[];
  limitMs?: number;
  pollMs?: number;
  each?: (round: Round<O>) => void | Promise<void>;
}

/**
 * Goes on until the state is one of `until` and the plan is empty, or a step is stalled. Polls each `pollMs`; throws
 * with the history after `limitMs`.
 */
export async function converge<S extends Step, O extends HeatObserved>(
  driver: ClusterDriver<S, O>,
  cloud: Cloud,
  want: Desired | (() => Desired),
  options: ConvergeOptions<O> = {},
): Promise<{ last: O; history: string[] }> {
  const { until = ["ready", "failed", "absent"], limitMs = 120_000, pollMs = 200 } = options;
  const history: string[] = [];
  const end = Date.now() + limitMs;
  for (;;) {
    const desired = typeof want === "function" ? want() : want;
    const seen = await driver.observe(cloud, desired, await driver.survey(cloud));
    const steps = driver.plan(desired, seen, new Date());
    const [step] = steps;
    const outcome = step ? await driver.apply(cloud, desired, step) : null;
    const line = `${seen.state} ${step ? `${step.kind}: ${JSON.stringify(outcome)}` : ""} ${seen.progress ? `${seen.progress.done}/${seen.progress.total}` : ""}`;
    if (history.at(-1) !== line) history.push(line);
    await options.each?.({ seen, steps, outcome });
    if (!step && until.includes(seen.state)) return { last: seen, history };
    if (outcome?.kind === "stalled") throw new Error(`stalled: ${outcome.reason}\n${history.join("\n")}`);
    if (Date.now() > end) throw new Error(`not settled:\n${history.join("\n")}\n${JSON.stringify(seen.failures)}`);
    if (!outcome || outcome.kind !== "done") await pause(pollMs);
  }
}
