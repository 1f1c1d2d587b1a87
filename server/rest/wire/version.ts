// The documents that say what is here (magnum-api 1.1, 1.2).
import { maximum, minimum } from "../microversion.ts";

const version = (root: string) => ({
  id: "v1",
  links: [{ href: `${root}/v1/`, rel: "self" }],
  status: "CURRENT",
  max_version: `1.${maximum}`,
  min_version: `1.${minimum}`,
});

export const rootDocument = (root: string) => ({
  name: "OpenStack Magnum API",
  description: "Magnum is an OpenStack project which aims to provide container cluster management.",
  versions: [version(root)],
});

/** Bays and baymodels are there for versions that have them. */
export function v1Document(root: string, minor: number) {
  const collections = [
    "clustertemplates",
    "clusters",
    "quotas",
    "certificates",
    "mservices",
    "stats",
    "federations",
    "credentials",
    ...(minor < 11 ? ["bays", "baymodels"] : []),
  ];
  const pair = (path: string) => [
    { href: `${root}/v1/${path}`, rel: "self" },
    { href: `${root}/${path}`, rel: "bookmark" },
  ];
  return {
    id: "v1",
    media_types: [{ base: "application/json", type: "application/vnd.openstack.magnum.v1+json" }],
    links: [
      { href: `${root}/v1/`, rel: "self" },
      {
        href: "http://docs.openstack.org/developer/magnum/dev/api-spec-v1.html",
        rel: "describedby",
        type: "text/html",
      },
    ],
    ...Object.fromEntries(collections.map((name) => [name, pair(`${name}/`)])),
    nodegroups: pair("clusters/{cluster_id}/nodegroups"),
    // gophercloud looks for this list here too (E31).
    versions: [version(root)],
  };
}
