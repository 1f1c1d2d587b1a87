// Making a cluster: the review that says what would be, and the creation itself.
import { randomUUID } from "node:crypto";
import type { RequestContext } from "../../auth/context.ts";
import { delegate, discardDelegation } from "../../auth/delegated-credential.ts";
import { authorize } from "../../auth/policy.ts";
import { createClusterRecord } from "../../db/cluster-change.ts";
import { findByIdempotencyKey } from "../../db/cluster.ts";
import type { ClusterCreate } from "../../domain/cluster.ts";
import { deadline } from "../../domain/deadline.ts";
import { DomainError } from "../../domain/error.ts";
import type { Labels } from "../../domain/labels.ts";
import { problemOf, type Problem } from "../../domain/problem.ts";
import { defaultHardLimit } from "../../domain/quota.ts";
import { createBody, createCommand } from "../as-code.ts";
import { discardAuthorities, newAuthorities } from "../authorities.ts";
import type { Deps } from "../deps.ts";
import { refuseAll } from "../findings.ts";
import type { ClusterPreview, EffectiveLabel, EffectiveValues } from "../views.ts";
import { event, operation } from "./change.ts";
import { examine, type Draft, type Examined } from "./draft.ts";
import { suggestName } from "./read.ts";

/**
 * Makes the records of a cluster and its delegated identity; the conductor makes the rest. Answers its id; the same
 * idempotency key answers the same id. Throws the first problem, with all of them in `details.problems`.
 */
export async function createCluster(
  deps: Deps,
  ctx: RequestContext,
  input: ClusterCreate,
  idempotencyKey: string | null,
): Promise<{ id: string; warnings: readonly Problem[] }> {
  authorize(ctx, "cluster:create");
  if (idempotencyKey !== null) {
    const made = await findByIdempotencyKey(deps.db, ctx.scope, idempotencyKey);
    if (made !== null) return { id: made, warnings: [] };
  }
  const name = input.name ?? (await suggestName(deps, ctx));
  const id = randomUUID();
  // Most requests can be carried out: the identity is made while the cloud is asked, and discarded if it was for nothing.
  const identity = eventually(() => delegate(deps, ctx, id, deps.env.openstack.trustee.roles));
  try {
    const begin = () => void identity.promise();
    const { draft, problems, warnings } = await examine(deps, ctx, input, name, { id, begin });
    refuseAll(problems);
    if (!draft) throw new Error("a request without problems has no draft");
    return { ...(await write(deps, ctx, draft, await identity.promise(), idempotencyKey)), warnings };
  } catch (error) {
    const credentialId = await identity.made();
    if (credentialId !== null) await discardDelegation(deps, credentialId);
    throw error;
  }
}

/** Work that is begun once, by whoever asks first. `made`: what came of it; null = it was not begun, or failed. */
function eventually<T>(work: () => Promise<T>) {
  let begun: Promise<T> | null = null;
  return {
    promise() {
      if (begun === null) {
        begun = work();
        // Who waits for it hears of its failure; nobody may.
        begun.catch(() => {});
      }
      return begun;
    },
    made: async (): Promise<T | null> => (begun === null ? null : await begun.catch(() => null)),
  };
}

/** What was made for it is the caller's to discard when this throws, but for the authorities. */
async function write(
  deps: Deps,
  ctx: RequestContext,
  draft: Draft,
  credentialId: string,
  idempotencyKey: string | null,
): Promise<{ id: string }> {
  const { cluster, nodegroups, template } = draft;
  const now = deps.clock.now();
  const authorities = await newAuthorities(deps, cluster, 1, now);
  try {
    const { id, created } = await createClusterRecord(deps.db, ctx.scope, {
      cluster,
      nodegroups,
      authorities,
      credentialId,
      operation: operation(ctx, "create"),
      event: event(ctx, `asked for cluster ${cluster.name} from template ${template.name}`),
      idempotencyKey,
      quotaLimit: defaultHardLimit,
      deadlineAt: deadline(cluster, now),
      now,
    });
    if (!created) {
      await discardDelegation(deps, credentialId);
      await discardAuthorities(deps, authorities);
    }
    deps.changes.nudge();
    return { id };
  } catch (error) {
    await discardAuthorities(deps, authorities);
    throw error;
  }
}

/** What would be if the request were sent now. Never refuses for what the request says: that is in `problems`. */
export async function previewCluster(deps: Deps, ctx: RequestContext, input: ClusterCreate): Promise<ClusterPreview> {
  authorize(ctx, "cluster:create");
  const asCode = { command: createCommand(input), body: createBody(input) };
  const name = input.name ?? (await suggestName(deps, ctx));
  let examined: Examined;
  try {
    examined = await examine(deps, ctx, input, name);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const problems = [problemOf(error)];
    return { problems, warnings: [], effective: null, labels: [], footprint: null, quota: [], ...asCode };
  }
  const { problems, warnings, draft, template, labels, quota } = examined;
  return {
    problems: problems.map(problemOf),
    warnings,
    effective: draft ? effective(draft) : null,
    labels: effectiveLabels(labels, template?.labels ?? {}),
    footprint: draft ? draft.driver.footprint(draft.wish) : null,
    quota: [{ name: "clusters", used: quota.used, adds: 1, limit: quota.limit }, ...(draft?.effects.quota ?? [])],
    ...asCode,
  };
}

function effective(draft: Draft): EffectiveValues {
  const { cluster, nodegroups, template, masters, workers, network, subnet, externalNetwork } = draft;
  const named = <T extends { id: string; name: string }>(thing: T | null) =>
    thing ? { id: thing.id, name: thing.name } : null;
  const count = (role: string) => nodegroups.find((group) => group.role === role)?.nodeCount ?? 0;
  return {
    name: cluster.name,
    templateName: template.name,
    keypair: cluster.keypair,
    masterCount: count("master"),
    nodeCount: count("worker"),
    masterFlavor: named(masters.flavor),
    flavor: named(workers.flavor),
    image: named(workers.image),
    dockerVolumeSizeGib: cluster.dockerVolumeSizeGib,
    network: named(network),
    subnet: subnet ? { id: subnet.id, name: subnet.name, cidr: subnet.cidr } : null,
    externalNetwork: named(externalNetwork),
    floatingIpEnabled: cluster.floatingIpEnabled,
    masterLbEnabled: cluster.masterLbEnabled,
    createTimeoutMinutes: cluster.createTimeoutMinutes,
    driver: cluster.driver,
  };
}

function effectiveLabels(own: Labels, template: Labels): EffectiveLabel[] {
  return Object.entries(own).map(([key, value]): EffectiveLabel => {
    const theirs = Object.hasOwn(template, key) ? template[key] : undefined;
    if (theirs === value) return { key, value, source: "template", effect: "template" };
    return { key, value, source: "yours", effect: theirs === undefined ? "added" : "overrides" };
  });
}
