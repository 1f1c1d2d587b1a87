// What an administrator would do first in a new cloud: publish templates. The sandbox's administrator does it by the
// same service as everybody, so that a newcomer can create a cluster at once.
import type { Credential } from "../drivers/openstack/cloud.ts";
import type { TemplateCreate } from "./domain/cluster-template.ts";
import { Secret } from "./domain/secret.ts";
import { createTemplate } from "./services/cluster-template/change.ts";
import { listTemplates } from "./services/cluster-template/read.ts";
import type { Deps } from "./services/deps.ts";

const domain = { name: "Default" };
const administrator: Credential = {
  kind: "password",
  user: { name: "admin", domain },
  password: new Secret("admin"),
  scope: { project: { name: "admin", domain } },
};

const shared = {
  coe: "kubernetes",
  externalNetworkId: "public",
  dnsNameserver: "192.0.2.53",
  networkDriver: "flannel",
  public: true,
} as const;

/** By name; the image is the newest Fedora CoreOS. */
const templates: (Omit<TemplateCreate, "imageId"> & { name: string })[] = [
  { ...shared, name: "kubernetes-dev", flavorId: "m1.small", masterFlavorId: "m1.medium", tags: "small,quick" },
  {
    ...shared,
    name: "kubernetes-ha",
    flavorId: "m1.medium",
    masterFlavorId: "m1.medium",
    masterLbEnabled: true,
    floatingIpEnabled: false,
    labels: { master_lb_floating_ip_enabled: "true" },
    tags: "production",
  },
  {
    ...shared,
    name: "kubernetes-volumes",
    flavorId: "m1.medium",
    masterFlavorId: "m1.medium",
    dockerVolumeSizeGib: 10,
    labels: { boot_volume_size: "20", etcd_volume_size: "5" },
    tags: "stateful",
  },
];

/** Publishes the sandbox's templates where there are none at all; repeating it does nothing. Answers their names. */
export async function publishSandboxTemplates(deps: Deps): Promise<string[]> {
  const { identity } = deps.clouds;
  const { token } = await identity.signIn(administrator);
  try {
    const ctx = await deps.auth.apiContext(token.reveal(), "first-start", "change");
    if ((await listTemplates(deps, ctx, { size: 1 })).total > 0) return [];
    const images = await ctx.cloud().glance.listImages({ distro: "fedora-coreos" });
    const newest = images
      .filter(({ name }) => /^fedora-coreos-\d+$/.test(name))
      .toSorted((a, b) => b.name.localeCompare(a.name))[0];
    if (!newest) throw new Error("the sandbox has no image of Fedora CoreOS");
    for (const template of templates) await createTemplate(deps, ctx, { ...template, imageId: newest.id });
    return templates.map(({ name }) => name);
  } finally {
    deps.auth.tokens.forget(token);
    await identity.revoke(token);
  }
}
