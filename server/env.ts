// Every setting that an operator may make, read once. A wrong value stops the start with one line that names it.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { policyDefaults, type PolicyDefaults } from "./auth/policy-defaults.ts";
import { isLoopback, parseAddress, parseRange } from "./domain/ip-range.ts";

/** The settings are wrong: `message` is one clear line for the operator. */
export class EnvError extends Error {
  override readonly name = "EnvError";
}

const port = z.coerce.number().int().min(0).max(65535);
const flag = z
  .string()
  .toLowerCase()
  .pipe(z.enum(["true", "false", "1", "0", "yes", "no"]))
  .transform((word) => ["true", "1", "yes"].includes(word));
const http = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ""));

const isAddressOrRange = (text: string): boolean => (parseRange(text) ?? parseAddress(text)) !== null;

const Variables = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^(file:.+|postgres(ql)?:\/\/.+)$/, "must be file:<path> or postgresql://...")
    .default("file:.jeroboam/jeroboam.db"),
  HOST: z.string().default("127.0.0.1"),
  PORT: port.default(3000),
  API_PORT: port.default(9511),
  METRICS_PORT: port.optional(),
  PUBLIC_URL: http.optional(),
  API_PUBLIC_URL: http.optional(),
  /** Addresses or ranges of reverse proxies, separated by commas: what they say of a request's origin is believed. */
  TRUSTED_PROXIES: z
    .string()
    .transform((text) => text.split(",").flatMap((proxy) => proxy.trim() || []))
    .refine((proxies) => proxies.every(isAddressOrRange), "must be addresses or ranges such as 10.0.0.0/8")
    .default([]),
  /** Minutes without anything done by the person; 0 = no end before SESSION_HOURS. */
  SESSION_IDLE_MINUTES: z.coerce.number().int("must be a whole number of minutes").min(0).max(1440).default(60),
  SESSION_HOURS: z.coerce.number().positive().max(168).default(12),
  SECRETS_KEY: z
    .string()
    .refine((key) => Buffer.from(key, "base64").length === 32, "must be 32 bytes in base64")
    .optional(),
  CERT_MANAGER: z.enum(["sealed", "barbican"]).default("sealed"),
  SANDBOX_PORT: port.default(15000),
  SANDBOX_SPEED: z.coerce.number().positive().max(1000).default(4),
  SANDBOX_OPEN_TO_NETWORK: flag.default(false),
  POLICY_FILE: z.string().optional(),
  POLICY_DEFAULTS: z.enum(policyDefaults).default("secure"),
  /** RabbitMQ: amqp://user:password@host:5672/vhost, or as oslo.messaging writes it, rabbit://. */
  NOTIFICATION_URL: z
    .url({ protocol: /^(amqps?|rabbit)$/, error: "must be amqp://, amqps:// or rabbit:// with one host" })
    .transform((url) => url.replace(/^rabbit:/, "amqp:"))
    .optional(),
  NOTIFICATION_EXCHANGE: z.string().default("magnum"),
  /** Separated by commas. */
  NOTIFICATION_TOPICS: z
    .string()
    .transform((text) => text.split(",").flatMap((topic) => topic.trim() || []))
    .refine((topics) => topics.length > 0, "must name a topic")
    .default(["notifications"]),
  NOTIFICATION_DURABLE: flag.default(false),
  NOTIFICATION_WEBHOOK_URL: z.url({ protocol: /^https?$/, error: "must be an http:// or https:// address" }).optional(),
  NOTIFICATION_WEBHOOK_SECRET: z.string().min(16, "must have at least 16 characters").optional(),
  /** Days; 0 = for ever. */
  AUDIT_RETENTION_DAYS: z.coerce.number().int("must be a whole number of days").min(0).default(365),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  NODE_ENV: z.string().default("development"),
  OS_CLOUD: z.string().optional(),
  OS_CLIENT_CONFIG_FILE: z.string().optional(),
  OS_AUTH_URL: http.optional(),
  OS_USERNAME: z.string().optional(),
  OS_PASSWORD: z.string().optional(),
  OS_USER_DOMAIN_NAME: z.string().optional(),
  OS_USER_DOMAIN_ID: z.string().optional(),
  OS_PROJECT_NAME: z.string().optional(),
  OS_PROJECT_ID: z.string().optional(),
  OS_PROJECT_DOMAIN_NAME: z.string().optional(),
  OS_PROJECT_DOMAIN_ID: z.string().optional(),
  OS_REGION_NAME: z.string().optional(),
  OS_INTERFACE: z.enum(["public", "internal", "admin"]).optional(),
  OS_CACERT: z.string().optional(),
  OS_INSECURE: flag.optional(),
  TRUSTEE_DOMAIN_NAME: z.string().optional(),
  TRUSTEE_DOMAIN_ID: z.string().optional(),
  TRUSTEE_DOMAIN_ADMIN_NAME: z.string().optional(),
  TRUSTEE_DOMAIN_ADMIN_ID: z.string().optional(),
  TRUSTEE_DOMAIN_ADMIN_DOMAIN_NAME: z.string().optional(),
  TRUSTEE_DOMAIN_ADMIN_PASSWORD: z.string().optional(),
  /** Role names, separated by commas; empty = what the creator has, without admin where they have others. */
  TRUSTEE_ROLES: z.string().default(""),
});

