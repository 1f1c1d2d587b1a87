import { pino, type Logger } from "pino";

export type { Logger };

/** JSON lines on standard output. What may hold a secret is cut out whatever its depth of one or two. */
export function openLog(level: string, role: string): Logger {
  const names = ["password", "token", "secret", "authorization", "cookie", "x-auth-token", "key", "pem", "userData"];
  return pino({
    level,
    base: { role },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: names.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]),
      censor: "[secret]",
    },
  });
}
