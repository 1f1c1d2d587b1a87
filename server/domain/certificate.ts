import { z } from "zod";
import { said, text } from "./column.ts";
import { Uuid } from "./identifier.ts";

/** The CAs of a cluster. */
export const caTypes = ["kubernetes", "etcd", "front-proxy"] as const;
export type CaType = (typeof caTypes)[number];

/** Magnum's spellings: any unknown word means the cluster's main CA (magnum-api 9.1). */
export function caType(word: string | null | undefined): CaType {
  if (word === "etcd") return "etcd";
  if (word === "front-proxy" || word === "front_proxy") return "front-proxy";
  return "kubernetes";
}

/** One certificate that the cluster's CA issued. */
export const IssuedCertificate = z.object({
  id: Uuid,
  clusterId: Uuid,
  serial: text(255),
  subject: said(4096),
  caType: z.enum(caTypes),
  fingerprint: text(255),
  notBefore: z.date(),
  notAfter: z.date(),
  userId: text(255),
  userName: text(255).nullable(),
  /** Who held the key: a person's browser, a request signed by hand, or a node. */
  purpose: z.enum(["config", "request", "node"]),
  createdAt: z.date(),
});
export type IssuedCertificate = z.infer<typeof IssuedCertificate>;
