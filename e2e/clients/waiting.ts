// What the stories wait for between two commands, asked of the REST API: a run of the client costs more than the waiting.
import { inject } from "vitest";
import { z } from "zod";
import { isGone, reaches } from "../lifecycle/lifecycle.ts";
import { magnum } from "../lifecycle/magnum.ts";
import type { Cluster } from "../lifecycle/magnum.ts";
import { list } from "../openstack/session.ts";
import type { Session } from "../openstack/session.ts";
import { enter as enterAt } from "../support/enter.ts";

const limitMs = 180_000;

export const enter = (name: string, project = name) => enterAt(inject("authUrl"), name, project);

export interface Watch {
  /** Until a cluster has this status. Throws with its reason when it fails instead. */
  until(cluster: string, status: string): Promise<Cluster>;
  gone(cluster: string): Promise<void>;
  /** Ids of Nova's servers by their names, sorted by name. */
  servers(name: RegExp): Promise<string[]>;
}

export function watchAs(person: Session): Watch {
  const api = magnum(inject("apiUrl"), person);
  const server = z.object({ id: z.string(), name: z.string() });
  return {
    until: (cluster, status) => reaches(api, cluster, status, limitMs),
    gone: async (cluster) => void (await isGone(api, cluster, limitMs)),
    servers: async (pattern) =>
      (await list(person, `${person.at("compute")}/servers`, "servers", server))
        .filter(({ name }) => pattern.test(name))
        .toSorted((a, b) => a.name.localeCompare(b.name))
        .map(({ id }) => id),
  };
}
