// The whole cloud: tables of rows in memory, every change written through to one SQLite file before the answer leaves,
// so that a killed sandbox wakes up where it was.
import { chmodSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import type * as row from "./model.ts";

export class Table<T extends { id: string }> {
  readonly kind: string;
  readonly #rows = new Map<string, T>();
  readonly #dirty = new Set<string>();

  constructor(kind: string) {
    this.kind = kind;
  }

  get(id: string): T | undefined {
    return this.#rows.get(id);
  }

  /** In the order in which they were made. */
  all(): T[] {
    return [...this.#rows.values()];
  }

  find(fits: (row: T) => boolean): T | undefined {
    for (const one of this.#rows.values()) if (fits(one)) return one;
    return undefined;
  }

  filter(fits: (row: T) => boolean): T[] {
    return this.all().filter(fits);
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Adds a row, or notes that one was changed. */
  save(row: T): T {
    this.#rows.set(row.id, row);
    this.#dirty.add(row.id);
    return row;
  }

  change(row: T, part: Partial<T>): T {
    Object.assign(row, part);
    return this.save(row);
  }

  remove(id: string): void {
    if (this.#rows.delete(id)) this.#dirty.add(id);
  }

  load(body: unknown): void {
    const one = z.custom<T>((value) => typeof value === "object" && value !== null && "id" in value).parse(body);
    this.#rows.set(one.id, one);
  }

  /** What has changed since the last call; null = removed. */
  takeChanges(): { id: string; body: string | null }[] {
    const changes = [...this.#dirty].map((id) => {
      const one = this.#rows.get(id);
      return { id, body: one ? JSON.stringify(one) : null };
    });
    this.#dirty.clear();
    return changes;
  }
}

const tables = () => ({
  domains: new Table<row.Domain>("domain"),
  projects: new Table<row.Project>("project"),
  users: new Table<row.User>("user"),
  roles: new Table<row.Role>("role"),
  grants: new Table<row.Grant>("grant"),
  trusts: new Table<row.Trust>("trust"),
  applicationCredentials: new Table<row.ApplicationCredential>("application_credential"),
  tokens: new Table<row.Token>("token"),
  flavors: new Table<row.Flavor>("flavor"),
  keypairs: new Table<row.Keypair>("keypair"),
  servers: new Table<row.Server>("server"),
  serverGroups: new Table<row.ServerGroup>("server_group"),
  networks: new Table<row.Network>("network"),
  subnets: new Table<row.Subnet>("subnet"),
  routers: new Table<row.Router>("router"),
  ports: new Table<row.Port>("port"),
  floatingIps: new Table<row.FloatingIp>("floating_ip"),
  securityGroups: new Table<row.SecurityGroup>("security_group"),
  securityGroupRules: new Table<row.SecurityGroupRule>("security_group_rule"),
  images: new Table<row.Image>("image"),
  volumes: new Table<row.Volume>("volume"),
  volumeTypes: new Table<row.VolumeType>("volume_type"),
  balancers: new Table<row.Balancer>("load_balancer"),
  listeners: new Table<row.Listener>("listener"),
  pools: new Table<row.Pool>("pool"),
  members: new Table<row.Member>("member"),
  monitors: new Table<row.Monitor>("health_monitor"),
  secrets: new Table<row.StoredSecret>("secret"),
  quotas: new Table<row.Quota>("quota"),
  stacks: new Table<row.Stack>("stack"),
  resources: new Table<row.Resource>("resource"),
  events: new Table<row.StackEvent>("event"),
  nodes: new Table<row.Node>("node"),
  kubernetes: new Table<row.Kubernetes>("kubernetes"),
  settings: new Table<row.Setting>("setting"),
});

export type Tables = ReturnType<typeof tables>;
export type State = Tables & {
  /** Nothing was in the file yet. */
  readonly fresh: boolean;
  /** Writes all changes in one transaction. */
  flush(): void;
  close(): void;
};

/** Undefined path = memory only. Throws when the file is not one of ours. */
export function openState(path: string | undefined): State {
  const all = tables();
  if (path === undefined)
    return {
      ...all,
      fresh: true,
      flush: () => {
        for (const table of Object.values(all)) table.takeChanges();
      },
      close: () => {},
    };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(path);
  chmodSync(path, 0o600);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000");
  db.exec(
    "CREATE TABLE IF NOT EXISTS item (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, id))",
  );
  const byKind = new Map(Object.values(all).map((table) => [table.kind, table]));
  const stored = z.array(z.object({ kind: z.string(), body: z.string() }));
  const rows = stored.parse(db.prepare("SELECT kind, body FROM item ORDER BY n").all());
  for (const { kind, body } of rows) byKind.get(kind)?.load(JSON.parse(body));
  const put = db.prepare(
    "INSERT INTO item (kind, id, body) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
  );
  const drop = db.prepare("DELETE FROM item WHERE kind = ? AND id = ?");
  const flush = () => {
    const changes = Object.values(all).flatMap((table) =>
      table.takeChanges().map((change) => ({ kind: table.kind, ...change })),
    );
    if (changes.length === 0) return;
    db.exec("BEGIN IMMEDIATE");
    for (const { kind, id, body } of changes) {
      if (body === null) drop.run(kind, id);
      else put.run(kind, id, body);
    }
    db.exec("COMMIT");
  };
  return {
    ...all,
    fresh: rows.length === 0,
    flush,
    close: () => {
      flush();
      db.close();
    },
  };
}
