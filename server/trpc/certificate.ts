import { z } from "zod";
import type { IssuedCertificate } from "../domain/certificate.ts";
import { notYet } from "../services/not-yet.ts";
import type { AuthorityView, SignedCertificate } from "../services/views.ts";
import { publicProcedure, router } from "./init.ts";
import { ById } from "./inputs.ts";

const Sign = ById.extend({
  /** PEM, as WebCrypto or openssl makes it. */
  csr: z.string().min(1).max(16_384),
  purpose: z.enum(["config", "request"]),
});

export const certificateRouter = router({
  authorities: publicProcedure.input(ById).query((): Promise<AuthorityView[]> => notYet("certificate.authorities")),
  sign: publicProcedure.input(Sign).mutation((): Promise<SignedCertificate> => notYet("certificate.sign")),
  issued: publicProcedure.input(ById).query((): Promise<IssuedCertificate[]> => notYet("certificate.issued")),
});
