// What went wrong with the cloud, as the loop has to know it: for whom, for how long, and in which words.
import { isOpenStackError } from "../../drivers/openstack/error.ts";
import { DomainError } from "../domain/error.ts";
import { passingOf } from "../domain/passing.ts";

export interface Trouble {
  message: string;
  remedy: string | null;
  /** The same call will be refused again until somebody does something. */
  permanent: boolean;
  /** The credential in use is not (or no longer) good for this. */
  refused: boolean;
  /** A mistake of ours: nothing that a person could act on. */
  bug: boolean;
}

/** Of an error that a driver, a client or another layer threw. */
export function troubleOf(error: unknown): Trouble {
  if (isOpenStackError(error)) {
    const { kind, service, message } = error;
    const who = serviceWords[service] ?? `the cloud's ${service} service`;
    if (kind === "unauthorized" || kind === "forbidden")
      return {
        message: `The cluster's own access to the cloud was refused by ${who}: ${message}`,
        remedy: "Check that the owner of the cluster still has their roles in the project, then retry.",
        permanent: false,
        refused: true,
        bug: false,
      };
    if (error.retryable || kind === "unavailable" || kind === "timeout" || kind === "rate_limited")
      return plain(`${capital(who)} does not answer as it should: ${message}`, false);
    if (kind === "cancelled") return plain(`The call to ${who} was given up.`, false);
    return plain(
      `${capital(who)} refused: ${message}`,
      (kind === "quota" || kind === "bad_request" || kind === "no_service") && passingOf(message) === null,
    );
  }
  if (error instanceof DomainError) {
    const permanent = error.reason !== "cloud_unavailable";
    const upstream = error.details.upstream ? ` (${error.details.upstream.message})` : "";
    return { ...plain(`${error.message}${upstream}`, permanent), remedy: error.details.remedy ?? null };
  }
  return {
    ...plain("This service made a mistake while it worked on the cluster. It goes on trying.", false),
    bug: true,
  };
}

const plain = (message: string, permanent: boolean): Trouble => ({
  message,
  remedy: null,
  permanent,
  refused: false,
  bug: false,
});

const serviceWords: Readonly<Record<string, string>> = {
  identity: "the identity service",
  orchestration: "the orchestration service",
  compute: "the compute service",
  network: "the network service",
  "load-balancer": "the load balancing service",
  "key-manager": "the key manager",
};

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
