// The contract that the sandbox is held to, held against real services.
import { cloudContract } from "../../drivers/openstack/contract.ts";
import { password, settings } from "./settings.ts";

cloudContract(() =>
  // The catalogue has one region: it need not be named.
  Promise.resolve({ settings: { ...settings, region: null }, user: { name: "demo", password } }),
);
