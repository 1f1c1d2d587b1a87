import { z } from "zod";
import { notYet } from "../services/not-yet.ts";
import { publicProcedure, router } from "./init.ts";

export interface SignInOptions {
  authUrl: string;
  defaultDomain: string;
  regions: string[];
  sandbox: { signIns: { user: string; password: string; project: string }[] } | null;
}

export interface SessionView {
  user: { id: string; name: string; domainName: string };
  expiresAt: Date;
  region: string;
  regions: string[];
  projects: { id: string; name: string; domainName: string }[];
  lastProjectId: string | null;
}

export const SignIn = z.object({
  domain: z.string().trim().min(1, "Enter the domain."),
  user: z.string().trim().min(1, "Enter the user name."),
  password: z.string().min(1, "Enter the password."),
});

export const sessionRouter = router({
  options: publicProcedure.query((): Promise<SignInOptions> => notYet("session.options")),
  get: publicProcedure.query((): Promise<SessionView | null> => notYet("session.get")),
  signIn: publicProcedure.input(SignIn).mutation((): Promise<SessionView> => notYet("session.signIn")),
  signOut: publicProcedure.mutation((): Promise<void> => notYet("session.signOut")),
  setRegion: publicProcedure
    .input(z.object({ region: z.string().min(1) }))
    .mutation((): Promise<SessionView> => notYet("session.setRegion")),
});
