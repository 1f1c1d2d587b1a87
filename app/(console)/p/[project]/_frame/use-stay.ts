"use client";
import { useMutation } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTRPC } from "@/app/_lib/trpc-client";

const often = 60_000;

/** Typing and pointing is use of the session, also while the page has nothing to send. Told once a minute at most. */
export function useStay(): void {
  const trpc = useTRPC();
  const { mutate } = useMutation(trpc.session.stay.mutationOptions());
  useEffect(() => {
    let told = Date.now();
    const onUse = () => {
      if (Date.now() - told < often) return;
      told = Date.now();
      mutate();
    };
    const kinds = ["pointerdown", "keydown", "wheel"] as const;
    for (const kind of kinds) window.addEventListener(kind, onUse, { passive: true });
    return () => {
      for (const kind of kinds) window.removeEventListener(kind, onUse);
    };
  }, [mutate]);
}
