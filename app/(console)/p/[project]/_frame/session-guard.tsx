"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { paths } from "@/app/_lib/paths";
import { signedOutEvent } from "@/app/_lib/trpc-client";
import { useUnsaved } from "@/app/_lib/unsaved";
import { SignInForm } from "@/app/_shared/sign-in-form";
import { Dialog } from "@/app/_ui/dialog";
import { useSession } from "./project-context";
import { useStay } from "./use-stay";

/** When the session has ended: input that is not saved stays and the sign-in comes to it; else to the sign-in page. */
export function SessionGuard({ children }: { children: ReactNode }) {
  const session = useSession();
  const unsaved = useUnsaved();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  useStay();
  useEffect(() => {
    const onEnd = () => {
      if (unsaved.any()) setAsking(true);
      else window.location.assign(paths.login(window.location.pathname + window.location.search));
    };
    window.addEventListener(signedOutEvent, onEnd);
    return () => window.removeEventListener(signedOutEvent, onEnd);
  }, [unsaved]);
  return (
    <>
      {children}
      <Dialog open={asking} onClose={() => setAsking(false)} title="Your session has ended" closable={false}>
        <p className="mb-4 text-sm text-muted">Sign in again to go on. What you have typed is still here.</p>
        <SignInForm
          next={paths.home()}
          again={{
            user: session.user.name,
            domain: session.user.domainName,
            onDone: () => {
              setAsking(false);
              void client.invalidateQueries();
            },
          }}
        />
      </Dialog>
    </>
  );
}
