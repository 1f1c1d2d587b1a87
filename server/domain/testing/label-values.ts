// For each label of the catalogue, values that its type reads and values that it does not.
import { labelTypes, type LabelKey } from "../label-catalog.ts";
import type { Kind } from "../label-type.ts";

interface Values {
  right: readonly string[];
  wrong: readonly string[];
}

const sum = "0123456789abcdef".repeat(4);

const byKind: Readonly<Record<Exclude<Kind, "choice" | "choices">, Values>> = {
  boolean: { right: ["True", "0"], wrong: ["perhaps", "2", "true,false"] },
  integer: { right: ["20", " 1 "], wrong: ["-5", "20GB", "1.5", "9".repeat(40)] },
  tag: { right: ["v1.31.1", "3.10"], wrong: ["a b", "-v1", "v1+2", "x".repeat(129)] },
  version: { right: ["v1.31.1", "4.0.17+up1"], wrong: ["a b", "-v1", "v1;2"] },
  digest: { right: [`sha256:${sum}`, sum], wrong: ["sha256:12", `md5:${sum}`, "latest"] },
  sha256: { right: [sum, sum.toUpperCase()], wrong: [sum.slice(1), `${sum}0`, "g".repeat(64)] },
  url: {
    right: ["https://example.org/a-{arch}.tgz", "http://192.0.2.7:8080/x"],
    wrong: [
      "example.org/a.tgz",
      "ftp://example.org/a",
      "https://exa mple.org/",
      "https://user:secret@example.org/a",
      "https://example.org/\u0001",
    ],
  },
  range: { right: ["10.9.0.0/16", "2001:db8::/48"], wrong: ["banana", "10.9.0.0", "10.9.0.0/33", "10.9.0.1/16"] },
  ranges: {
    right: ["192.0.2.0/24", "192.0.2.0/24, 198.51.100.7/32"],
    wrong: [",", "192.0.2.0/24,", "192.0.2.0/33", " , "],
  },
  address: { right: ["192.0.2.7", "2001:db8::7"], wrong: ["192.0.2", "example.org", "192.0.2.7/32"] },
  domain: { right: ["cluster.local", "a"], wrong: ["Cluster.Local", "a..b", "-a.b", "a b"] },
  domains: { right: ["api.example.org,192.0.2.7", "*.example.org"], wrong: [",", "a b", "api.example.org,"] },
  prefix: {
    right: ["registry.example.org/mirror/", "registry.example.org:5000"],
    wrong: ["reg.example.org/x y", "https://registry.example.org/", "/mirror/", "registry.example.org//"],
  },
  options: {
    right: ["--v=2 --profiling=false", "--feature-gates=A=true,B=false"],
    wrong: ["v=2", "--a=1; reboot", "--", "--a=\u0001", "--a=\u007f"],
  },
  name: { right: ["nova", "ssd-1"], wrong: ["a,b", " , ", "`reboot`", "x".repeat(256), "a\u007f"] },
  names: { right: ["nova", "a, b"], wrong: [",", "a,,b", "`reboot`"] },
  json: { right: ['{"a": 1}', "{}"], wrong: ["{a: 1}", "1", "banana"] },
  text: { right: ["anything at all", "1"], wrong: ["two\nlines", "a\u0000b", "a\tb"] },
};

/** At least two right ones and three wrong ones. */
export function valuesOf(key: LabelKey): Values {
  const { kind, words = [] } = { words: undefined, ...labelTypes[key] };
  const [first = "", last = ""] = [words.at(0), words.at(-1)];
  if (kind === "choice")
    return { right: [first, last.toUpperCase()], wrong: ["banana", `${first},${last}`, `${first} ${last}`] };
  if (kind === "choices")
    return { right: [first, `${first}, ${last}`], wrong: ["banana", `${first},`, `${first};${last}`] };
  return byKind[kind];
}
