import { caType } from "../domain/certificate.ts";
import { DomainError } from "../domain/error.ts";
import { getAuthority, signCertificate } from "../services/certificate.ts";
import { first } from "./paging.ts";
import type { ApiAnswer, ApiRequest, Route } from "./request.ts";
import { certificateWire, readCertificateRequest } from "./wire/certificate.ts";

async function show({ deps, ctx, param, query, root }: ApiRequest, type: string | undefined): Promise<ApiAnswer> {
  const word = type ?? first(query["ca_cert_type"]);
  const { clusterId, pem } = await getAuthority(deps, ctx, param("cluster"), caType(word));
  return { status: 200, body: certificateWire(root, clusterId, pem) };
}

async function sign({ deps, ctx, body, root, from }: ApiRequest): Promise<ApiAnswer> {
  const request = readCertificateRequest(body);
  try {
    const signed = await signCertificate(deps, ctx, request.cluster, {
      csr: request.csr,
      caType: caType(request.caType),
      purpose: "request",
      from,
    });
    const { csr, caType: type } = request;
    return { status: 201, body: certificateWire(root, signed.clusterId, signed.pem, { csr, caType: type }) };
  } catch (error) {
    // In a body an unknown cluster is bad input (magnum-api 9.2).
    if (error instanceof DomainError && error.reason === "cluster_not_found")
      throw new DomainError("invalid_input", error.message, { field: "cluster_uuid" });
    throw error;
  }
}

export const certificateRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/certificates",
    since: 1,
    operation: "post",
    policies: ["certificate:create"],
    allProjects: "cluster:get_one_all_projects",
    handle: sign,
  },
  {
    method: "GET",
    path: "/v1/certificates/:cluster",
    since: 1,
    operation: "get_one",
    policies: ["certificate:get"],
    allProjects: "cluster:get_one_all_projects",
    handle: (request) => show(request, undefined),
  },
  {
    method: "GET",
    path: "/v1/certificates/:cluster/:type",
    since: 1,
    operation: "get_one",
    policies: ["certificate:get"],
    allProjects: "cluster:get_one_all_projects",
    handle: (request) => show(request, request.param("type")),
  },
];
