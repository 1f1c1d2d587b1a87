"use client";
import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Eye, EyeOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { explain } from "../_lib/errors";
import { useTRPC } from "../_lib/trpc-client";
import { Button } from "../_ui/button";
import { Field, inputClass, TextField } from "../_ui/field";
import { cx } from "../_ui/class-names";
import { ErrorNotice } from "./error-panel";

const Credentials = z.object({
  domain: z.string().trim().min(1, "Enter the domain."),
  user: z.string().trim().min(1, "Enter the user name."),
  password: z.string().min(1, "Enter the password."),
});

const rememberedDomain = "jeroboam.domain";

interface Props {
  next: string;
  /** Signing in again in place: who it must be, and what to do then instead of loading a page. */
  again?: { user: string; domain: string; onDone: () => void };
}

export function SignInForm({ next, again }: Props) {
  const trpc = useTRPC();
  const options = useQuery(trpc.session.options.queryOptions(undefined, { staleTime: Infinity }));
  const problem = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const form = useForm({
    resolver: zodResolver(Credentials),
    mode: "onTouched",
    defaultValues: { domain: again?.domain ?? "", user: again?.user ?? "", password: "" },
  });
  const { register, setValue, getValues, formState } = form;
  const signIn = useMutation(
    trpc.session.signIn.mutationOptions({
      meta: { signIn: true },
      onSuccess: (_session, input) => {
        window.localStorage.setItem(rememberedDomain, input.domain);
        if (again) again.onDone();
        else {
          setLeaving(true);
          window.location.assign(next);
        }
      },
      onError: () => {
        setValue("password", "");
        requestAnimationFrame(() => problem.current?.focus());
      },
    }),
  );
  const standard = options.data?.defaultDomain;
  useEffect(() => {
    if (getValues("domain") === "") setValue("domain", window.localStorage.getItem(rememberedDomain) ?? standard ?? "");
  }, [standard, getValues, setValue]);

  return (
    <form
      method="post"
      noValidate
      onSubmit={(event) => void form.handleSubmit((values) => signIn.mutate(values))(event)}
      className="flex flex-col gap-4"
    >
      {signIn.isError && <ErrorNotice ref={problem} text={explain(signIn.error, "You are not signed in")} />}
      <TextField
        label="User name"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        readOnly={again !== undefined}
        error={formState.errors.user?.message}
        {...register("user")}
      />
      <Field label="Password" error={formState.errors.password?.message}>
        {(wiring) => (
          <div className="relative">
            <input
              {...wiring}
              type={shown ? "text" : "password"}
              autoComplete="current-password"
              className={cx(inputClass, "h-9 pr-10")}
              {...register("password")}
            />
            <button
              type="button"
              aria-label={shown ? "Hide password" : "Show password"}
              onClick={() => setShown(!shown)}
              className="absolute top-1/2 right-1.5 grid size-7 -translate-y-1/2 place-items-center rounded-md text-muted hover:text-foreground"
            >
              {shown ? <EyeOff className="size-4" aria-hidden /> : <Eye className="size-4" aria-hidden />}
            </button>
          </div>
        )}
      </Field>
      <TextField
        label="Domain"
        autoComplete="organization"
        autoCapitalize="none"
        spellCheck={false}
        readOnly={again !== undefined}
        error={formState.errors.domain?.message}
        {...register("domain")}
      />
      <Button type="submit" variant="primary" className="w-full" busy={signIn.isPending || leaving}>
        Sign in
      </Button>
      {options.data && (
        <p className="truncate text-xs text-muted" title={options.data.authUrl}>
          Identity service: {options.data.authUrl}
        </p>
      )}
      {options.data?.sandbox && !again && (
        <div className="border-t border-separator pt-4">
          <p className="text-[0.8125rem] text-muted">This is the sandbox cloud: nothing here is real. Sign in as</p>
          <div className="mt-2 flex flex-wrap gap-2">
            {options.data.sandbox.signIns.map((account) => (
              <Button
                key={account.user}
                size="sm"
                tip={`User ${account.user}, password ${account.password}, project ${account.project}`}
                onClick={() => {
                  setValue("user", account.user, { shouldValidate: true });
                  setValue("password", account.password, { shouldValidate: true });
                  setValue("domain", standard ?? "Default", { shouldValidate: true });
                  void form.handleSubmit((values) => signIn.mutate(values))();
                }}
              >
                {account.user}
              </Button>
            ))}
          </div>
        </div>
      )}
    </form>
  );
}
