"use client";
import { QueryClientProvider } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { NowProvider } from "./_lib/now";
import { makeClient, makeQueryClient, TRPCProvider } from "./_lib/trpc-client";
import { UnsavedProvider } from "./_lib/unsaved";

/** What every screen stands on: data, clock, and the record of unsaved input. */
export function Providers({ start, children }: { start: string; children: ReactNode }) {
  const [queries] = useState(makeQueryClient);
  const [client] = useState(makeClient);
  return (
    <QueryClientProvider client={queries}>
      <TRPCProvider trpcClient={client} queryClient={queries}>
        <NowProvider start={start}>
          <UnsavedProvider>{children}</UnsavedProvider>
        </NowProvider>
      </TRPCProvider>
    </QueryClientProvider>
  );
}
