import type { z } from "zod";
import { caType } from "../domain/certificate.ts";
import { DomainError } from "../domain/error.ts";
import { getAuthority, signCertificate } from "../services/certificate.ts";
import { rotateCa, rotateCredential } from "../services/rotation.ts";
import { route, type ApiAnswer, type ReadRequest, type Route } from "./request.ts";
import { Certificate, CertificateBody } from "./schemas/certificate.ts";
import { Accepted } from "./schemas/answer.ts";
import { certificateQuery, noQuery } from "./schemas/query.ts";
import { certificateWire } from "./wire/certificate.ts";

type Any = ReadRequest<unknown, unknown>;

async function show({ deps, ctx, param, root }: Any, type: string | undefined): Promise<ApiAnswer> {
  const { clusterId, pem } = await getAuthority(deps, ctx, param("cluster"), caType(type));
  return { status: 200, body: certificateWire(root, clusterId, pem) };
}

type SignRequest = ReadRequest<z.output<typeof CertificateBody>, unknown>;

async function sign({ deps, ctx, body, root, from }: SignRequest): Promise<ApiAnswer> {
  const { cluster, csr, caType: type } = body;
  try {
    const wish = { csr, caType: caType(type), purpose: "request", from } as const;
    const signed = await signCertificate(deps, ctx, cluster, wish);
    return { status: 201, body: certificateWire(root, signed.clusterId, signed.pem, { csr, caType: type }) };
  } catch (error) {
    // In a body an unknown cluster is bad input (magnum-api 9.2).
    if (error instanceof DomainError && error.reason === "cluster_not_found")
      throw new DomainError("invalid_input", error.message, { field: "cluster_uuid" });
    throw error;
  }
}

const accepted = ({ id }: { id: string }): ApiAnswer => ({ status: 202, body: { uuid: id } });

const path = "/v1/certificates";

export const certificateRoutes: readonly Route[] = [
  route({
    method: "POST",
    path,
    since: 1,
    operation: "post",
    policies: ["certificate:create"],
    allProjects: "cluster:get_one_all_projects",
    summary: "Have a request signed by a cluster's CA",
    argument: "certificate",
    body: CertificateBody,
    success: { status: 201, schema: Certificate },
    handle: sign,
  }),
  route({
    method: "GET",
    path: `${path}/:cluster`,
    since: 1,
    operation: "get_one",
    policies: ["certificate:get"],
    allProjects: "cluster:get_one_all_projects",
    summary: "Show a cluster's CA certificate",
    query: certificateQuery,
    success: { status: 200, schema: Certificate },
    handle: (request) => show(request, request.query.ca_cert_type),
  }),
  route({
    method: "GET",
    path: `${path}/:cluster/:type`,
    since: 1,
    operation: "get_one",
    policies: ["certificate:get"],
    allProjects: "cluster:get_one_all_projects",
    summary: "Show one of a cluster's CA certificates: kubernetes, etcd or front-proxy",
    success: { status: 200, schema: Certificate },
    handle: (request) => show(request, request.param("type")),
  }),
  route({
    method: "PATCH",
    path: `${path}/:cluster`,
    since: 1,
    operation: "patch",
    policies: ["certificate:rotate_ca"],
    allProjects: "cluster:get_one_all_projects",
    summary: "Replace a cluster's certificate authorities",
    query: noQuery,
    success: { status: 202, schema: Accepted },
    handle: async ({ deps, ctx, param }) => accepted(await rotateCa(deps, ctx, param("cluster"))),
  }),
  route({
    method: "PATCH",
    path: "/v1/credentials/:cluster",
    since: 12,
    operation: "patch",
    policies: ["credential:rotate"],
    summary: "Give a cluster a new identity at the cloud, delegated by the caller",
    query: noQuery,
    success: { status: 202, schema: Accepted },
    handle: async ({ deps, ctx, param }) => accepted(await rotateCredential(deps, ctx, param("cluster"))),
  }),
];
