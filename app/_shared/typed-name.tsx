"use client";
import { useState } from "react";
import { TextField } from "../_ui/field";

/** The name of what is at stake, typed before something happens that cannot be undone. */
export function useTypedName(name: string, { hint, onEnter }: { hint?: string; onEnter: () => void }) {
  const [typed, setTyped] = useState("");
  const matches = typed === name;
  const field = (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (matches) onEnter();
      }}
    >
      <TextField
        label={
          <>
            Type <strong className="font-semibold break-all">{name}</strong> to confirm
          </>
        }
        hint={hint}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
      />
    </form>
  );
  return { typed, matches, field };
}
