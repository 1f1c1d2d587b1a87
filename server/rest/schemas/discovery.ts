// The documents that say what is here (magnum-api 1.1, 1.2).
import { z } from "zod";
import { Links } from "./answer.ts";

const Version = z.strictObject({
  id: z.literal("v1"),
  links: Links,
  status: z.literal("CURRENT"),
  max_version: z.string(),
  min_version: z.string(),
});

export const RootDocument = z.strictObject({
  name: z.string(),
  description: z.string(),
  versions: z.array(Version),
});

export const V1Document = z.strictObject({
  id: z.literal("v1"),
  media_types: z.array(z.strictObject({ base: z.string(), type: z.string() })),
  links: Links,
  clustertemplates: Links,
  clusters: Links,
  quotas: Links,
  certificates: Links,
  mservices: Links,
  stats: Links,
  federations: Links,
  nodegroups: z.array(z.strictObject({ href: z.string(), rel: z.string() })),
  credentials: Links,
  bays: Links.optional(),
  baymodels: Links.optional(),
  versions: z.array(Version),
});
