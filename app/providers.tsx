"use client";
import { QueryClientProvider } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState, type ReactNode } from "react";
import { I18nProvider, RouterProvider } from "react-aria-components";
import { NowProvider } from "./_lib/now";
import { makeClient, makeQueryClient, TRPCProvider } from "./_lib/trpc-client";
import { UnsavedProvider } from "./_lib/unsaved";

/** What every screen stands on: data, clock, links inside of menus, and the record of unsaved input. */
export function Providers({ start, children }: { start: string; children: ReactNode }) {
  const router = useRouter();
  const [queries] = useState(makeQueryClient);
  const [client] = useState(makeClient);
  return (
    <I18nProvider locale="en-GB">
      <RouterProvider navigate={(href) => router.push(href)}>
        <QueryClientProvider client={queries}>
          <TRPCProvider trpcClient={client} queryClient={queries}>
            <NowProvider start={start}>
              <UnsavedProvider>{children}</UnsavedProvider>
            </NowProvider>
          </TRPCProvider>
        </QueryClientProvider>
      </RouterProvider>
    </I18nProvider>
  );
}
