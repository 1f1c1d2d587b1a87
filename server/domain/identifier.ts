import { z } from "zod";

/** Lower-case canonical UUID, the only form that we store. */
export const Uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "must be a UUID");

/** What the REST API takes for a UUID: canonical or 32 hex digits, any case. Returns the canonical form or null. */
export function uuidLike(text: string): string | null {
  const hex = text.toLowerCase().replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/.test(hex)) return null;
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const letters =
  "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega".split(
    " ",
  );

/** `<greek letter>-<1..24>-<kind>`, as Magnum names what nobody named. `random` gives numbers in [0, 1). */
export function generatedName(kind: "cluster" | "template", random: () => number = Math.random): string {
  const letter = letters[Math.floor(random() * letters.length)] ?? "alpha";
  return `${letter}-${1 + Math.floor(random() * 24)}-${kind}`;
}
