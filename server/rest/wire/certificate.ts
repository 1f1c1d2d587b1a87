// Certificates on the wire (magnum-api 9).
import { links } from "./common.ts";
import { missingField, orNull, orUnset, readBody, text } from "./read.ts";

export interface CertificateRequest {
  /** Id or name. */
  cluster: string;
  csr: string;
  caType: string | null;
}

export function certificateWire(
  root: string,
  clusterId: string,
  pem: string,
  request: { csr: string; caType: string | null } | null = null,
) {
  return {
    cluster_uuid: clusterId,
    // The older name of the same, for old Go clients.
    bay_uuid: clusterId,
    links: links(root, `certificates/${clusterId}`),
    ...(request ? { csr: request.csr } : {}),
    ...(request?.caType ? { ca_cert_type: request.caType } : {}),
    pem: pem.trimEnd(),
  };
}

const fields = {
  cluster_uuid: orNull(text(1, 255)),
  bay_uuid: orUnset(text(1, 255)),
  csr: orNull(text(1, 65_536)),
  ca_cert_type: orUnset(text(1, 255)),
};

/** The body of POST /v1/certificates. */
export function readCertificateRequest(body: unknown): CertificateRequest {
  const given = readBody(body, "certificate", fields, { ignored: ["pem", "links", "created_at", "updated_at"] });
  const cluster = given.cluster_uuid ?? given.bay_uuid;
  if (cluster === undefined) throw missingField("cluster_uuid");
  if (given.csr === undefined || given.csr === null) throw missingField("csr");
  return { cluster, csr: given.csr, caType: given.ca_cert_type ?? null };
}
