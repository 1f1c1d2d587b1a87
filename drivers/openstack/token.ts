// Signing in at Keystone v3 and reading what a token says.
import { z } from "zod";
import { Secret } from "../../server/domain/secret.ts";
import type { Credential, IssuedToken, ProjectRef, TokenInfo, TokenScope, UserRef } from "./cloud.ts";
import { OpenStackError } from "./error.ts";
import { parseAnswer } from "./http.ts";
import type { Call, Connection } from "./http.ts";

const named = z.object({ id: z.string(), name: z.string() });
const person = z.object({ id: z.string() });
const dateTime = z.string().transform((text, ctx) => {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date;
  ctx.addIssue({ code: "custom", message: "is not a time" });
  return z.NEVER;
});

const Token = z.object({
  token: z
    .object({
      user: named.extend({ domain: named }),
      project: named.extend({ domain: named }).nullish(),
      domain: named.nullish(),
      roles: z.array(named).default([]),
      methods: z.array(z.string()).default([]),
      issued_at: dateTime,
      expires_at: dateTime,
      "OS-TRUST:trust": z
        .object({ id: z.string(), impersonation: z.boolean(), trustor_user: person, trustee_user: person })
        .nullish(),
      application_credential: named.extend({ restricted: z.boolean().default(true) }).nullish(),
      catalog: z
        .array(
          z.object({
            type: z.string(),
            name: z.string().default(""),
            endpoints: z.array(
              z.object({
                interface: z.string(),
                url: z.string(),
                region: z.string().nullish(),
                region_id: z.string().nullish(),
              }),
            ),
          }),
        )
        .default([]),
    })
    .transform((token): TokenInfo => {
      const trust = token["OS-TRUST:trust"];
      return {
        user: token.user,
        project: token.project ?? null,
        domain: token.domain ?? null,
        roles: token.roles,
        methods: token.methods,
        issuedAt: token.issued_at,
        expiresAt: token.expires_at,
        trust: trust
          ? {
              id: trust.id,
              trustorId: trust.trustor_user.id,
              trusteeId: trust.trustee_user.id,
              impersonation: trust.impersonation,
            }
          : null,
        applicationCredential: token.application_credential ?? null,
        catalog: token.catalog.map((service) => ({
          type: service.type,
          name: service.name,
          endpoints: service.endpoints.map((endpoint) => ({
            interface: endpoint.interface,
            url: endpoint.url,
            region: endpoint.region_id ?? endpoint.region ?? "",
          })),
        })),
      };
    }),
});

/** Signs in. Wrong credentials: kind `unauthorized`. Each call makes a token, so it may be repeated. */
export async function authenticate(
  connection: Connection,
  authUrl: string,
  credential: Credential,
  signal?: AbortSignal,
): Promise<IssuedToken> {
  const call: Call = {
    service: "identity",
    operation: "sign in",
    method: "POST",
    url: `${authUrl}/auth/tokens`,
    body: { auth: authBody(credential) },
    repeatable: true,
    signal,
  };
  const answer = await connection.send(call);
  const token = answer.headers["x-subject-token"];
  if (typeof token !== "string") {
    throw new OpenStackError("identity, sign in: the answer has no token", {
      service: "identity",
      operation: "sign in",
      kind: "unexpected_answer",
      status: answer.status,
      requestId: answer.requestId,
      retryable: false,
    });
  }
  return { ...parseAnswer(answer, Token, call).token, token: new Secret(token) };
}

/** What a token says of itself. Kind `not_found` (asked by another) or `unauthorized` (by itself) = not valid. */
export async function describeToken(
  connection: Connection,
  authUrl: string,
  tokens: { bearer: Secret; subject: Secret },
  signal?: AbortSignal,
): Promise<TokenInfo> {
  const call: Call = {
    service: "identity",
    operation: "validate token",
    method: "GET",
    url: `${authUrl}/auth/tokens`,
    token: tokens.bearer,
    headers: { "X-Subject-Token": tokens.subject },
    signal,
  };
  return parseAnswer(await connection.send(call), Token, call).token;
}

function authBody(credential: Credential): object {
  switch (credential.kind) {
    case "password":
      return {
        identity: {
          methods: ["password"],
          password: { user: { ...userBody(credential.user), password: credential.password } },
        },
        ...scopeBody(credential.scope),
      };
    case "application_credential":
      return {
        identity: {
          methods: ["application_credential"],
          application_credential: {
            ...("id" in credential.credential
              ? credential.credential
              : { name: credential.credential.name, user: userBody(credential.credential.user) }),
            secret: credential.secret,
          },
        },
      };
    case "token":
      return { identity: { methods: ["token"], token: { id: credential.token } }, ...scopeBody(credential.scope) };
    default:
      return credential satisfies never;
  }
}

function scopeBody(scope: TokenScope | undefined): object {
  if (scope === undefined) return {};
  if (scope === "unscoped") return { scope: "unscoped" };
  if ("trust" in scope) return { scope: { "OS-TRUST:trust": scope.trust } };
  return { scope };
}

const userBody = (user: UserRef | ProjectRef): object =>
  "id" in user ? { id: user.id } : { name: user.name, domain: user.domain };
