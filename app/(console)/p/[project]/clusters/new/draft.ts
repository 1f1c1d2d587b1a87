// The unfinished form, kept in this browser for its project. Secret label values are never kept.
import { z } from "zod";
import { emptyValues, steps, type Step, type WizardValues } from "./form";

const key = (project: string) => `jeroboam.draft.cluster.${project}`;

const text = z.string().optional();
const number = z.int().optional();
const flag = z.boolean().optional();
const Values = z.object({
  name: z.string(),
  clusterTemplateId: z.string(),
  keypair: z.string().nullable().optional(),
  zone: text,
  masterCount: number,
  masterFlavorId: text,
  nodeCount: number,
  flavorId: text,
  autoScaling: flag,
  minNodes: number,
  maxNodes: number,
  dockerVolumeSizeGib: number,
  bootVolumeSize: number,
  bootVolumeType: text,
  rollbackOnFailure: flag,
  networkMode: z.enum(["new", "existing"]).optional(),
  fixedNetwork: text,
  fixedSubnet: text,
  nodeRange: text,
  masterLbEnabled: flag,
  apiPublic: flag,
  allowedCidrs: text,
  floatingIpEnabled: flag,
  ingress: text,
  podRange: text,
  serviceRange: text,
  autoHealing: flag,
  createTimeoutMinutes: number,
  discoveryUrl: text,
  replaceLabels: z.boolean(),
  labels: z.array(z.object({ key: z.string(), value: z.string() })),
  dropped: z.array(z.string()),
  locked: z.boolean(),
});
const Draft = z.object({ at: z.string(), reached: z.enum(steps), values: Values });

export interface WizardDraft {
  at: Date;
  reached: Step;
  values: WizardValues;
}

/** As the catalogue names them; repeated here so that the wizard does not load the catalogue. */
const secret = new Set(["grafana_admin_passwd", "cluster_basic_auth_secret"]);

export function saveDraft(project: string, values: WizardValues, reached: Step): void {
  const labels = values.labels.map((row) => (secret.has(row.key) ? { ...row, value: "" } : row));
  try {
    window.localStorage.setItem(
      key(project),
      JSON.stringify({ at: new Date().toISOString(), reached, values: { ...values, labels } }),
    );
  } catch {
    // A full or forbidden storage only costs the draft.
  }
}

/** Null when there is none, it is older than a week, or it is of another version. */
export function readDraft(project: string): WizardDraft | null {
  try {
    const parsed = Draft.safeParse(JSON.parse(window.localStorage.getItem(key(project)) ?? "null"));
    if (!parsed.success) return null;
    const at = new Date(parsed.data.at);
    if (Date.now() - at.getTime() > 7 * 86_400_000) return null;
    return { at, reached: parsed.data.reached, values: { ...emptyValues, ...parsed.data.values } };
  } catch {
    return null;
  }
}

export const dropDraft = (project: string): void => window.localStorage.removeItem(key(project));
