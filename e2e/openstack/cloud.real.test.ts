// The contract that the sandbox is held to, held against real services.
import { cloudContract } from "../../drivers/openstack/contract.ts";

const domain = { name: "Default" };

cloudContract(() =>
  Promise.resolve({
    settings: {
      authUrl: "http://127.0.0.1:5000/v3",
      username: "jeroboam",
      password: "devcloud",
      userDomain: domain,
      project: { name: "service", domain },
      region: null,
      interface: "public",
      trustee: {
        domain: { name: "magnum" },
        admin: { name: "trustee_domain_admin", domain: { name: "magnum" } },
        adminPassword: "devcloud",
      },
    },
    user: { name: "demo", password: "devcloud" },
  }),
);
