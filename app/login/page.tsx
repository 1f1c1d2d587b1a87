import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { safeNext } from "../_lib/paths";
import { currentSession } from "../_lib/trpc-server";
import { Logo } from "../_shared/logo";
import { SignInForm } from "../_shared/sign-in-form";

export const metadata: Metadata = { title: "Sign in" };

export default async function LoginPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { next } = await searchParams;
  const target = safeNext(typeof next === "string" ? next : null);
  if (await currentSession()) redirect(target);
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center px-4 py-10">
      <div className="w-full max-w-sm">
        <div className="mb-8 flex items-center gap-3">
          <Logo className="size-10" />
          <div>
            <h1 className="text-xl leading-6 font-semibold tracking-tight">Jeroboam</h1>
            <p className="text-sm text-muted">Container clusters on OpenStack</p>
          </div>
        </div>
        <div className="rounded-xl border border-border bg-surface p-6 shadow-surface">
          <SignInForm next={target} />
        </div>
      </div>
    </main>
  );
}
