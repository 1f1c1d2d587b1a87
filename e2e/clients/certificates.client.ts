import { readFileSync, writeFileSync } from "node:fs";
import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signingRequest } from "../kubernetes/signing-request.ts";
import { kubectl } from "../kubernetes/kubectl.ts";
import { hasKubectl } from "./kubectl.ts";
import { expectAllRun, openShell } from "./openstack.ts";
import { enter, watchAs } from "./waiting.ts";
import type { Watch } from "./waiting.ts";

const shell = openShell("demo");
let watch: Watch;
beforeAll(async () => {
  watch = watchAs(await enter("demo"));
  const args = ["--cluster-template", "kubernetes-ha", "--node-count", "1"];
  await shell.print("coe cluster create", "rotated", ...args);
  await watch.until("rotated", "CREATE_COMPLETE");
});
afterAll(() => shell.remove());

const ca = async () => new X509Certificate(await shell.print("coe ca show", "rotated"));
const config = async () => {
  await shell.print("coe cluster config", "rotated", "--force");
  return readFileSync(join(shell.folder, "config"), "utf8");
};
const signed = async (subject: string) => {
  const file = join(shell.folder, "request.pem");
  writeFileSync(file, (await signingRequest(subject)).csr);
  return new X509Certificate(await shell.print("coe ca sign", "rotated", file));
};

describe("openstack coe ca", () => {
  it("show: prints the authority of the cluster", async () => {
    const authority = await ca();
    expect(authority.ca).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
  });

  it("sign: prints a certificate for the request, made by that authority", async () => {
    const certificate = await signed("O=developers, CN=somebody");
    expect(certificate.subject.split("\n").toSorted()).toEqual(["CN=somebody", "O=developers"]);
    expect(certificate.verify((await ca()).publicKey)).toBe(true);
  });

  it("sign: what is no request is refused", async () => {
    const file = join(shell.folder, "wrong.pem");
    writeFileSync(file, "not a request");
    const refused = await shell.run("coe ca sign", "rotated", file);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/^Received invalid csr.* \(HTTP 400\)/);
  });

  it("rotate: a new authority signs, the new config works and the old one does no more", async () => {
    const before = await ca();
    const oldConfig = await config();
    const printed = await shell.print("coe ca rotate", "rotated");
    expect(printed).toMatch(/^Request to rotate the CA certificate for cluster [0-9a-f-]{36} has been accepted\.\n$/);
    await watch.until("rotated", "UPDATE_COMPLETE");

    const after = await ca();
    expect(after.fingerprint256).not.toBe(before.fingerprint256);
    expect((await signed("O=developers, CN=somebody")).verify(after.publicKey)).toBe(true);
    if (!hasKubectl()) return console.log("kubectl is not installed: the configs were not tried with it");
    await expect(kubectl(oldConfig, "get", "nodes")).rejects.toThrow();
    const nodes = (await kubectl(await config(), "get", "nodes", "--no-headers")).trim().split("\n");
    expect(nodes).toHaveLength(2);
    for (const node of nodes) expect(node).toMatch(/^rotated-\S+\s+Ready\s/);
  });

  it("runs every command that the client has for authorities", () => expectAllRun("coe ca"));
});
