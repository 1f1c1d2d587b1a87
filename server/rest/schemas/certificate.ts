// Certificates on the wire (magnum-api 9).
import { z } from "zod";
import { sentence } from "../read.ts";
import { Id, Links } from "./answer.ts";
import { ignored, optional, reference, text } from "./field.ts";

const missing = (field: string) =>
  `Invalid input for field/attribute ${field}. Value: 'None'. Mandatory field missing.`;

/** The body of POST /v1/certificates. `bay_uuid` is the older name of the cluster, for old Go clients. */
export const CertificateBody = z
  .strictObject({
    cluster_uuid: optional(reference()),
    bay_uuid: optional(reference()),
    csr: text(1, 65_536),
    ca_cert_type: optional(reference()),
    pem: ignored(),
    links: ignored(),
    created_at: ignored(),
    updated_at: ignored(),
  })
  .transform(({ cluster_uuid, bay_uuid, csr, ca_cert_type }, ctx) => {
    const cluster = cluster_uuid ?? bay_uuid;
    if (cluster === undefined) {
      ctx.issues.push(sentence(cluster, missing("cluster_uuid")));
      return z.NEVER;
    }
    return { cluster, csr, caType: ca_cert_type ?? null };
  });

export const Certificate = z.strictObject({
  cluster_uuid: Id,
  bay_uuid: Id,
  links: Links,
  csr: z.string().optional(),
  ca_cert_type: z.string().optional(),
  pem: z.string(),
});
export type Certificate = z.infer<typeof Certificate>;
