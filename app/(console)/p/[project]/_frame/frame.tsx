"use client";
import { usePathname } from "next/navigation";
import { useEffect, useRef, type ReactNode } from "react";
import { LiveProvider } from "@/app/_lib/live";
import { Header } from "./header";
import { IdentityAway } from "./identity-away";
import { Navigation } from "./navigation";
import { ProjectProvider, useSessionNow, type ProjectInView, type Session } from "./project-context";
import { SessionGuard } from "./session-guard";

export function Frame({
  project,
  session,
  children,
}: {
  project: ProjectInView;
  session: Session;
  children: ReactNode;
}) {
  return (
    <ProjectProvider project={project} session={session}>
      <LiveProvider project={project.id}>
        <SessionGuard>
          <a
            href="#main"
            className="sr-only z-50 rounded-lg bg-accent px-4 py-2 text-accent-foreground focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
          >
            Skip to content
          </a>
          <Header />
          <div className="flex">
            <Navigation />
            <main id="main" tabIndex={-1} className="min-w-0 flex-1 px-4 pt-6 pb-24 sm:px-6 lg:px-8">
              <OldKnowledge />
              <div className="mx-auto w-full max-w-7xl">{children}</div>
            </main>
          </div>
          <FocusOnNavigation />
        </SessionGuard>
      </LiveProvider>
    </ProjectProvider>
  );
}

function OldKnowledge() {
  const { asOf } = useSessionNow();
  return asOf && <IdentityAway asOf={asOf} />;
}

/** After a move to another page the focus goes to its heading, so that readers hear where they are. Not among tabs. */
function FocusOnNavigation() {
  const path = usePathname();
  const last = useRef(path);
  useEffect(() => {
    const before = last.current;
    last.current = path;
    if (before === path || page(before) === page(path)) return;
    document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
  }, [path]);
  return null;
}

/** `/p/x/clusters/<id>/nodes` and `/p/x/clusters/<id>` are one page with tabs. */
const page = (path: string) => path.split("/").slice(0, 5).join("/");
