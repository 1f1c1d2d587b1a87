// Whom a row of the tables lets in, in words of their own: not by the policies that are put to the test.
import { people, type Person } from "./people.ts";

/**
 * `in`: what was asked for is done, or refused for what was asked, not for who asks. `forbidden`: 403. `missing`: 404, as
 * if it were not there. `unknown`: 401.
 */
export type Reception = "in" | "forbidden" | "missing" | "unknown";

/**
 * `anybody`: with any token. `readers`, `members`: with that role, administrators too. `creator`: the person who made the
 * cluster and is a member, `watcher` the same as a reader, administrators too. `members only`: no administrators.
 * `admins`: those alone. `nobody`: no token opens it, and none is asked for.
 */
export type Audience = "anybody" | "readers" | "members" | "members only" | "creator" | "watcher" | "admins" | "nobody";

const secure: Record<Audience, readonly Person[]> = {
  anybody: people.filter((person) => person !== "stranger"),
  readers: ["reader", "member", "owner", "other", "admin"],
  members: ["member", "owner", "other", "admin"],
  "members only": ["member", "owner", "other", "admin"],
  creator: ["owner", "admin"],
  watcher: ["owner", "admin"],
  admins: ["admin"],
  nobody: [],
};

const ofProject: readonly Person[] = ["roleless", "formerOwner", "reader", "member", "owner", "other", "admin"];
const legacy: Record<Audience, readonly Person[]> = {
  ...secure,
  readers: ofProject,
  members: ofProject,
  creator: ["formerOwner", "owner", "admin"],
  watcher: ["formerOwner", "owner", "admin"],
};

export interface Row {
  audience: Audience;
  /**
   * What it is about: who is of another project does not find that. Nodes of other clusters do not find the `cluster`;
   * to node groups and templates (`part`) no node gets that far. Absent = the caller's own project.
   */
  about?: "cluster" | "part";
  /** May the cluster's trustee do it? */
  node?: true;
  /** There is no such thing: who may look for it finds nothing. */
  none?: true;
  /** Who gets something else than that, under every set of defaults, and why is said beside it. */
  but?: Partial<Record<Person, Reception>>;
}

/** What everybody gets of a row. At the console administrators stay in their project; `reaches` = the REST API. */
export function receptions(row: Row, defaults: "secure" | "legacy", reaches: boolean): Record<Person, Reception> {
  const { audience, about, node, none, but = {} } = row;
  const allowed = (defaults === "secure" ? secure : legacy)[audience];
  const of = (person: Person): Reception => {
    if (audience === "nobody") return "forbidden";
    if (person === "stranger") return "unknown";
    const exception = but[person];
    if (exception !== undefined) return exception;
    const away = person === "other" || (person === "admin" && !reaches);
    if (about && away) return "missing";
    if (about === "cluster" && person === "otherNode") return "missing";
    const may = person === "node" ? node || audience === "anybody" : allowed.includes(person);
    return may ? (none ? "missing" : "in") : "forbidden";
  };
  return Object.fromEntries(people.map((person) => [person, of(person)])) as Record<Person, Reception>;
}
