// How the product's own clients reach the OpenStack that `up` started.
import type { CloudSettings } from "../../drivers/openstack/clouds.ts";

export const password = "devcloud";
const domain = { name: "Default" };

/** Where the catalogue says that our API is: real clients find it there. */
export const containerInfra = new URL(process.env["JEROBOAM_CONTAINER_INFRA"] ?? "http://127.0.0.1:9511/v1");

export const settings: CloudSettings = {
  authUrl: "http://127.0.0.1:5000/v3",
  username: "jeroboam",
  password,
  userDomain: domain,
  project: { name: "service", domain },
  region: "RegionOne",
  interface: "public",
  trustee: {
    domain: { name: "magnum" },
    admin: { name: "trustee_domain_admin", domain: { name: "magnum" } },
    adminPassword: password,
  },
};
