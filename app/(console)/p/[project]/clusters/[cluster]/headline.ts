// One sentence that says how it is with a cluster, and what to do: status, health, operation and cause in words.
import { statusGroup } from "@/server/domain/cluster-status";
import type { Outputs } from "@/app/_lib/trpc-client";

type View = Outputs["cluster"]["get"];
type Facts = Pick<
  View,
  "status" | "healthStatus" | "healthReason" | "failure" | "statusReason" | "nodeCount" | "nodegroups" | "apiAddress"
> & {
  operation: Pick<NonNullable<View["operation"]>, "kind" | "changes" | "outcome"> | null;
};

export interface Headline {
  tone: "info" | "good" | "warning" | "bad";
  title: string;
  text: string | null;
}

const unreachable = (facts: Facts) => /reach|timed? ?out|connect|private/i.test(facts.healthReason["api"] ?? "");

/** Null where nothing needs to be said: the cluster is ready and well. */
export function headline(facts: Facts): Headline | null {
  const { status, failure, operation } = facts;
  const cause = failure ? failure.sentence : facts.statusReason ? `${firstLine(facts.statusReason)}` : null;
  const remedy = failure?.remedy ?? null;
  switch (status) {
    case "CREATE_IN_PROGRESS":
      return { tone: "info", title: operation?.kind === "retry" ? "Building again" : "Building", text: null };
    case "CREATE_FAILED":
      return { tone: "bad", title: `Could not be built: ${lower(cause) ?? "the reason is not known."}`, text: remedy };
    case "UPDATE_IN_PROGRESS":
      return {
        tone: "info",
        title: doing(facts),
        text: facts.healthStatus === "UNHEALTHY" ? "Unhealthy meanwhile is normal." : null,
      };
    case "UPDATE_FAILED":
      return {
        tone: "bad",
        title: `The last change failed: ${lower(cause) ?? "the reason is not known."}`,
        text: [remedy, stillRuns(facts)].filter(Boolean).join(" "),
      };
    case "ROLLBACK_IN_PROGRESS":
      return { tone: "info", title: "The change failed and is being undone", text: cause };
    case "ROLLBACK_COMPLETE":
      return { tone: "warning", title: "The last change failed and was undone", text: cause };
    case "DELETE_IN_PROGRESS":
      return { tone: "info", title: "Deleting", text: null };
    case "DELETE_FAILED":
      return { tone: "bad", title: `Deletion is stuck: ${lower(cause) ?? "the reason is not known."}`, text: remedy };
    case "ROLLBACK_FAILED":
    case "RESUME_FAILED":
      return {
        tone: "bad",
        title: `${status === "ROLLBACK_FAILED" ? "Undoing the last change failed" : "Resuming failed"}: ${lower(cause) ?? "the reason is not known."}`,
        text: "Only deletion is possible in this state.",
      };
    case "RESUME_COMPLETE":
    case "RESTORE_COMPLETE":
    case "SNAPSHOT_COMPLETE":
    case "CHECK_COMPLETE":
    case "ADOPT_COMPLETE":
      return { tone: "info", title: "Changed directly at the back end, outside of this console", text: null };
    default:
      break;
  }
  if (statusGroup(status) !== "ready") return null;
  if (facts.healthStatus === "UNHEALTHY") {
    const ill = Object.entries(facts.healthReason).filter(([key, value]) => key.endsWith(".Ready") && value !== "True");
    return {
      tone: "warning",
      title:
        ill.length > 0
          ? `Running, but ${ill.length === 1 ? `node ${ill[0]?.[0].replace(/\.Ready$/, "")} is` : `${ill.length} nodes are`} not ready`
          : "Running, but a part of it is not well",
      text: null,
    };
  }
  if (facts.healthStatus === "UNKNOWN")
    return {
      tone: "info",
      title: unreachable(facts)
        ? "Running. Health cannot be checked from here: the API is private"
        : "Running. Its health is not known at the moment",
      text: unreachable(facts) ? "Reach it from a host in its network; Access says how." : null,
    };
  return null;
}

/** "Resizing from 3 to 5 workers" where the operation tells, else what the status tells. */
function doing({ operation }: Facts): string {
  if (operation?.kind === "retry") return "Repairing";
  const change =
    operation?.changes["nodeCount"] ?? operation?.changes["node_count"] ?? Object.values(operation?.changes ?? {})[0];
  if (operation?.kind === "resize")
    return change && change[0] !== null && change[1] !== null
      ? `Resizing from ${change[0]} to ${change[1]} nodes`
      : "Resizing";
  return (operation && words[operation.kind]) ?? "Changing";
}

const words: Partial<Record<NonNullable<View["operation"]>["kind"], string>> = {
  upgrade: "Upgrading, node by node",
  createNodegroup: "Adding a node group",
  updateNodegroup: "Changing a node group",
  deleteNodegroup: "Removing a node group",
  rotateCa: "Rotating the certificate authority",
  rotateCredential: "Rotating the cloud credential",
};

function stillRuns(facts: Facts): string | null {
  return facts.apiAddress === null
    ? null
    : `The cluster still runs with ${facts.nodeCount} ${facts.nodeCount === 1 ? "worker" : "workers"}.`;
}

const firstLine = (text: string) => {
  const line = text.split("\n")[0]?.trim() ?? "";
  return /[.!?]$/.test(line) ? line : `${line}.`;
};

/** The sentence goes on after a colon. Names and abbreviations keep their capital. */
const lower = (text: string | null): string | null =>
  text === null ? null : /^[A-Z][a-z]+ /.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
