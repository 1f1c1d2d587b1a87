"use client";
import { Boxes, Gauge, History, House, LayoutTemplate } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { paths } from "@/app/_lib/paths";
import { cx } from "@/app/_ui/class-names";
import { useProject } from "./project-context";

export function useSections() {
  const { id } = useProject();
  const path = usePathname();
  const sections = [
    { label: "Overview", href: paths.overview(id), icon: House },
    { label: "Clusters", href: paths.clusters(id), icon: Boxes },
    { label: "Templates", href: paths.templates(id), icon: LayoutTemplate },
    { label: "Quota", href: paths.quota(id), icon: Gauge },
    { label: "Audit", href: paths.audit(id), icon: History },
  ];
  return sections.map((section) => ({
    ...section,
    here:
      section.href === paths.overview(id)
        ? path === section.href
        : path === section.href || path.startsWith(`${section.href}/`),
  }));
}

/** At the side from 768 px (icons only below 1024), at the bottom on a phone. */
export function Navigation() {
  const sections = useSections();
  return (
    <>
      <nav
        aria-label="Sections"
        className="sticky top-14 hidden h-[calc(100dvh-3.5rem)] w-16 shrink-0 border-r border-border bg-surface p-3 md:block lg:w-56"
      >
        <ul className="space-y-1">
          {sections.map(({ label, href, icon: Icon, here }) => (
            <li key={href}>
              <Link
                href={href}
                aria-current={here ? "page" : undefined}
                title={label}
                className={cx(
                  "flex h-9 items-center gap-3 rounded-lg px-3 text-sm font-medium transition-colors max-lg:justify-center max-lg:px-0",
                  here
                    ? "bg-accent-tint text-accent-text"
                    : "text-muted hover:bg-surface-tertiary hover:text-foreground",
                )}
              >
                <Icon className="size-[1.125rem] shrink-0" aria-hidden />
                <span className="max-lg:sr-only">{label}</span>
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <nav
        aria-label="Sections"
        className="fixed inset-x-0 bottom-0 z-30 border-t border-border bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
      >
        <ul className="grid grid-cols-5">
          {sections.map(({ label, href, icon: Icon, here }) => (
            <li key={href}>
              <Link
                href={href}
                aria-current={here ? "page" : undefined}
                className={cx(
                  "flex h-14 flex-col items-center justify-center gap-0.5 text-[0.6875rem] font-medium",
                  here ? "text-accent-text" : "text-muted",
                )}
              >
                <Icon className="size-5" aria-hidden />
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
    </>
  );
}
