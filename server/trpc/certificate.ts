import { z } from "zod";
import type { IssuedCertificate } from "../domain/certificate.ts";
import { listAuthorities, listIssuedCertificates, signCertificate } from "../services/certificate.ts";
import { rotateCa } from "../services/rotation.ts";
import type { AuthorityView, SignedCertificate } from "../services/views.ts";
import { projectProcedure, router } from "./init.ts";
import { ById } from "./inputs.ts";

const Sign = ById.extend({
  /** PEM, as WebCrypto or openssl makes it. */
  csr: z.string().min(1).max(16_384),
  purpose: z.enum(["config", "request"]),
});

export const certificateRouter = router({
  authorities: projectProcedure
    .input(ById)
    .query(({ ctx, input }): Promise<AuthorityView[]> => listAuthorities(ctx.deps, ctx.request, input.id)),
  sign: projectProcedure
    .input(Sign)
    .mutation(({ ctx, input: { id, csr, purpose } }): Promise<SignedCertificate> =>
      signCertificate(ctx.deps, ctx.request, id, { csr, purpose }),
    ),
  issued: projectProcedure
    .input(ById)
    .query(({ ctx, input }): Promise<IssuedCertificate[]> => listIssuedCertificates(ctx.deps, ctx.request, input.id)),
  /** Replaces all authorities of the cluster; its nodes are replaced three times over. */
  rotateCa: projectProcedure
    .input(ById)
    .mutation(({ ctx, input }): Promise<{ id: string }> => rotateCa(ctx.deps, ctx.request, input.id)),
});
