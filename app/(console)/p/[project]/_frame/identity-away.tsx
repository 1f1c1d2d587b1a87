"use client";
import { Notice } from "@/app/_ui/notice";
import { Ago } from "@/app/_ui/time";

/** What is on the screen may be old: since when, and what cannot be done meanwhile. */
export function IdentityAway({ asOf }: { asOf: Date }) {
  return (
    <Notice
      role="status"
      tone="warning"
      title="The cloud's identity service does not answer."
      className="mx-auto mb-6 w-full max-w-7xl"
    >
      Who you are and your projects are shown as they were <Ago at={asOf} />. Nothing can be changed until it answers
      again.
    </Notice>
  );
}