/** What counts where nothing is set: undefined = nothing does. */
export const variableDefaults: Readonly<Record<string, unknown>> = Variables.parse({});

/** The names of all that is read from the environment. */
export const variableNames: readonly string[] = Object.keys(Variables.shape);

export interface OpenStackSettings {
  /** Keystone with /v3. */
  authUrl: string;
  username: string;
  password: string;
  userDomain: { name: string } | { id: string };
  project: { name: string; domain: { name: string } | { id: string } } | { id: string };
  /** Null = the catalog's only region. */
  region: string | null;
  interface: "public" | "internal" | "admin";
  /** PEM of the cloud's own CA. */
  caPem: string | null;
  insecure: boolean;
  trustee: {
    domain: { name: string } | { id: string };
    admin: { name: string; domain: { name: string } | { id: string } } | { id: string };
    adminPassword: string;
    roles: string[];
  };
}

export interface Env {
  databaseUrl: string;
  host: string;
  port: number;
  apiPort: number;
  /** Null: the conductor's metrics are on the console's or api's port. */
  metricsPort: number | null;
  publicUrl: string;
  /** Without /v1. */
  apiPublicUrl: string;
  /** API_PUBLIC_URL is set: links name it, whatever a request says about its host. */
  apiPublicUrlIsSet: boolean;
  /** Whose word on a request's address, host and scheme is taken. */
  trustedProxies: string[];
  session: {
    /** Without anything done; null = no such end. */
    idleMs: number | null;
    longestMs: number;
  };
  /** 32 bytes, base64; null = a file beside the data is made at first start. */
  secretsKey: string | null;
  certManager: "sealed" | "barbican";
  sandboxPort: number;
  sandboxSpeed: number;
  policyFile: string | null;
  /** What is allowed where the file says nothing. */
  policyDefaults: PolicyDefaults;
  /** Where audit events are sent besides the trail; null = nowhere. */
  notifications: {
    bus: { url: string; exchange: string; topics: readonly string[]; durable: boolean } | null;
    webhook: { url: string; secret: string | null } | null;
  };
  /** How long the audit trail is kept; 0 = for ever. */
  auditRetentionDays: number;
  logLevel: string;
  production: boolean;
  /** Directory of what this installation keeps on disk. */
  dataDirectory: string;
  openstack: OpenStackSettings;
  /** No cloud is configured: the sandbox is the cloud. */
  sandbox: boolean;
}

const sandboxTrustee = "trustee_domain_admin";

