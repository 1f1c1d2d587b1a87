// The environment without settings of the product: whoever works on a real cloud has OS_* in the shell, and tests and
// measurements must not run against it.
const settings =
  /^(OS_|TRUSTEE_|SANDBOX_|DATABASE_URL$|HOST$|PORT$|API_PORT$|METRICS_PORT$|PUBLIC_URL$|API_PUBLIC_URL$|SECRETS_KEY$|CERT_MANAGER$|POLICY_FILE$|NODE_AUTH_URL$|LOG_LEVEL$)/;

export function cleanEnv(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (settings.test(name)) Reflect.deleteProperty(env, name);
  return env;
}
