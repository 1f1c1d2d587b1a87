// How the engine talks to one type of resource.
import type { Balancing } from "../balancing.ts";
import { Fault, randomWord } from "../core.ts";
import type { Caller, Core } from "../core.ts";
import type { Resource, Stack } from "../model.ts";
import type { Networking } from "../networking.ts";
import type { Servers } from "../servers.ts";
import type { Volumes } from "../volumes.ts";

export interface Services {
  net: Networking;
  servers: Servers;
  volumes: Volumes;
  balancing: Balancing;
}

export type Properties = Record<string, unknown>;

export interface Context {
  core: Core;
  services: Services;
  caller: Caller;
  stack: Stack;
  row: Resource;
}

export interface Handler {
  /** How long it takes in a real cloud, beyond what the service itself takes. */
  seconds?: number;
  /** Makes the thing; sets `physicalId`. "wait" = not now, try again. */
  create(ctx: Context, props: Properties): void | "wait";
  /** Is it ready? */
  ready?(ctx: Context, props: Properties): boolean;
  /** Brings an existing one to new properties; "replace" = a new one is needed. Absent: any difference replaces. */
  update?(ctx: Context, props: Properties, before: Properties): void | "replace";
  remove?(ctx: Context): void | "wait";
  /** Is it gone? */
  gone?(ctx: Context): boolean;
  attribute?(ctx: Context, name: string): unknown;
  reference?(ctx: Context): unknown;
  /** Attributes that `show` lists. */
  attributes?: readonly string[];
}

/** Ends a resource: `kind` is the class of the error as Heat names it. */
export class HeatFailure extends Error {
  override readonly name = "HeatFailure";
  readonly kind: string;
  /** Where it happened, inside of the resource. */
  readonly path: string;
  constructor(kind: string, message: string, path = "") {
    super(message);
    this.kind = kind;
    this.path = path;
  }
}

/** What a client library of Heat makes of a service's refusal. */
export function failureOf(type: string, error: unknown): HeatFailure {
  if (error instanceof HeatFailure) return error;
  if (!(error instanceof Fault))
    return new HeatFailure("Error", error instanceof Error ? error.message : String(error));
  const request = `req-${randomWord(8)}`;
  const classes: Record<number, string> = {
    400: "BadRequest",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    413: "OverLimit",
  };
  const kind = classes[error.status] ?? "ClientException";
  if (type.startsWith("OS::Neutron")) {
    const named = [
      "OverQuota",
      "IpAddressGenerationFailure",
      "ExternalIpAddressExhausted",
      "IpAddressInUse",
      "NetworkNotFound",
      "PortNotFound",
    ];
    return new HeatFailure(
      named.includes(error.type) ? `${error.type}Client` : kind,
      `${error.message}\nNeutron server returns request_ids: ['${request}']`,
    );
  }
  if (type.startsWith("OS::Octavia"))
    return new HeatFailure(
      "OctaviaClientException",
      `${error.message} (HTTP ${error.status}) (Request-ID: ${request})`,
    );
  return new HeatFailure(kind, `${error.message} (HTTP ${error.status}) (Request-ID: ${request})`);
}

/** Heat's own name for what the template gives none: stack, resource, twelve signs. */
export const physicalName = ({ stack, row }: Context): string => `${stack.name}-${row.name}-${randomWord(12)}`;
