import Link from "next/link";
import { ChevronLeft } from "lucide-react";
import type { ReactNode } from "react";

/** The one `h1` of a page with what stands beside it. */
export function PageHeader({
  title,
  note,
  back,
  actions,
  children,
}: {
  title: ReactNode;
  note?: ReactNode;
  back?: { href: string; label: string };
  actions?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <header className="mb-6">
      {back && (
        <Link
          href={back.href}
          className="mb-2 -ml-1 inline-flex min-h-6 items-center gap-1 rounded-md pr-1 text-[0.8125rem] text-muted hover:text-foreground"
        >
          <ChevronLeft className="size-4" aria-hidden />
          {back.label}
        </Link>
      )}
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0 max-sm:w-full sm:flex-1">
          <h1 tabIndex={-1} className="text-xl leading-7 font-semibold tracking-tight break-words">
            {title}
          </h1>
          {note && <div className="mt-1 text-sm text-muted">{note}</div>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
      {children}
    </header>
  );
}
