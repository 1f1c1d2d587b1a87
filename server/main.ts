// Starts the roles named on the command line, or all of them: console, api, conductor, and sandbox when no cloud is
// configured.
import { DomainError } from "./domain/error.ts";
import { EnvError, readEnv } from "./env.ts";

const allRoles = ["sandbox", "api", "conductor", "console"] as const;
type Role = (typeof allRoles)[number];

const help = `npm start [-- roles]   npm run dev [-- roles]
  Roles: ${allRoles.join(", ")}. None: all of them, the sandbox only when no cloud is configured.
  Settings are variables of the environment: see README.md.`;

const isRole = (word: string): word is Role => allRoles.some((role) => role === word);

async function main(): Promise<void> {
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (major < 24)
    throw new EnvError(`this is Node ${process.versions.node}: start with "npm start", which brings Node 24`);
  const words = process.argv.slice(2).filter((word) => word !== "--help");
  const unknown = words.find((word) => !isRole(word));
  if (unknown !== undefined) throw new EnvError(`there is no role ${unknown}: choose among ${allRoles.join(", ")}`);
  if (process.argv.includes("--help")) return console.log(help);
  const together = words.length === 0;
  const env = readEnv(process.env);
  // On one machine for one person, each page makes a dozen requests; what becomes of clusters is told in every mode.
  const tellsRequests = !together || process.env["LOG_LEVEL"] !== undefined;
  const roles = together ? allRoles.filter((role) => role !== "sandbox" || env.sandbox) : words.filter(isRole);

  // Next would end the process by itself at a signal, before the roles have stopped.
  process.env["NEXT_MANUAL_SIG_HANDLE"] = "1";
  const { startRoles } = await import("./roles.ts");
  const running = await startRoles(env, roles, { tellsRequests });
  for (const line of running.announcement) console.log(line);

  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    const hard = setTimeout(() => process.exit(1), 20_000);
    hard.unref();
    // Who presses Ctrl+C waits for nobody to notice.
    running.stop(signal === "SIGTERM" ? 2000 : 0).then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(`${signal}: ${error instanceof Error ? error.message : String(error)}`);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

main().catch((error: unknown) => {
  // Both say in one line what an operator has to know.
  if (error instanceof EnvError || error instanceof DomainError) console.error(`jeroboam: ${error.message}`);
  else if (error instanceof Error && "code" in error && error.code === "EADDRINUSE")
    console.error(
      `jeroboam: ${error.message}: another program listens there; choose another PORT, API_PORT or SANDBOX_PORT`,
    );
  else console.error(error);
  process.exit(1);
});
