// Signing requests of every kind of key, digest and notation, made by openssl; what comes of each here and at Magnum.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface RequestCase {
  name: string;
  text(): string;
  /** Null: it is signed; else why not. */
  refused: string | null;
  /** Magnum, which reads by Python's cryptography and proves nothing, takes it. */
  magnum: boolean;
}

/** PEM of a request for CN=someone, by arguments of `openssl req`. */
export function opensslRequest(...args: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "request-"));
  const [key, out] = [join(folder, "key"), join(folder, "csr")];
  try {
    const fixed = ["req", "-new", "-nodes", "-subj", "/CN=someone", "-keyout", key, "-out", out];
    execFileSync("openssl", [...fixed, ...args], { stdio: "pipe" });
    return readFileSync(out, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const rsa = ["-newkey", "rsa:2048"];
const pss = ["-sigopt", "rsa_padding_mode:pss"];
const ec = (curve: string) => ["-newkey", "ec", "-pkeyopt", `ec_paramgen_curve:${curve}`];
const allowed = "allowed are RSA of 2048 to 8192 bits, EC on P-256, P-384, P-521, and Ed25519";
const digests = "allowed are SHA-1, SHA-256, SHA-384, SHA-512 and Ed25519";

const row = (name: string, args: string[], refused: string | null = null, magnum = true): RequestCase => ({
  name,
  text: () => opensslRequest(...args),
  refused,
  magnum,
});

const keysAndDigests: RequestCase[] = [
  ...["sha1", "sha256", "sha384", "sha512"].flatMap((digest) => [
    row(`RSA with ${digest}`, [...rsa, `-${digest}`]),
    row(`RSA in PSS with ${digest}`, [...rsa, ...pss, `-${digest}`]),
    row(`P-256 with ${digest}`, [...ec("P-256"), `-${digest}`]),
  ]),
  ...["P-384", "P-521"].map((curve) => row(curve, ec(curve))),
  row("Ed25519", ["-newkey", "ed25519"]),
  row("RSA of 1024 bits", ["-newkey", "rsa:1024"], "its RSA key has 1024 bits, at least 2048 are needed"),
  row("an RSA-PSS key", ["-newkey", "rsa-pss"], `its key is of type rsa-pss; ${allowed}`),
  row("Ed448", ["-newkey", "ed448"], `its key is of type ed448; ${allowed}`),
  ...["secp256k1", "secp224r1", "brainpoolP256r1"].map((curve) =>
    row(curve, ec(curve), `its key is on the curve ${curve}; ${allowed}`),
  ),
  row(
    "P-256 spelled out",
    [...ec("P-256"), "-pkeyopt", "ec_param_enc:explicit"],
    "its key spells out the curve P-256 instead of naming it",
    false,
  ),
  ...Object.entries({ md5: "MD5", sha224: "SHA-224", "sha512-256": "SHA-512/256", "sha3-256": "SHA3-256" }).map(
    ([digest, name]) => row(`RSA with ${digest}`, [...rsa, `-${digest}`], `it is signed with ${name}; ${digests}`),
  ),
  row("RSA in PSS with sha224", [...rsa, ...pss, "-sha224"], `it is signed with SHA-224; ${digests}`),
  ...Object.entries({ sha224: "SHA-224", "sha3-384": "SHA3-384" }).map(([digest, name]) =>
    row(`P-256 with ${digest}`, [...ec("P-256"), `-${digest}`], `it is signed with ${name}; ${digests}`),
  ),
];

let plain: string | undefined;
const written = (name: string, write: (pem: string) => string, magnum = true, refused: string | null = null) => ({
  name,
  text: () => write((plain ??= opensslRequest(...ec("P-256")))),
  refused,
  magnum,
});
const damaged = "its PEM block holds something else than base64, or has no END CERTIFICATE REQUEST";

const notations: RequestCase[] = [
  written("ends of lines of Windows", (pem) => pem.replaceAll("\n", "\r\n")),
  written("blanks at the ends of lines", (pem) => pem.replaceAll("\n", "  \n")),
  written("tabs at the ends of lines", (pem) => pem.replaceAll("\n", "\t\n")),
  written("an empty line after each", (pem) => pem.replaceAll("\n", "\n\n")),
  written("no newline at the end", (pem) => pem.trimEnd()),
  written("base64 in one line", (pem) =>
    pem.replace(/(?<=-----\n)[^-]+(?=-----END)/, (body) => `${body.replaceAll("\n", "")}\n`),
  ),
  written("a byte order mark", (pem) => `\ufeff${pem}`),
  written("words before and after", (pem) => `To be signed:\n\n${pem}\nThank you -- me\n`),
  row("openssl's explanation before it", [...ec("P-256"), "-text"]),
  row("NEW CERTIFICATE REQUEST", [...ec("P-256"), "-newhdr"]),
  // Pasted out of YAML, a mail, a form with one line.
  written("set in by four blanks", (pem) => pem.replaceAll(/^(?=.)/gm, "    "), false),
  written("blanks instead of newlines", (pem) => pem.replaceAll("\n", " "), false),
  written("another end than beginning", (pem) => pem.replace("END ", "END NEW "), false, damaged),
  written("newlines as two characters", (pem) => pem.replaceAll("\n", "\\n"), false, damaged),
  written("no end", (pem) => pem.slice(0, -40), false, damaged),
  written(
    "bytes left over in the block",
    (pem) => pem.replace(/(?<=-----\n)[^-]+(?=-----END)/, (body) => grown(body)),
    false,
  ),
  written(
    "a certificate",
    (pem) => pem.replaceAll("CERTIFICATE REQUEST", "CERTIFICATE"),
    false,
    "it is CERTIFICATE in PEM, not a PEM block that begins with BEGIN CERTIFICATE REQUEST",
  ),
];

const grown = (base64: string) =>
  `${Buffer.concat([Buffer.from(base64, "base64"), Buffer.from("more")]).toString("base64")}\n`;

export const requestCases: readonly RequestCase[] = [...keysAndDigests, ...notations];
