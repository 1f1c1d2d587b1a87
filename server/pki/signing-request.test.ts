import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { DomainError } from "../domain/error.ts";
import { makeAuthorities, readCertificate, type KeyAndCertificate } from "./ca.ts";
import { readRequest, signRequest } from "./csr.ts";
import { opensslRequest, requestCases } from "./testing/requests.ts";

const now = new Date();
let ca: KeyAndCertificate;

beforeAll(async () => {
  ca = (await makeAuthorities({ id: "5d12f6fd-a196-4bf0-ae4c-1f639a523a52", name: "web-1" }, now)).kubernetes;
});

const signed = async (text: string) => readCertificate(await signRequest(await readRequest(text), ca, now, 10)).subject;

test.each(requestCases.filter(({ refused }) => refused === null))("$name is signed", async ({ text }) => {
  expect(await signed(text())).toBe("CN=someone");
});

test.each(requestCases.filter(({ refused }) => refused !== null))(
  "$name is refused for its true reason",
  async ({ text, refused }) => {
    await expect(signed(text())).rejects.toMatchObject({
      reason: "certificate_invalid",
      message: `Received invalid csr: ${refused}.`,
      details: { field: "csr" },
    });
  },
);

test("names are those of every part of the subject, also where one part has several", async () => {
  const pem = opensslRequest("-newkey", "ed25519", "-multivalue-rdn", "-subj", "/CN=a+O=x+CN=b/OU=u/O=y/CN=c");
  expect(await readRequest(pem)).toMatchObject({ commonNames: ["a", "b", "c"], organizations: ["x", "y"] });
});

test("a damaged request is refused or says the same, wherever the damage is", async () => {
  const pem = opensslRequest("-newkey", "ed25519", "-addext", "subjectAltName=IP:10.0.0.5,DNS:web-1-0");
  const whole = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
  const { commonNames, names } = await readRequest(pem);
  const damage = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255), cut: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(damage, async ({ at, byte, cut }) => {
      const der = cut ? whole.subarray(0, at) : Buffer.from(whole);
      if (!cut) {
        fc.pre(der[at] !== byte);
        der[at] = byte;
      }
      const block = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
      const outcome: unknown = await readRequest(block).catch((error: unknown) => error);
      if (!(outcome instanceof DomainError)) expect(outcome).toMatchObject({ commonNames, names });
    }),
    { numRuns: 500 },
  );
});
