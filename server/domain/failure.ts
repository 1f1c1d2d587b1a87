// From the deepest failed resource to a sentence that says what to do (console-rules 13.3).
import { z } from "zod";
import { said } from "./column.ts";

export const failureClasses = [
  "quota",
  "capacity",
  "image-or-flavor",
  "network",
  "load-balancer",
  "volume",
  "keypair",
  "boot",
  "delegation",
  "timeout",
  "vanished",
  "blocked-delete",
  "unknown",
] as const;

export const FailureCause = z.object({
  kind: z.enum(failureClasses),
  /** What failed, in words: "worker 3's volume". Null when the back end named nothing. */
  what: said(65_536).nullable(),
  sentence: said(65_536),
  remedy: said(65_536),
  /** The other side's own words, whole. */
  upstream: said(65_536),
  resourceType: said(65_536).nullable(),
  physicalId: said(65_536).nullable(),
  path: z.array(said(65_536)),
  /** How many further, independent failures there are. */
  others: z.int(),
});
export type FailureCause = z.infer<typeof FailureCause>;

interface Failed {
  path: readonly string[];
  type: string;
  name: string;
  physicalId: string | null;
  reason: string;
  at: string | null;
}

interface Rule {
  kind: (typeof failureClasses)[number];
  type?: RegExp;
  reason?: RegExp;
  /** `owner`: the node or part that the failed thing belongs to. */
  sentence: (what: string, reason: string, owner: string) => string;
  remedy: string;
}

