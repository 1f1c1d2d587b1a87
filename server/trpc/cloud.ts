import { z } from "zod";
import { notYet } from "../services/not-yet.ts";
import type { CloudOptions } from "../services/views.ts";
import { publicProcedure, router } from "./init.ts";
import { InProject } from "./inputs.ts";

export interface CreatedKeypair {
  name: string;
  fingerprint: string;
  /** Only when the cloud made the pair; it is shown once and kept nowhere. */
  privateKey?: string;
}

const CreateKeypair = InProject.extend({
  name: z
    .string()
    .trim()
    .min(1, "Enter a name.")
    .max(255)
    .regex(/^[\w .-]+$/, "may hold letters, digits, blanks, underscores, dots and hyphens"),
  /** OpenSSH form; absent = the cloud makes the pair. */
  publicKey: z.string().trim().min(1).max(16_384).optional(),
});

export const cloudRouter = router({
  options: publicProcedure.input(InProject).query((): Promise<CloudOptions> => notYet("cloud.options")),
  createKeypair: publicProcedure
    .input(CreateKeypair)
    .mutation((): Promise<CreatedKeypair> => notYet("cloud.createKeypair")),
});
