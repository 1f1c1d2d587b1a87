// Server components reach the procedures in process, through the bridge that the console role hangs on globalThis:
// no server code is bundled into the pages.
import "server-only";
import { cookies } from "next/headers";
import type { createCaller } from "@/server/trpc/root";

type Caller = ReturnType<typeof createCaller>;

interface Bridge {
  caller(headers: { cookie: string }): Promise<Caller>;
}

const isBridge = (value: unknown): value is Bridge =>
  typeof value === "object" && value !== null && "caller" in value && typeof value.caller === "function";

/** Null only where pages run without the console role around them (a build). */
export async function serverCaller(): Promise<Caller | null> {
  const bridge: unknown = Reflect.get(globalThis, Symbol.for("jeroboam.console"));
  const jar = await cookies();
  return isBridge(bridge) ? bridge.caller({ cookie: jar.toString() }) : null;
}

/** The session of the request, or null when there is none or it has ended. */
export async function currentSession(): Promise<Awaited<ReturnType<Caller["session"]["get"]>>> {
  const caller = await serverCaller();
  return caller ? caller.session.get() : null;
}
