// How long people wait for the 202 when they make a cluster, one after another, while those before are being made.
import { z } from "zod";
import { timed, type Measure } from "./report.ts";

const Made = z.object({ uuid: z.string() });

export interface Asker {
  /** With /v1. */
  base: string;
  headers: Record<string, string>;
}

/** Makes `count` clusters one after another. Milliseconds of each request, and what was made. Throws when one is refused. */
export async function createSeries(
  { base, headers }: Asker,
  templateId: string,
  count: number,
): Promise<{ ms: number[]; ids: string[] }> {
  const ms: number[] = [];
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const body = JSON.stringify({ name: `wait-${n}`, cluster_template_id: templateId, node_count: 1 });
    const one = await timed(async () => {
      const answer = await fetch(`${base}/clusters`, { method: "POST", headers, body });
      if (answer.status !== 202) throw new Error(`create: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
      return Made.parse(await answer.json()).uuid;
    });
    ms.push(one.ms);
    ids.push(one.result);
  }
  return { ms, ids };
}

/** Asks for their deletion and does not wait for its end. */
export async function deleteAll({ base, headers }: Asker, ids: readonly string[]): Promise<void> {
  for (const id of ids) await (await fetch(`${base}/clusters/${id}`, { method: "DELETE", headers })).text();
}

/** The first of a series stands for a cloud at rest, the others for one at work on those before. */
export const waits = (ms: readonly number[]): Measure[] => [
  { what: "create, request to 202: the first", unit: "ms", values: ms.slice(0, 1) },
  { what: `create, request to 202: the next ${ms.length - 1}`, unit: "ms", values: ms.slice(1) },
];
