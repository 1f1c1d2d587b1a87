// The real clouds: clients over one pool of connections, each bound to one credential and one region. Nothing is
// asked before the first call.
import { Secret } from "../../server/domain/secret.ts";
import { openBarbican } from "./barbican.ts";
import { openCinder } from "./cinder.ts";
import type { BoundOptions, Cloud, Clouds, Credential, DomainRef, ProjectRef, UserRef } from "./cloud.ts";
import { openFacts, openFactStore } from "./facts.ts";
import type { FactStore } from "./facts.ts";
import { openGlance } from "./glance.ts";
import { openHeat } from "./heat.ts";
import { openConnection } from "./http.ts";
import type { ConnectionOptions } from "./http.ts";
import { openIdentity } from "./identity.ts";
import { openKeystone } from "./keystone.ts";
import { openNeutron } from "./neutron.ts";
import { openNova } from "./nova.ts";
import { openOctavia } from "./octavia.ts";
import { officialType, openSession } from "./session.ts";
import type { Session, SessionOptions } from "./session.ts";

/** The operator's settings. Passwords are kept as Secrets from here on. */
export interface CloudSettings {
  /** Keystone with /v3. */
  authUrl: string;
  username: string;
  password: string | Secret;
  userDomain: DomainRef;
  project: ProjectRef;
  /** Null = the catalog's only region. */
  region: string | null;
  interface: "public" | "internal" | "admin";
  /** PEM of the cloud's own CA. */
  caPem?: string | null;
  insecure?: boolean;
  trustee: {
    domain: DomainRef;
    admin: UserRef;
    adminPassword: string | Secret;
  };
}

const secret = (value: string | Secret) => (value instanceof Secret ? value : new Secret(value));

/** Asks nothing yet. `connection` tunes limits and tells of each call. */
export function openClouds(settings: CloudSettings, connectionOptions: ConnectionOptions = {}): Clouds {
  const connection = openConnection({
    caPem: settings.caPem ?? null,
    insecure: settings.insecure ?? false,
    ...connectionOptions,
  });
  const { authUrl } = settings;

  const session = (source: SessionOptions["source"], options: BoundOptions = {}): Session =>
    openSession({
      connection,
      authUrl,
      source,
      interface: settings.interface,
      region: options.region ?? settings.region,
      signal: options.signal,
    });
  const serviceCredential: Credential = {
    kind: "password",
    user: { name: settings.username, domain: settings.userDomain },
    password: secret(settings.password),
    scope: { project: settings.project },
  };
  const trusteeAdmin: Credential = {
    kind: "password",
    user: settings.trustee.admin,
    password: secret(settings.trustee.adminPassword),
    scope: { domain: settings.trustee.domain },
  };

  const facts = openFactStore();
  const bound = (session: Session, region: string | null) => bind(session, region, facts);
  const serviceClouds = new Map<string | null, Cloud>();
  const serviceSession = session({ credential: serviceCredential });
  return {
    identity: openIdentity({
      connection,
      authUrl,
      service: serviceSession,
      trusteeAdmin: session({ credential: trusteeAdmin }),
    }),
    service(region = null) {
      const known = serviceClouds.get(region);
      if (known) return known;
      const own = region === null ? serviceSession : session({ credential: serviceCredential }, { region });
      const cloud = bound(own, region ?? settings.region);
      serviceClouds.set(region, cloud);
      return cloud;
    },
    fromToken: (token, options = {}) =>
      bound(session({ token, info: options.info }, options), options.region ?? settings.region),
    fromTrust: (trust, options = {}) =>
      bound(
        session(
          {
            credential: {
              kind: "password",
              user: { id: trust.trusteeUserId },
              password: trust.trusteePassword,
              scope: { trust: { id: trust.trustId } },
            },
          },
          options,
        ),
        options.region ?? settings.region,
      ),
    fromCredential: (credential, options = {}) =>
      bound(session({ credential }, options), options.region ?? settings.region),
    close: () => connection.close(),
  };
}

function bind(session: Session, region: string | null, store: FactStore): Cloud {
  const asked = {
    nova: openNova(session),
    neutron: openNeutron(session),
    glance: openGlance(session),
    cinder: openCinder(session),
    octavia: openOctavia(session),
  };
  return {
    region,
    keystone: openKeystone(session),
    ...asked,
    facts: openFacts(store, asked, async () => {
      const { project, user, roles } = await session.current();
      return JSON.stringify([region, project?.id ?? user.id, roles.map(({ name }) => name).toSorted()]);
    }),
    heat: openHeat(session),
    barbican: openBarbican(session),
    async whoAmI() {
      const { token: _secret, ...info } = await session.current();
      return info;
    },
    token: async () => (await session.current()).token,
    async services() {
      const { catalog } = await session.current();
      const here = catalog.filter(
        (service) => region === null || service.endpoints.some((endpoint) => endpoint.region === region),
      );
      return [...new Set(here.map((service) => officialType(service.type)))].toSorted();
    },
    async regions() {
      const { catalog } = await session.current();
      const names = catalog.flatMap((service) => service.endpoints.map((endpoint) => endpoint.region));
      return [...new Set(names.filter((name) => name !== ""))].toSorted();
    },
    endpoint: (serviceType) => session.endpoint(serviceType),
  };
}
