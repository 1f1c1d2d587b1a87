import type { CloudSettings } from "../../openstack/clouds.ts";

/** How our service user and its trustee domain get into a sandbox at `url`. */
export const sandboxSettings = (url: string): CloudSettings => {
  const domain = { name: "Default" };
  return {
    authUrl: `${url}/identity/v3`,
    username: "jeroboam",
    password: "jeroboam",
    userDomain: domain,
    project: { name: "service", domain },
    region: null,
    interface: "public",
    trustee: {
      domain: { name: "magnum" },
      admin: { name: "trustee_domain_admin", domain: { name: "magnum" } },
      adminPassword: "trustee_domain_admin",
    },
  };
};
