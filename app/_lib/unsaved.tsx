"use client";
// Which forms hold input that would be lost: leaving asks, and a session that ends is renewed in place.
import { createContext, useContext, useEffect, useId, useMemo, useRef, type ReactNode } from "react";

interface Unsaved {
  mark(id: string, dirty: boolean): void;
  any(): boolean;
}

const UnsavedContext = createContext<Unsaved | null>(null);

export function UnsavedProvider({ children }: { children: ReactNode }) {
  const dirty = useRef(new Set<string>());
  const value = useMemo<Unsaved>(
    () => ({
      mark: (id, isDirty) => {
        if (isDirty) dirty.current.add(id);
        else dirty.current.delete(id);
      },
      any: () => dirty.current.size > 0,
    }),
    [],
  );
  return <UnsavedContext value={value}>{children}</UnsavedContext>;
}

export function useUnsaved(): Unsaved {
  const unsaved = useContext(UnsavedContext);
  if (!unsaved) throw new Error("useUnsaved outside of UnsavedProvider");
  return unsaved;
}

/** Marks the calling form; `askOnLeave` also lets the browser ask before the tab closes. */
export function useMarkUnsaved(isDirty: boolean, askOnLeave = false): void {
  const id = useId();
  const unsaved = useUnsaved();
  useEffect(() => {
    unsaved.mark(id, isDirty);
    return () => unsaved.mark(id, false);
  }, [id, isDirty, unsaved]);
  useEffect(() => {
    if (!isDirty || !askOnLeave) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isDirty, askOnLeave]);
}