/** Reads and checks the environment. Throws EnvError with one line. Pure but for the files that it names. */
export function readEnv(variables: Readonly<Record<string, string | undefined>>): Env {
  // An empty variable means "not set", as it does for every OpenStack client.
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = Variables.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new EnvError(`${issue?.path.join(".") ?? "environment"}: ${issue?.message ?? "is wrong"}`);
  }
  const v = { ...parsed.data };
  if (v.OS_CLOUD !== undefined) Object.assign(v, withoutUndefined(fromCloudsYaml(v.OS_CLOUD, v.OS_CLIENT_CONFIG_FILE)));
  const sandbox = v.OS_AUTH_URL === undefined;
  if (sandbox && !v.SANDBOX_OPEN_TO_NETWORK && !isLoopback(v.HOST))
    throw new EnvError(
      `HOST is ${v.HOST}, and everybody knows the sandbox's passwords: set OS_AUTH_URL or OS_CLOUD to a cloud, or ` +
        "SANDBOX_OPEN_TO_NETWORK=true to let in whoever reaches this machine",
    );
  const dataDirectory = v.DATABASE_URL.startsWith("file:")
    ? dirname(resolve(v.DATABASE_URL.slice("file:".length)))
    : resolve(".jeroboam");
  return {
    databaseUrl: v.DATABASE_URL.startsWith("file:")
      ? `file:${resolve(v.DATABASE_URL.slice("file:".length))}`
      : v.DATABASE_URL,
    host: v.HOST,
    port: v.PORT,
    apiPort: v.API_PORT,
    metricsPort: v.METRICS_PORT ?? null,
    publicUrl: v.PUBLIC_URL ?? `http://${v.HOST}:${v.PORT}`,
    apiPublicUrl: (v.API_PUBLIC_URL ?? `http://${v.HOST}:${v.API_PORT}`).replace(/\/v1$/, ""),
    apiPublicUrlIsSet: v.API_PUBLIC_URL !== undefined,
    trustedProxies: v.TRUSTED_PROXIES,
    session: {
      idleMs: v.SESSION_IDLE_MINUTES === 0 ? null : v.SESSION_IDLE_MINUTES * 60_000,
      longestMs: v.SESSION_HOURS * 3_600_000,
    },
    secretsKey: v.SECRETS_KEY ?? null,
    certManager: v.CERT_MANAGER,
    sandboxPort: v.SANDBOX_PORT,
    sandboxSpeed: v.SANDBOX_SPEED,
    policyFile: v.POLICY_FILE ?? null,
    policyDefaults: v.POLICY_DEFAULTS,
    notifications: {
      bus:
        v.NOTIFICATION_URL === undefined
          ? null
          : {
              url: v.NOTIFICATION_URL,
              exchange: v.NOTIFICATION_EXCHANGE,
              topics: v.NOTIFICATION_TOPICS,
              durable: v.NOTIFICATION_DURABLE,
            },
      webhook:
        v.NOTIFICATION_WEBHOOK_URL === undefined
          ? null
          : { url: v.NOTIFICATION_WEBHOOK_URL, secret: v.NOTIFICATION_WEBHOOK_SECRET ?? null },
    },
    auditRetentionDays: v.AUDIT_RETENTION_DAYS,
    logLevel: v.LOG_LEVEL,
    production: v.NODE_ENV === "production",
    dataDirectory,
    sandbox,
    openstack: sandbox ? sandboxCloud(v.SANDBOX_PORT) : realCloud(v),
  };
}

function sandboxCloud(sandboxPort: number): OpenStackSettings {
  const authUrl = `http://127.0.0.1:${sandboxPort}/identity/v3`;
  return {
    authUrl,
    username: "jeroboam",
    password: "jeroboam",
    userDomain: { name: "Default" },
    project: { name: "service", domain: { name: "Default" } },
    region: null,
    interface: "public",
    caPem: null,
    insecure: false,
    trustee: {
      domain: { name: "magnum" },
      admin: { name: sandboxTrustee, domain: { name: "magnum" } },
      adminPassword: sandboxTrustee,
      roles: [],
    },
  };
}

