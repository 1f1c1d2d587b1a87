// Magnum's services on the wire (magnum-api 10.3).
import type { ConductorView } from "../../services/conductor.ts";
import { timestamp } from "./resource.ts";

export const conductorWire = (conductor: ConductorView) => ({
  id: conductor.id,
  host: conductor.host,
  // The word that clients and test suites look for.
  binary: "magnum-conductor",
  state: conductor.up ? "up" : "down",
  report_count: conductor.reportCount,
  disabled: conductor.disabledReason !== null,
  disabled_reason: conductor.disabledReason,
  created_at: timestamp(conductor.createdAt),
  updated_at: timestamp(conductor.updatedAt),
});
