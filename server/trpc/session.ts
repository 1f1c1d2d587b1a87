import { z } from "zod";
import type { SessionView } from "../auth/session.ts";
import { sessionOptions, type SignInOptions } from "../services/session.ts";
import { InProject } from "./inputs.ts";
import { loneProcedure, publicProcedure, router } from "./init.ts";

const SignIn = z.object({
  domain: z.string().trim().min(1, "is needed").max(64),
  user: z.string().trim().min(1, "is needed").max(255),
  password: z.string().min(1, "is needed").max(4096),
});

export const sessionRouter = router({
  options: publicProcedure.query(({ ctx }): Promise<SignInOptions> => sessionOptions(ctx.deps)),
  get: publicProcedure.query(({ ctx }): Promise<SessionView | null> => ctx.deps.auth.sessions.view(ctx.session)),
  signIn: loneProcedure.input(SignIn).mutation(async ({ ctx, input }): Promise<SessionView> => {
    const { value, view } = await ctx.deps.auth.sessions.signIn({ ...input, from: ctx.from });
    // Whoever signs in again leaves no session behind that nobody could end.
    await ctx.deps.auth.sessions.signOut(ctx.session);
    ctx.keepSession(value, view.expiresAt);
    return view;
  }),
  signOut: publicProcedure.mutation(async ({ ctx }): Promise<void> => {
    await ctx.deps.auth.sessions.signOut(ctx.session);
    ctx.keepSession(null);
  }),
  /** The person is still there, in this project, though nothing on the page had to be sent. */
  stay: publicProcedure
    .input(InProject)
    .mutation(({ ctx, input }): Promise<void> => ctx.deps.auth.sessions.visited(ctx.session, input.project)),
  setRegion: publicProcedure
    .input(z.object({ region: z.string().min(1) }))
    .mutation(({ ctx, input }): Promise<SessionView> => ctx.deps.auth.sessions.setRegion(ctx.session, input.region)),
});
