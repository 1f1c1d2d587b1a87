import { expect, test } from "vitest";
import {
  authorityKinds,
  bundle,
  nextState,
  pkiWord,
  signingAuthority,
  trustedAuthorities,
  type PkiState,
} from "./authority.ts";

const rows = authorityKinds.flatMap((kind) =>
  [1, 2].map((revision) => ({ kind, revision, certPem: `${kind} ${revision}\n` })),
);

test.each<[PkiState, string, string]>([
  [{ revision: 1, phase: null }, "1", "kubernetes 1\n"],
  [{ revision: 1, phase: "trust" }, "1+2", "kubernetes 1\nkubernetes 2\n"],
  [{ revision: 2, phase: "issue" }, "2+1", "kubernetes 2\nkubernetes 1\n"],
  [{ revision: 2, phase: "drop" }, "2", "kubernetes 2\n"],
  [{ revision: 2, phase: null }, "2", "kubernetes 2\n"],
])("in %j nodes are made for %s, and the one that signs comes first", (state, word, text) => {
  expect(pkiWord(state)).toBe(word);
  expect(bundle(trustedAuthorities(rows, "kubernetes", state))).toBe(text);
  for (const kind of authorityKinds) {
    const [first] = trustedAuthorities(rows, kind, state);
    expect(signingAuthority(rows, kind, state)).toBe(first);
  }
});

test("a rotation goes through three phases and ends with the next revision", () => {
  const walked: (PkiState | null)[] = [];
  for (let state: PkiState | null = { revision: 1, phase: "trust" }; state;) {
    state = nextState(state);
    walked.push(state);
  }
  expect(walked).toEqual([
    { revision: 2, phase: "issue" },
    { revision: 2, phase: "drop" },
    { revision: 2, phase: null },
    null,
  ]);
});

test("neighbouring phases understand each other: what the one signs with, the other trusts", () => {
  const phases: PkiState[] = [
    { revision: 1, phase: null },
    { revision: 1, phase: "trust" },
    { revision: 2, phase: "issue" },
    { revision: 2, phase: "drop" },
  ];
  for (const [index, state] of phases.entries())
    for (const other of phases.slice(Math.max(0, index - 1), index + 2))
      expect(pkiWord(other).split("+"), `${pkiWord(state)} beside ${pkiWord(other)}`).toContain(String(state.revision));
});

test("texts that end without a newline stay apart in a bundle", () => {
  expect(bundle([{ certPem: "a" }, { certPem: "b\n\n" }])).toBe("a\nb\n");
});
