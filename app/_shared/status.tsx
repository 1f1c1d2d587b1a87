// Status and health: always icon, word and colour, and never merged into one mark.
import {
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CircleX,
  HeartPulse,
  LoaderCircle,
  Trash2,
  TriangleAlert,
} from "lucide-react";
import {
  statusGroup,
  statusWord,
  type ClusterStatus,
  type HealthStatus,
  type StatusGroup,
} from "@/server/domain/cluster-status";
import type { OperationRecord } from "@/server/domain/event";
import { cx } from "../_ui/class-names";

const looks: Record<StatusGroup, { text: string; tint: string; icon: typeof CircleCheck }> = {
  ready: { text: "text-ok", tint: "bg-ok-tint", icon: CircleCheck },
  working: { text: "text-busy", tint: "bg-busy-tint", icon: LoaderCircle },
  failed: { text: "text-bad", tint: "bg-bad-tint", icon: CircleX },
  deleting: { text: "text-warn", tint: "bg-warn-tint", icon: Trash2 },
};

export const groupWords: Record<StatusGroup, string> = {
  ready: "Ready",
  working: "Working",
  failed: "Failed",
  deleting: "Deleting",
};

const doing: Partial<Record<OperationRecord["kind"], string>> = {
  resize: "Resizing",
  update: "Changing",
  upgrade: "Upgrading",
  createNodegroup: "Adding a node group",
  updateNodegroup: "Changing a node group",
  deleteNodegroup: "Removing a node group",
  rotateCa: "Rotating the CA",
  rotateCredential: "Rotating the credential",
  retry: "Retrying",
  create: "Creating",
};

/** The word that people read for a status, by the running operation where the status alone says too little. */
export function wordFor(status: ClusterStatus, operation?: OperationRecord["kind"] | null): string {
  return status === "UPDATE_IN_PROGRESS" && operation ? (doing[operation] ?? statusWord(status)) : statusWord(status);
}

export function GroupIcon({ group, className }: { group: StatusGroup; className?: string }) {
  const Icon = looks[group].icon;
  return (
    <Icon
      aria-hidden
      className={cx(
        "size-4 shrink-0",
        looks[group].text,
        group === "working" && "animate-spin motion-reduce:animate-none",
        className,
      )}
    />
  );
}

export function StatusBadge({
  status,
  operation,
  plain,
}: {
  status: ClusterStatus;
  operation?: OperationRecord["kind"] | null;
  plain?: boolean;
}) {
  const group = statusGroup(status);
  return (
    <span
      title={status}
      className={cx(
        "inline-flex items-center gap-1.5 align-middle text-[0.8125rem] font-medium whitespace-nowrap",
        looks[group].text,
        !plain && cx("h-6 rounded-full pr-2.5 pl-1.5", looks[group].tint),
      )}
    >
      <GroupIcon group={group} />
      {wordFor(status, operation)}
    </span>
  );
}

/** Why nothing is known of a cluster's health, or that it is not well. */
export function healthWord(
  status: HealthStatus | null,
  reason: Readonly<Record<string, string>>,
): { word: string; tone: "ok" | "bad" | "none"; note?: string } {
  if (status === "HEALTHY") return { word: "Healthy", tone: "ok" };
  if (status === "UNHEALTHY") {
    const nodes = Object.entries(reason).filter(([key]) => key.endsWith(".Ready"));
    const ill = nodes.filter(([, value]) => value !== "True").length;
    return { word: "Unhealthy", tone: "bad", ...(ill > 0 ? { note: `${ill} of ${nodes.length} nodes` } : {}) };
  }
  if (status === "UNKNOWN") {
    const api = reason["api"] ?? "";
    return {
      word: /reach|timed? ?out|connect|private/i.test(api) ? "Not reachable from here" : "Unknown",
      tone: "none",
    };
  }
  return { word: "Not checked yet", tone: "none" };
}

export function HealthMark({
  status,
  reason,
  title,
}: {
  status: HealthStatus | null;
  reason: Readonly<Record<string, string>>;
  title?: string;
}) {
  const { word, tone, note } = healthWord(status, reason);
  const Icon =
    tone === "ok" ? HeartPulse : tone === "bad" ? TriangleAlert : status === null ? CircleDashed : CircleHelp;
  return (
    <span
      title={title}
      className={cx(
        "inline-flex items-center gap-1.5 align-middle text-[0.8125rem] whitespace-nowrap",
        tone === "ok" ? "text-ok" : tone === "bad" ? "font-medium text-bad" : "text-muted",
      )}
    >
      <Icon aria-hidden className="size-4 shrink-0" />
      {word}
      {note && <span className="text-xs font-normal text-muted">{note}</span>}
    </span>
  );
}

/** Marks a plain fact as good, bad or running. */
export function Outcome({ outcome }: { outcome: OperationRecord["outcome"] }) {
  const look = {
    running: { icon: LoaderCircle, text: "text-busy", word: "Running" },
    done: { icon: CircleCheck, text: "text-ok", word: "Done" },
    failed: { icon: CircleX, text: "text-bad", word: "Failed" },
    superseded: { icon: CircleAlert, text: "text-muted", word: "Replaced by a later change" },
  }[outcome];
  const Icon = look.icon;
  return (
    <span className={cx("inline-flex items-center gap-1.5 text-[0.8125rem] font-medium", look.text)}>
      <Icon
        aria-hidden
        className={cx("size-4 shrink-0", outcome === "running" && "animate-spin motion-reduce:animate-none")}
      />
      {look.word}
    </span>
  );
}

export function Tag({
  children,
  tone = "plain",
  title,
}: {
  children: React.ReactNode;
  tone?: "plain" | "accent" | "warn" | "bad" | "ok";
  title?: string;
}) {
  const tones = {
    plain: "bg-surface-tertiary text-muted",
    accent: "bg-accent-tint text-accent-text",
    warn: "bg-warn-tint text-warn",
    bad: "bg-bad-tint text-bad",
    ok: "bg-ok-tint text-ok",
  };
  return (
    <span
      title={title}
      className={cx(
        "inline-flex h-5 items-center gap-1 rounded-md px-1.5 text-xs font-medium whitespace-nowrap [&_svg]:size-3",
        tones[tone],
      )}
    >
      {children}
    </span>
  );
}
