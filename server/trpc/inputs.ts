// Pieces that the inputs of several procedures share.
import { z } from "zod";
import { Uuid } from "../domain/identifier.ts";

export const InProject = z.object({ project: z.string().min(1) });
export const ById = InProject.extend({ id: Uuid });

export const PageInput = {
  /** Column, `-` in front for descending: `-created`. */
  sort: z.string().max(64).optional(),
  after: z.string().max(256).optional(),
  size: z.int().min(1).max(100).optional(),
};
