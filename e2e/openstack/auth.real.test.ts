// Sessions, the API's gate and delegated credentials at a real Keystone: the lines that the sandbox is held to as well.
import { identityContract } from "../../server/testing/identity-contract.ts";
import { password, settings } from "./settings.ts";

identityContract(async () => ({ settings, password }));
