import { z } from "zod";
import { cloudOptions, createKeypair, type CreatedKeypair } from "../services/cloud-resources.ts";
import type { CloudOptions } from "../services/views.ts";
import { projectProcedure, router } from "./init.ts";
import { InProject } from "./inputs.ts";

const CreateKeypair = InProject.extend({
  name: z
    .string()
    .trim()
    .min(1, "must have 1 to 255 characters")
    .max(255, "must have 1 to 255 characters")
    .regex(/^[\w .@-]+$/, "may hold letters, digits, blanks, underscores, dots, at signs and hyphens"),
  /** OpenSSH form; absent = the cloud makes the pair. */
  publicKey: z.string().trim().min(1, "must be a public key in OpenSSH form").max(16_384).optional(),
});

export const cloudRouter = router({
  options: projectProcedure.query(({ ctx }): Promise<CloudOptions> => cloudOptions(ctx.deps, ctx.request)),
  createKeypair: projectProcedure
    .input(CreateKeypair)
    .mutation(({ ctx, input }): Promise<CreatedKeypair> => createKeypair(ctx.deps, ctx.request, input)),
});
