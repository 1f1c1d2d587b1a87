// Magnum's API versions: how they are asked for and answered (magnum-api 2).
import { ApiRefusal, versionRefusal } from "./errors.ts";

/** 1.x; only the minor number ever differs. */
export type Minor = number;

export const minimum: Minor = 1;
export const maximum: Minor = 14;
const service = "container-infrastructure-management";
const aliases = new Set([service, "container-infrastructure", "container-infra"]);

export interface Negotiated {
  minor: Minor;
  /** Absent header: served as 1.1, but some rules of 1.1 are not held against it (E36). */
  asked: boolean;
}

/** Reads `OpenStack-API-Version`. Throws ApiRefusal 406 in the three shapes that Magnum has for it. */
export function negotiate(header: string | undefined): Negotiated {
  if (header === undefined) return { minor: minimum, asked: false };
  const [name = "", value = "", ...rest] = header.trim().split(/\s+/);
  if (value.toLowerCase() === "latest" && rest.length === 0) return { minor: maximum, asked: true };
  if (rest.length > 0 || value === "" || !aliases.has(name))
    throw new ApiRefusal(406, "Invalid service type for OpenStack-API-Version header", "Not Acceptable");
  const numbers = /^(\d{1,9})\.(\d{1,9})$/.exec(value);
  if (!numbers) throw new ApiRefusal(406, "Invalid value for OpenStack-API-Version header", "Not Acceptable");
  const [major, minor] = [Number(numbers[1]), Number(numbers[2])];
  const range = `[${service} 1.${minimum}, ${service} 1.${maximum}]`;
  if (major !== 1)
    throw versionRefusal(
      `Mutually exclusive versions requested. Version ${value} requested but not supported by this service. The supported version range is: ${range}.`,
      value,
    );
  if (minor < minimum || minor > maximum)
    throw versionRefusal(
      `Version ${value} was requested but the minor version is not supported by this service. The supported version range is: ${range}.`,
      value,
    );
  return { minor, asked: true };
}

/** What every answer below /v1 says about versions. `version` is the one asked for, even when it was refused. */
export const versionHeaders = (version: string): Record<string, string> => ({
  "OpenStack-API-Version": `${service} ${version}`,
  "OpenStack-API-Minimum-Version": `${service} 1.${minimum}`,
  "OpenStack-API-Maximum-Version": `${service} 1.${maximum}`,
  vary: "OpenStack-API-Version",
});

/** Refuses an operation that came with a later version; `operation` is Magnum's internal word for it. */
export function since(negotiated: Negotiated, from: Minor, operation: string): void {
  if (negotiated.minor < from)
    throw new ApiRefusal(
      406,
      `Version 1.${negotiated.minor} was requested but the requested API ${operation} is not supported for this version.`,
      "Not Acceptable",
    );
}
