"use client";
import { useMutation } from "@tanstack/react-query";
import { usePathname } from "next/navigation";
import { useEffect } from "react";
import { useTRPC } from "@/app/_lib/trpc-client";
import { useProject } from "./project-context";

const often = 60_000;

/**
 * Opening a page, typing and pointing is use of the session, here, also while the page has nothing to send. Of what is
 * done on one page it is told once a minute at most.
 */
export function useStay(): void {
  const trpc = useTRPC();
  const project = useProject().id;
  const path = usePathname();
  const { mutate } = useMutation(trpc.session.stay.mutationOptions());
  useEffect(() => {
    let told = -Infinity;
    const onUse = () => {
      if (Date.now() - told < often) return;
      told = Date.now();
      mutate({ project });
    };
    onUse();
    const kinds = ["pointerdown", "keydown", "wheel"] as const;
    for (const kind of kinds) window.addEventListener(kind, onUse, { passive: true });
    return () => {
      for (const kind of kinds) window.removeEventListener(kind, onUse);
    };
  }, [mutate, project, path]);
}
