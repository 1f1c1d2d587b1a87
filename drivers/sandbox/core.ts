// What every part of the sandbox shares: its rows, its clock, and how it is woken.
import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { State } from "./state.ts";

export interface SandboxLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface Core {
  readonly state: State;
  readonly speed: number;
  /** Without a slash at the end; known once it listens. */
  url(): string;
  /** Our own REST API with /v1, for the catalog. */
  readonly apiUrl: string;
  readonly tokenLifeMs: number;
  readonly log: SandboxLog;
  now(): number;
  /** The moment when something is done that takes so many seconds in a real cloud. */
  after(seconds: number): number;
  /** Something has changed: whatever waits looks again. */
  wake(): void;
}

/** Who asks, or in whose name something is done. */
export interface Caller {
  userId: string;
  projectId: string | null;
  domainId: string | null;
  roles: string[];
  isAdmin: boolean;
  /** Set for a token that was made through a trust. */
  trustId?: string;
}

/** A refusal by a service. `type` is the class or word that its body names. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

export const uuid = (): string => randomUUID();
/** Keystone's ids have no dashes. */
export const hexId = (): string => randomUUID().replaceAll("-", "");
export const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
export const randomWord = (length: number): string =>
  [...randomBytes(length)].map((byte) => "abcdefghijklmnopqrstuvwxyz234567"[byte % 32]).join("");
/** 2026-01-02T03:04:05Z */
export const seconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
/** 2026-01-02T03:04:05.000000 */
export const micros = (ms: number): string => `${new Date(ms).toISOString().slice(0, 23)}000`;
/** 2026-01-02T03:04:05.000000Z */
export const microsZ = (ms: number): string => `${micros(ms)}Z`;