// In this order: the first that fits speaks. What a node itself reports comes first, whatever words it uses; then texts
// that only one cause has; then types of resources; then texts that many have. Texts are those of Nova, Neutron, Cinder,
// Octavia and Heat.
const rules: readonly Rule[] = [
  {
    kind: "boot",
    type: /WaitCondition|SoftwareDeployment/,
    reason: /timed? ?out|WaitConditionTimeout|\d+ of \d+ received/i,
    sentence: (_what, _reason, owner) => `The server of ${owner} started, but its setup never reported back.`,
    remedy:
      "Usually the node cannot reach the registry, Keystone or this service: check proxy, DNS and outgoing access, then retry.",
  },
  {
    kind: "boot",
    type: /WaitCondition|SoftwareDeployment/,
    sentence: (_what, reason, owner) =>
      `The setup of ${owner} failed on the node itself: ${firstLine(unwrapped(reason))}`,
    remedy: "Correct what the message names, then retry: only the failed node is made again.",
  },
  {
    kind: "quota",
    reason: /quota|OverLimit|limit exceeded|maximum number of \w+ allowed/i,
    sentence: (what, reason) => {
      const names = quotaNames(reason);
      return names === null
        ? `The project's quota is too small for ${what}.`
        : `The project's quota of ${names} is too small for ${what}.`;
    },
    remedy: "Make the cluster smaller, delete something that is no longer needed, or ask for a larger quota.",
  },
  {
    kind: "capacity",
    reason:
      /no valid host|not enough (?:hosts|resources)|insufficient (?:resources|capacity)|exhausted all hosts|availability zone .*not (?:available|found)|compute host .*could not be found/i,
    sentence: (what) => `The cloud has no room for ${what} at the moment: no host fits its flavor and zone.`,
    remedy: "Choose another flavor or availability zone, or retry later.",
  },
  {
    kind: "keypair",
    reason: /key[ _-]?pair|key_name|the key \(/i,
    sentence: (what) => `The keypair for ${what} does not exist for the person who made the cluster.`,
    remedy: "Create the keypair again under the same name and retry, or make the cluster with another keypair.",
  },
  {
    kind: "image-or-flavor",
    reason:
      /image .*(?:not found|could not be found|not active|unacceptable)|flavor.*(?:not found|could not be found|too small)|flavor's (?:disk|memory) is too small/i,
    sentence: (what) => `The image or flavor for ${what} cannot be used.`,
    remedy: "Ask the template's owner to check image and flavor, or choose another flavor or template.",
  },
  {
    kind: "blocked-delete",
    reason:
      /one or more (?:ports|subnets|floating)|still (?:in use|attached)|is in use|InUse\b|has active|must be disassociated/i,
    sentence: (what) => `${capital(what)} cannot be deleted: something still uses it.`,
    remedy: "Remove what the original message names, then delete the cluster again.",
  },
  {
    kind: "network",
    reason:
      /no more (?:ip|fixed ip)|IpAddressGenerationFailure|no fixed ip|address.*already|overlap|external network .*(?:not reachable|unreachable)/i,
    sentence: (what) => `The network has no usable address for ${what}.`,
    remedy: "Choose a subnet with free addresses and a router to the external network.",
  },
  {
    kind: "delegation",
    reason:
      /\btrust(?:s|ee|or)?\b|could not find (?:user|token)|requires authentication|not authori[sz]ed|own access to the cloud|\bforbidden\b/i,
    sentence: (what) => `The cluster's own access to the cloud was refused while making ${what}.`,
    remedy: "Check that the owner of the cluster still has their roles in the project, then retry.",
  },
  {
    kind: "load-balancer",
    type: /Octavia|LBaaS/,
    sentence: (what) => `The load balancer (${what}) could not be made.`,
    remedy: "Retry; when it fails again the operators of the cloud must look at the load balancing service.",
  },
  {
    kind: "volume",
    type: /Cinder/,
    sentence: (what) => `The volume (${what}) could not be made or attached.`,
    remedy: "Choose another volume type or size, or retry.",
  },
  {
    kind: "network",
    type: /Neutron/,
    sentence: (what) => `The network part (${what}) could not be made.`,
    remedy: "Check that the subnet has free addresses and a router to the external network, or choose another.",
  },
  {
    kind: "timeout",
    reason: /timed? ?out/i,
    sentence: (what) => `The time ran out while waiting for ${what}.`,
    remedy: "Retry, with a longer time limit when this cloud is slow.",
  },
  {
    kind: "vanished",
    reason: /not found|could not be found/i,
    sentence: (what) => `${capital(what)} was removed outside of this service.`,
    remedy: "Retry to make it again, or delete the cluster.",
  },
];

/** Consequences of an earlier failure: Heat stops what still runs and reports that as a failure too. */
const consequence =
  /\baborted\b|\bcancell?ed\b|user triggered cancel|(?:stack|operation|creation|update|deletion) (?:was )?stopped/i;

/** The cause among the failed leaves: the earliest one that is no consequence. Null when nothing failed. */
export function explainFailure(failed: readonly Failed[]): FailureCause | null {
  const real = failed.filter((leaf) => !consequence.test(leaf.reason));
  const ordered = (real.length > 0 ? real : failed).toSorted((a, b) => time(a) - time(b));
  const first = ordered[0];
  if (!first) return null;
  const what = inWords(first.path) ?? first.name;
  const rule = rules.find(
    (candidate) =>
      (!candidate.type ||
        candidate.type.test(first.type) ||
        // An enclosing stack repeats the node's failure under its own type.
        (candidate.kind === "boot" && candidate.type.test(first.reason))) &&
      (!candidate.reason || candidate.reason.test(first.reason)),
  );
  return {
    kind: rule?.kind ?? "unknown",
    what,
    sentence: rule
      ? rule.sentence(what, first.reason, first.path[1] ?? what)
      : `${capital(what)} failed: ${firstLine(unwrapped(first.reason))}`,
    remedy: rule?.remedy ?? "Copy the original message for the operators of the cloud, or retry.",
    upstream: first.reason,
    resourceType: first.type === "" ? null : first.type,
    physicalId: first.physicalId,
    path: [...first.path],
    others: ordered.length - 1,
  };
}

/** `["workers", "worker 3", "volume"]`: worker 3's volume. The part that holds it all is where to look, not what failed. */
function inWords(path: readonly string[]): string | null {
  const [whole, owner, ...inner] = path;
  if (owner === undefined) return whole ?? null;
  return inner.length === 0 ? owner : `${owner}'s ${inner.join(", ")}`;
}

/** What has no time comes last: it was not seen to fail, only found failed. */
const time = (leaf: Failed): number => {
  const at = leaf.at === null ? Number.NaN : Date.parse(leaf.at);
  return Number.isNaN(at) ? Number.MAX_SAFE_INTEGER : at;
};

/** Which limits, as the service names them: `cores, ram`; null when it does not say. */
function quotaNames(reason: string): string | null {
  const found =
    reason.match(/quota exceeded for resources:\s*\[?([^\].]+)\]?/i)?.[1] ??
    reason.match(/quota exceeded for ([a-z_, ]+?)\s*(?::|$)/i)?.[1] ??
    reason.match(/quota has been met for resources?:\s*([^.]+)/i)?.[1] ??
    reason.match(/exceeds allowed (\w+) quota/i)?.[1] ??
    reason.match(/for quota '(\w+)'/i)?.[1] ??
    reason.match(/quota exceeded,? too many (\w[\w ]*)/i)?.[1] ??
    null;
  const names = found?.replaceAll(/['"]/g, "").replaceAll("_", " ").trim();
  return names ? names : null;
}

/** Heat names the class of the error and the way to it before what it says: neither tells people anything. */
function unwrapped(reason: string): string {
  let text = reason.trim();
  for (;;) {
    const inner = text.replace(
      /^(?:[A-Z]\w*(?:Error|Failure|Exception|Timeout|Conflict|NotFound|Forbidden)|[Rr]esources?(?:\.[\w.[\]-]+)?|Resource [A-Z]+ failed):\s*/,
      "",
    );
    if (inner === text || inner === "") return text;
    text = inner;
  }
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const firstLine = (text: string) => text.split("\n")[0]?.trim() ?? "";
