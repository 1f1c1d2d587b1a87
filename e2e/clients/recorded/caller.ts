// Requests as a client's library puts them on the wire, without the library.
import { inject } from "vitest";
import type { z } from "zod";
import { call } from "../../openstack/session.ts";
import type { Session } from "../../openstack/session.ts";

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed JSON; null when there is no body. */
  body: unknown;
}

export interface Habit {
  /** Sent with every request. */
  headers: Readonly<Record<string, string>>;
  /** What a request without a body says of it. */
  emptyType?: string;
}

/** How the two libraries speak. */
export const gophercloud = (version: string): Habit => ({
  headers: {
    Accept: "application/json",
    "User-Agent": "gophercloud/v2.8.0",
    "OpenStack-API-Version": version,
  },
});
export const pythonClient = (version = "latest"): Habit => ({
  headers: {
    Accept: "application/json",
    "User-Agent": "python-magnumclient",
    "OpenStack-API-Version": `container-infra ${version}`,
  },
  emptyType: "application/octet-stream",
});

export type Caller = (method: string, path: string, body?: unknown) => Promise<Answer>;

/** `path`: below our API's /v1, or a whole address. */
export function callerOf(session: Session, { headers, emptyType }: Habit): Caller {
  return async (method, path, body) => {
    const response = await fetch(path.startsWith("http") ? path : `${inject("apiUrl")}${path}`, {
      method,
      redirect: "manual",
      headers: {
        ...headers,
        "X-Auth-Token": session.token,
        ...(body !== undefined
          ? { "Content-Type": "application/json" }
          : emptyType !== undefined && method !== "GET"
            ? { Accept: "*/*", "Content-Type": emptyType }
            : {}),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed: unknown = text === "" ? null : JSON.parse(text);
    return { status: response.status, headers: response.headers, body: parsed };
  };
}

/** Heat as Go's library reads it: by id alone, which redirects to name and id. */
export function heatOf(session: Session) {
  const at = session.at("orchestration");
  const get = async <T>(path: string, shape: z.ZodType<T>): Promise<T> =>
    shape.parse(await (await call("GET", `${at}${path}`, session)).json());
  return { get };
}
