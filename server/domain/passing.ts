// Refusals that pass by themselves, told from lasting ones by their words: the one table for what is tried again without
// anybody asking. What is not in it lasts until somebody does something.

export interface Passing {
  /** For tests, metrics and the sandbox: a cluster with this word in its name meets the refusal once. */
  key: string;
  /** Who refuses and why, to be read after "Trying again: ". */
  why: string;
  words: RegExp;
  /** As the other side says it. */
  sample: string;
  /** A Heat resource that meets it; null = the sandbox cannot play it. */
  resource: string | null;
  /** How often in one operation. */
  tries: number;
  /** Only of a change: what the cluster itself is giving back may still be counted. */
  ofChanges?: true;
  /** Where the words come from. */
  source: string;
}

const many = 5;

export const passing: readonly Passing[] = [
  {
    key: "project-busy",
    why: "the load balancing service works on one request of a project at a time",
    words: /project busy|unable to lock the project/i,
    sample: "Project busy.  Unable to lock the project.  Please try again. (HTTP 503) (Request-ID: req-1)",
    resource: "OS::Octavia::LoadBalancer",
    tries: many,
    source: "Octavia: common/exceptions.py, ProjectBusyException; a deadlock on the project's row of quotas",
  },
  {
    key: "balancer-immutable",
    why: "the load balancer was still being changed",
    words: /\bis immutable and cannot be updated\b/i,
    sample: "Load Balancer 5e2 is immutable and cannot be updated. (HTTP 409) (Request-ID: req-1)",
    resource: "OS::Octavia::Listener",
    tries: many,
    source: "Octavia: common/exceptions.py, ImmutableObject",
  },
  {
    key: "deadlock",
    why: "two requests met in a service's database",
    words: /deadlock|lock wait timeout|database is locked/i,
    sample: "DBDeadlock: (1213, 'Deadlock found when trying to get lock; try restarting transaction') (HTTP 500)",
    resource: "OS::Neutron::SecurityGroup",
    tries: many,
    source: "oslo.db: exception.py, DBDeadlock, with the words of MySQL 1205 and 1213 and of SQLite",
  },
  {
    key: "no-reply",
    why: "one part of a service did not hear from another in time",
    words: /MessagingTimeout|timed out waiting for a reply/i,
    sample: "MessagingTimeout: Timed out waiting for a reply to message ID 9f3c",
    resource: "OS::Nova::ServerGroup",
    tries: many,
    source: "oslo.messaging: exceptions.py, MessagingTimeout, as RPC clients of every service raise it",
  },
  {
    key: "unreachable",
    why: "a service could not be reached",
    words: /unable to establish connection|connection (?:aborted|refused|reset)|remote end closed connection/i,
    sample:
      "ConnectFailure: Unable to establish connection to http://network/v2.0/networks: ('Connection aborted.', " +
      "RemoteDisconnected('Remote end closed connection without response'))",
    resource: "OS::Neutron::Net",
    tries: many,
    source: "keystoneauth1: session.py, ConnectFailure, with the words of urllib3",
  },
  {
    key: "service-away",
    why: "a service was not available",
    words:
      /\(HTTP 50[234]\)|service (?:is |temporarily )?unavailable|currently unavailable|bad gateway|gateway time-?out/i,
    sample: "ServiceUnavailable: The server is currently unavailable. Please try again at a later time. (HTTP 503)",
    resource: "OS::Neutron::Subnet",
    tries: many,
    source: "RFC 9110, 15.6.3 to 15.6.5, as proxies and webob say it",
  },
  {
    key: "rate-limited",
    why: "a service limits how often it is asked",
    words: /\(HTTP 429\)|too many requests|rate[- ]limit/i,
    sample: "OverLimit: This request was rate-limited. (HTTP 429) (Request-ID: req-1)",
    resource: "OS::Neutron::Router",
    tries: many,
    source: "RFC 6585, 4; Nova: api/openstack/wsgi.py, RateLimitFault",
  },
  {
    key: "token-ended",
    why: "the token that was used had ended",
    words: /\(HTTP 401\)|could not (?:recognize|find) (?:fernet )?token|token (?:has |is )?expired/i,
    sample: "Unauthorized: The request you have made requires authentication. (HTTP 401) (Request-ID: req-1)",
    resource: "OS::Neutron::RouterInterface",
    // Whose trust is gone is refused in the same words.
    tries: 2,
    source: "Keystone: exception.py, Unauthorized; fernet tokens end while Heat still holds them",
  },
  {
    key: "engine-down",
    why: "the orchestration service was restarted in the middle of its work",
    words: /engine went down during/i,
    sample: "Engine went down during resource CREATE",
    resource: "OS::Neutron::FloatingIP",
    tries: many,
    source: "Heat: engine/service.py and engine/stack.py, reset_stack_and_resources_in_progress",
  },
  {
    key: "port-late",
    why: "the network of a server was not plugged in time",
    words: /virtual interface creation failed|failed to allocate the network/i,
    sample:
      'Went to status ERROR due to "Message: Build of instance 5e2 aborted: Failed to allocate the network(s), not rescheduling., Code: 500"',
    resource: "OS::Nova::Server",
    tries: many,
    source: "Nova: exception.py, VirtualInterfaceCreateException and compute/manager.py, BuildAbortException",
  },
  {
    key: "quota-in-passing",
    why: "what the change gives back was still counted",
    words: /quota exceeded|OverQuota|quota has been met/i,
    sample: "Forbidden: Quota exceeded for cores: Requested 2, but already used 20 of 20 cores (HTTP 403)",
    resource: null,
    tries: 2,
    ofChanges: true,
    source: "Nova counts a server until it is gone; Neutron: db/quota/api.py, reservations count for 120 s",
  },
];

/** What a node says of itself is no service's refusal, whatever words it uses. */
const ofNodes = /WaitCondition|SoftwareDeployment/;

/** The row that a refusal is, or null: it lasts. `type`: of the resource that met it, where it is one. */
export function passingOf(reason: string, type = "", during: "creation" | "change" = "creation"): Passing | null {
  if (ofNodes.test(type) || ofNodes.test(reason)) return null;
  return passing.find((row) => row.words.test(reason) && (!row.ofChanges || during === "change")) ?? null;
}
