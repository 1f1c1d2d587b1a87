// `npm run policy` prints the policy that counts, as a policy.yaml which says of each rule where it is from.
import { loadPolicies, type Policies } from "./auth/policy.ts";
import { EnvError, readEnv } from "./env.ts";

/** One line a rule, aligned, and readable as a policy file itself. */
export function describePolicies({ rules }: Pick<Policies, "rules">): string[] {
  const lines = rules.map(({ name, text, from }) => [`${JSON.stringify(name)}: ${text}`, from] as const);
  const width = Math.max(...lines.map(([line]) => Math.min(line.length, 110)));
  return lines.map(([line, from]) => `${line.padEnd(width)}  # ${from}`);
}

const help = `npm run policy
  POLICY_FILE and POLICY_DEFAULTS: as for npm start.`;

function print(): void {
  try {
    const env = readEnv(process.env);
    const policies = loadPolicies(env.policyFile, env.policyDefaults);
    console.log(`# defaults: ${env.policyDefaults}; file: ${env.policyFile ?? "none"}`);
    for (const line of describePolicies(policies)) console.log(line);
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    console.error(`jeroboam: ${error.message}`);
    process.exitCode = 1;
  }
}

if (import.meta.main) {
  const words = process.argv.slice(2);
  if (words.length === 0) print();
  else {
    console.log(help);
    process.exitCode = words.join() === "--help" ? 0 : 2;
  }
}
