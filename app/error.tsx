"use client";
import { useMemo } from "react";
import { explain } from "./_lib/errors";
import { ErrorNotice } from "./_shared/error-panel";

export default function PageError({ error, reset }: { error: Error; reset: () => void }) {
  const text = useMemo(() => explain(error, "This page could not be shown"), [error]);
  return (
    <main className="mx-auto max-w-2xl p-6 pt-16">
      <ErrorNotice text={text} onRetry={reset} />
    </main>
  );
}
