import { variableNames } from "../../server/env.ts";

/**
 * The environment without settings of the product: whoever works on a real cloud has OS_* in the shell, and tests and
 * measurements must not run against it.
 */
export function cleanEnv(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env))
    if (name.startsWith("OS_") || (variableNames.includes(name) && name !== "NODE_ENV"))
      Reflect.deleteProperty(env, name);
  return env;
}
