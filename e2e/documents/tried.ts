// Which test tries a command that a document names. One that none of these takes must say here why not.
import type { Command } from "./read.ts";

/** Of this repository: run as it is written, with `--help` behind it (documents.test.ts). */
export const isOwn = ({ text }: Command): boolean => /^(npm|npx|node) /.test(text);

/** Settings of the product: read as it reads them (documents.test.ts). */
export const isSetting = (command: Command): boolean => command.text.startsWith("export ") && !isSandbox(command);

/** Run in their order by the real clients on a sandbox (clients/documents.client.ts). */
export const isSandbox = ({ document, text, block }: Command): boolean =>
  block &&
  document === "README.md" &&
  (/^(openstack|kubectl) /.test(text) || /^export (KUBECONFIG=|OS_AUTH_URL=http:\/\/127\.0\.0\.1:15000)/.test(text));

/** Their words are held against the client's own, of which other tests run every one (clients/documents.client.ts). */
export const isClient = (command: Command): boolean => command.text.startsWith("openstack coe ") && !isSandbox(command);

/** Run in their order by an administrator of a real Keystone (openstack/cloud-setup.real.test.ts). */
export const isCloudSetup = ({ document, text, block }: Command): boolean =>
  block && document === "docs/cloud-setup.md" && /^openstack (?!coe)/.test(text);

export const untried: Readonly<Record<string, string>> = {
  "e2e/openstack/up": "the first step of npm run test:openstack, which is minutes long",
  "e2e/openstack/down": "the last step of npm run test:openstack",
  "e2e/openstack/status": "a step of npm run test:openstack",
  "e2e/openstack/magnum": "magnum.real.test.ts starts it",
  "e2e/kubernetes/build": "a step of npm run test:openstack, which builds for minutes",
};
