// What the sandbox cloud remembers: rows by kind in memory, each change written through to one SQLite file, so that a
// restart (or a SIGKILL) does not forget the cloud. Rows are plain JSON.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

export interface Row {
  id: string;
}

export interface Collection<T extends Row> {
  get(id: string): T | undefined;
  /** Adds or replaces; a row that was changed in place must be put again to be remembered. */
  put(row: T): T;
  delete(id: string): void;
  all(): T[];
  find(test: (row: T) => boolean): T | undefined;
  filter(test: (row: T) => boolean): T[];
}

export interface Store {
  collection<T extends Row>(kind: string): Collection<T>;
  close(): void;
}

/** `path` undefined: in memory only. */
export function openStore(path: string | undefined): Store {
  if (path !== undefined) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const db = path === undefined ? null : new DatabaseSync(path, { timeout: 5000 });
  db?.exec(
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE IF NOT EXISTS row (kind TEXT, id TEXT, seq INTEGER, json TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID",
  );
  const write: StatementSync | undefined = db?.prepare(
    "INSERT INTO row VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET json = excluded.json",
  );
  const erase: StatementSync | undefined = db?.prepare("DELETE FROM row WHERE kind = ? AND id = ?");
  let seq = Number(db?.prepare("SELECT coalesce(max(seq), 0) AS seq FROM row").get()?.["seq"] ?? 0);
  let closed = false;

  return {
    collection<T extends Row>(kind: string): Collection<T> {
      const rows = new Map<string, T>();
      const kept = db?.prepare("SELECT id, json FROM row WHERE kind = ? ORDER BY seq").all(kind) ?? [];
      // Written by this program only, in this shape.
      for (const { id, json } of kept) rows.set(String(id), JSON.parse(String(json)) as T);
      return {
        get: (id) => rows.get(id),
        put(row) {
          rows.set(row.id, row);
          if (!closed) write?.run(kind, row.id, ++seq, JSON.stringify(row));
          return row;
        },
        delete(id) {
          rows.delete(id);
          if (!closed) erase?.run(kind, id);
        },
        all: () => [...rows.values()],
        find: (test) => [...rows.values()].find(test),
        filter: (test) => [...rows.values()].filter(test),
      };
    },
    close() {
      closed = true;
      db?.close();
    },
  };
}
