"use client";
// The address holds the view: search, filters, sort and page survive reload, back, and being sent to a colleague.
import { usePathname, useSearchParams } from "next/navigation";
import { useCallback } from "react";

export type AddressChange = Record<string, string | null>;

/** Reads and changes the query of the address. `replace` for letters typed, push for steps that "back" should undo. */
export function useAddress(): {
  get(name: string): string | null;
  set(change: AddressChange, how?: "push" | "replace"): void;
} {
  const search = useSearchParams();
  const path = usePathname();
  const set = useCallback(
    (change: AddressChange, how: "push" | "replace" = "push") => {
      const next = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(change)) {
        if (value === null || value === "") next.delete(name);
        else next.set(name, value);
      }
      const text = next.toString();
      const url = text ? `${path}?${text}` : path;
      if (how === "push") window.history.pushState(null, "", url);
      else window.history.replaceState(null, "", url);
    },
    [path],
  );
  return { get: (name) => search.get(name), set };
}
