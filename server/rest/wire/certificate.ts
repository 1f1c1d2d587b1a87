// Certificates as answered (magnum-api 9).
import type { Certificate } from "../schemas/certificate.ts";
import { links } from "./resource.ts";

export const certificateWire = (
  root: string,
  clusterId: string,
  pem: string,
  request: { csr: string; caType: string | null } | null = null,
): Certificate => ({
  cluster_uuid: clusterId,
  // The older name of the same, for old Go clients.
  bay_uuid: clusterId,
  links: links(root, `certificates/${clusterId}`),
  ...(request ? { csr: request.csr } : {}),
  ...(request?.caType ? { ca_cert_type: request.caType } : {}),
  pem: pem.trimEnd(),
});