function realCloud(v: z.infer<typeof Variables>): OpenStackSettings {
  const need = <T>(value: T | undefined, names: string): T => {
    if (value === undefined) throw new EnvError(`${names} must be set when OS_AUTH_URL or OS_CLOUD names a cloud`);
    return value;
  };
  const authUrl = need(v.OS_AUTH_URL, "OS_AUTH_URL").replace(/\/v(2\.0|3)$/, "") + "/v3";
  const domain = (id: string | undefined, name: string | undefined) => (id ? { id } : { name: name ?? "Default" });
  const trusteeDomain = v.TRUSTEE_DOMAIN_ID
    ? { id: v.TRUSTEE_DOMAIN_ID }
    : { name: need(v.TRUSTEE_DOMAIN_NAME, "TRUSTEE_DOMAIN_NAME or TRUSTEE_DOMAIN_ID") };
  return {
    authUrl,
    username: need(v.OS_USERNAME, "OS_USERNAME"),
    password: need(v.OS_PASSWORD, "OS_PASSWORD"),
    userDomain: domain(v.OS_USER_DOMAIN_ID, v.OS_USER_DOMAIN_NAME),
    project: v.OS_PROJECT_ID
      ? { id: v.OS_PROJECT_ID }
      : {
          name: need(v.OS_PROJECT_NAME, "OS_PROJECT_NAME or OS_PROJECT_ID"),
          domain: domain(v.OS_PROJECT_DOMAIN_ID, v.OS_PROJECT_DOMAIN_NAME),
        },
    region: v.OS_REGION_NAME ?? null,
    interface: v.OS_INTERFACE ?? "public",
    caPem: v.OS_CACERT ? readText(v.OS_CACERT, "OS_CACERT") : null,
    insecure: v.OS_INSECURE ?? false,
    trustee: {
      domain: trusteeDomain,
      admin: v.TRUSTEE_DOMAIN_ADMIN_ID
        ? { id: v.TRUSTEE_DOMAIN_ADMIN_ID }
        : {
            name: need(v.TRUSTEE_DOMAIN_ADMIN_NAME, "TRUSTEE_DOMAIN_ADMIN_NAME or TRUSTEE_DOMAIN_ADMIN_ID"),
            domain: v.TRUSTEE_DOMAIN_ADMIN_DOMAIN_NAME ? { name: v.TRUSTEE_DOMAIN_ADMIN_DOMAIN_NAME } : trusteeDomain,
          },
      adminPassword: need(v.TRUSTEE_DOMAIN_ADMIN_PASSWORD, "TRUSTEE_DOMAIN_ADMIN_PASSWORD"),
      roles: v.TRUSTEE_ROLES.split(",").flatMap((role) => (role.trim() === "" ? [] : [role.trim()])),
    },
  };
}

const CloudsYaml = z.object({
  clouds: z.record(
    z.string(),
    z.object({
      auth: z.object({
        auth_url: http,
        username: z.string().optional(),
        password: z.string().optional(),
        user_domain_name: z.string().optional(),
        user_domain_id: z.string().optional(),
        project_name: z.string().optional(),
        project_id: z.string().optional(),
        project_domain_name: z.string().optional(),
        project_domain_id: z.string().optional(),
      }),
      region_name: z.string().optional(),
      interface: z.enum(["public", "internal", "admin"]).optional(),
      cacert: z.string().optional(),
      verify: z.boolean().optional(),
    }),
  ),
});

function fromCloudsYaml(cloud: string, file: string | undefined): Partial<z.infer<typeof Variables>> {
  const places = file
    ? [file]
    : ["clouds.yaml", join(homedir(), ".config/openstack/clouds.yaml"), "/etc/openstack/clouds.yaml"];
  const found = places.find((place) => existsSync(place));
  if (!found) throw new EnvError(`OS_CLOUD is ${cloud}, but there is no ${places.join(", ")}`);
  const parsed = CloudsYaml.safeParse(parseYaml(readText(found, "clouds.yaml")));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new EnvError(`${found}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "cannot be read"}`);
  }
  const entry = parsed.data.clouds[cloud];
  if (!entry) throw new EnvError(`OS_CLOUD: ${found} has no cloud named ${cloud}`);
  return {
    OS_AUTH_URL: entry.auth.auth_url,
    OS_USERNAME: entry.auth.username,
    OS_PASSWORD: entry.auth.password,
    OS_USER_DOMAIN_NAME: entry.auth.user_domain_name,
    OS_USER_DOMAIN_ID: entry.auth.user_domain_id,
    OS_PROJECT_NAME: entry.auth.project_name,
    OS_PROJECT_ID: entry.auth.project_id,
    OS_PROJECT_DOMAIN_NAME: entry.auth.project_domain_name,
    OS_PROJECT_DOMAIN_ID: entry.auth.project_domain_id,
    OS_REGION_NAME: entry.region_name,
    OS_INTERFACE: entry.interface,
    OS_CACERT: entry.cacert,
    OS_INSECURE: entry.verify === undefined ? undefined : !entry.verify,
  };
}

function readText(path: string, name: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new EnvError(`${name}: ${path} cannot be read`);
  }
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Partial<T>;
}
