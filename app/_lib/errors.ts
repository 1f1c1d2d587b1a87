// From any failure to what a person reads: what did not happen, why, what to do now; the server's own words stay within reach.
import { TRPCClientError } from "@trpc/client";
import { z } from "zod";
import type { Reason } from "@/server/domain/error";

const Data = z.object({
  reason: z.string().nullish(),
  field: z.string().optional(),
  problems: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  remedy: z.string().optional(),
  requestId: z.string().optional(),
  httpStatus: z.number().optional(),
  code: z.string().optional(),
  upstream: z
    .object({
      service: z.string(),
      operation: z.string(),
      status: z.number().nullable(),
      message: z.string(),
      requestId: z.string().nullable(),
    })
    .optional(),
});

export interface ErrorText {
  /** What did not happen. */
  title: string;
  why: string;
  /** What the person can do now. */
  now: string;
  /** One text to copy for those who help. */
  details: string;
  fields: readonly { field: string; message: string }[];
  reason: string | null;
}

/** What to do, where the server gave no remedy of its own. */
const remedies: Partial<Record<Reason, string>> = {
  bad_credentials: "Try again.",
  too_many_attempts: "Wait before you try again.",
  unauthenticated: "Sign in again.",
  forbidden: "Ask somebody with the needed role in this project.",
  quota_exceeded: "Delete a cluster that is no longer needed, or ask for a larger quota.",
  cloud_quota_exceeded: "Make it smaller, free something, or ask for a larger quota.",
  cluster_not_found: "It may have been deleted, or it is in a project that you cannot see.",
  template_not_found: "Choose another template.",
  template_in_use: "Copy the template to change more.",
  operation_not_allowed_now: "Wait until the running change has ended.",
  cloud_unavailable: "Try again in a moment.",
  cloud_refused: "Try again, or show the details to the operators of the cloud.",
};

/** `what` names the thing that did not happen: "The cluster was not created". */
export function explain(error: unknown, what: string): ErrorText {
  const at = new Date().toISOString();
  if (!(error instanceof TRPCClientError)) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      title: `${what}.`,
      why: "Something failed in this page.",
      now: "Reload the page and try again.",
      details: `${at}\n${message}`,
      fields: [],
      reason: null,
    };
  }
  const parsed = Data.safeParse(error.data);
  const data = parsed.success ? parsed.data : {};
  const reason = data.reason ?? null;
  const lines = [
    at,
    data.requestId ? `request ${data.requestId}` : null,
    data.httpStatus ? `HTTP ${data.httpStatus}` : null,
    reason,
    error.message,
    data.upstream
      ? `${data.upstream.service} ${data.upstream.operation}${data.upstream.status ? ` ${data.upstream.status}` : ""}: ${data.upstream.message}${data.upstream.requestId ? ` (${data.upstream.requestId})` : ""}`
      : null,
  ];
  const details = lines.filter((line) => line !== null).join("\n");
  if (!data.code) {
    return {
      title: `${what}.`,
      why: "The console's server does not answer.",
      now: "Nothing that you typed is lost. Check the connection and try again.",
      details,
      fields: [],
      reason,
    };
  }
  if (data.code === "INTERNAL_SERVER_ERROR" && !reason) {
    return {
      title: `${what}.`,
      why: "Something failed on our side.",
      now: "Try again; if it stays, give the details to those who run this console.",
      details,
      fields: [],
      reason,
    };
  }
  const fields = data.problems ?? (data.field ? [{ field: data.field, message: error.message }] : []);
  return {
    title: `${what}.`,
    why: data.code === "BAD_REQUEST" && !reason ? "The server did not accept the input." : sentence(error.message),
    now:
      data.remedy ??
      (isReason(reason) ? remedies[reason] : undefined) ??
      (fields.length > 0 ? "Correct the marked fields." : ""),
    details,
    fields,
    reason,
  };
}

const isReason = (word: string | null): word is Reason => word !== null && word in remedies;

function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") return "The server gave no reason.";
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** Was it refused because there is no such thing (or none that this person may see)? */
export function isMissing(error: unknown): boolean {
  return error instanceof TRPCClientError && error.data?.code === "NOT_FOUND";
}
