import { Counter, Gauge, Histogram, register, type Registry } from "prom-client";

export interface ConductorMetrics {
  rounds: Counter;
  calls: Counter<"call" | "result">;
  passes: Counter<"result">;
  passSeconds: Histogram;
  steps: Counter<"kind" | "outcome">;
  transitions: Counter<"status">;
  failures: Counter<"kind">;
  claimed: Gauge;
  lagSeconds: Gauge;
}

let made: ConductorMetrics | undefined;

/** The conductor's series on the process' registry; made once however many conductors run in it. */
export function conductorMetrics(registry: Registry = register): ConductorMetrics {
  if (made) return made;
  const registers = [registry];
  const name = (rest: string) => `jeroboam_reconcile_${rest}`;
  made = {
    rounds: new Counter({ name: name("rounds_total"), help: "Rounds: claims that found clusters due", registers }),
    calls: new Counter({
      name: name("backend_calls_total"),
      help: "Calls of drivers: survey, observe, apply, health",
      labelNames: ["call", "result"] as const,
      registers,
    }),
    passes: new Counter({
      name: name("passes_total"),
      help: "Passes over one cluster by how they ended: recorded, superseded, lost, removed, error",
      labelNames: ["result"] as const,
      registers,
    }),
    passSeconds: new Histogram({
      name: name("pass_seconds"),
      help: "Duration of a pass over one cluster",
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    }),
    steps: new Counter({
      name: name("steps_total"),
      help: "Steps applied, by kind and outcome",
      labelNames: ["kind", "outcome"] as const,
      registers,
    }),
    transitions: new Counter({
      name: name("transitions_total"),
      help: "Changes of a cluster's status, by the new one",
      labelNames: ["status"] as const,
      registers,
    }),
    failures: new Counter({
      name: name("failures_total"),
      help: "Failed operations by class of cause; `unknown` ones want a rule",
      labelNames: ["kind"] as const,
      registers,
    }),
    claimed: new Gauge({ name: name("claimed"), help: "Clusters that this conductor works on now", registers }),
    lagSeconds: new Gauge({
      name: name("lag_seconds"),
      help: "How long the longest waiting cluster is due",
      registers,
    }),
  };
  return made;
}
