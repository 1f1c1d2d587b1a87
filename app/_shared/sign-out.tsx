"use client";
import { useMutation } from "@tanstack/react-query";
import { useTRPC } from "../_lib/trpc-client";
import { paths } from "../_lib/paths";
import { Button } from "../_ui/button";

/** Ends the session and loads the sign-in page anew, so that nothing of this person stays in the tab. */
export function useSignOut() {
  const trpc = useTRPC();
  return useMutation(
    trpc.session.signOut.mutationOptions({
      meta: { signIn: true },
      onSettled: () => window.location.assign(paths.login()),
    }),
  );
}

export function SignOutButton() {
  const signOut = useSignOut();
  return (
    <Button busy={signOut.isPending} onClick={() => signOut.mutate()}>
      Sign out
    </Button>
  );
}
