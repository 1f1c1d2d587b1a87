// Which of a cluster's authorities signs, and which are trusted: the same answer for everybody who hands out a CA.
// While a rotation runs there are two revisions of each kind (docs/adr/0010-ca-rotation.md).
import { z } from "zod";

export const authorityKinds = ["kubernetes", "etcd", "front-proxy", "service-account"] as const;
export type AuthorityKind = (typeof authorityKinds)[number];

/** Trust the new one besides the old one; sign with the new one; drop the old one. */
export const PkiPhase = z.enum(["trust", "issue", "drop"]);
export type PkiPhase = z.infer<typeof PkiPhase>;

export interface PkiState {
  /** Revision that signs. */
  revision: number;
  /** Null = no rotation runs. */
  phase: PkiPhase | null;
}

interface Revised {
  kind: AuthorityKind;
  revision: number;
}

/** The revisions that are trusted, the one that signs first. */
export function trustedRevisions({ revision, phase }: PkiState): number[] {
  switch (phase) {
    case "trust":
      return [revision, revision + 1];
    case "issue":
      return [revision, revision - 1];
    case "drop":
    case null:
      return [revision];
  }
}

/** The rotation's next stand, when all nodes are as `state` wants them; null = no rotation runs. */
export function nextState({ revision, phase }: PkiState): PkiState | null {
  switch (phase) {
    case "trust":
      return { revision: revision + 1, phase: "issue" };
    case "issue":
      return { revision, phase: "drop" };
    case "drop":
      return { revision, phase: null };
    case null:
      return null;
  }
}

/** What nodes are made for: "1", "1+2", "2+1", "2". */
export const pkiWord = (state: PkiState): string => trustedRevisions(state).join("+");

/** The authority that signs; undefined = the cluster has none of the kind. */
export const signingAuthority = <A extends Revised>(
  stored: readonly A[],
  kind: AuthorityKind,
  state: PkiState,
): A | undefined => stored.find((each) => each.kind === kind && each.revision === state.revision);

/** All that are to be trusted, the one that signs first: kubeadm and openssl take the first one of a file. */
export const trustedAuthorities = <A extends Revised>(
  stored: readonly A[],
  kind: AuthorityKind,
  state: PkiState,
): A[] =>
  trustedRevisions(state).flatMap((revision) =>
    stored.filter((each) => each.kind === kind && each.revision === revision),
  );

/** One text of several PEM blocks. */
export const bundle = (authorities: readonly { certPem: string }[]): string =>
  authorities.map(({ certPem }) => `${certPem.trimEnd()}\n`).join("");
