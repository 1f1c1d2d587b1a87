"use client";
import { CloudOff, LogOut, Monitor, Moon, Sun } from "lucide-react";
import Link from "next/link";
import { useEffect, useState } from "react";
import { useLive } from "@/app/_lib/live";
import { useNow } from "@/app/_lib/now";
import { paths } from "@/app/_lib/paths";
import { applyTheme, storedTheme, type Theme } from "@/app/_lib/theme";
import { Logo } from "@/app/_shared/logo";
import { useSignOut } from "@/app/_shared/sign-out";
import { Menu } from "@/app/_ui/menu";
import { ProjectSwitcher } from "./project-switcher";
import { RegionSwitcher } from "./region-switcher";
import { useProject, useSession } from "./project-context";

export function Header() {
  const project = useProject();
  return (
    <header className="sticky top-0 z-30 flex h-14 items-center gap-2 border-b border-border bg-surface px-3 sm:gap-3 sm:px-4">
      <Link
        href={paths.overview(project.id)}
        className="flex items-center gap-2.5 rounded-lg p-1"
        aria-label="Jeroboam, overview of the project"
      >
        <Logo />
        <span className="text-[0.9375rem] font-semibold tracking-tight max-sm:sr-only">Jeroboam</span>
      </Link>
      <span aria-hidden className="h-5 w-px bg-border max-sm:hidden" />
      <ProjectSwitcher />
      <RegionSwitcher />
      <div className="ml-auto flex items-center gap-1">
        <StreamState />
        <UserMenu />
      </div>
    </header>
  );
}

/** Says so when the stream has been down for a moment: what is shown may be old. */
function StreamState() {
  const { on } = useLive();
  const now = useNow();
  const [down, setDown] = useState<Date | null>(null);
  useEffect(() => {
    setDown(on ? null : new Date());
  }, [on]);
  if (!down || now.getTime() - down.getTime() < 8_000) return null;
  return (
    <span role="status" className="inline-flex items-center gap-1.5 px-2 text-xs text-warn">
      <CloudOff className="size-4" aria-hidden />
      <span className="max-sm:sr-only">Live updates are off, asking now and then</span>
    </span>
  );
}

const themeItems: readonly { id: Theme; label: string; icon: typeof Sun }[] = [
  { id: "system", label: "Theme of the system", icon: Monitor },
  { id: "light", label: "Light theme", icon: Sun },
  { id: "dark", label: "Dark theme", icon: Moon },
];

function UserMenu() {
  const session = useSession();
  const signOut = useSignOut();
  const [theme, setTheme] = useState<Theme>("system");
  useEffect(() => {
    setTheme(storedTheme());
    const media = window.matchMedia("(prefers-color-scheme: dark)");
    const follow = () => applyTheme(storedTheme());
    media.addEventListener("change", follow);
    return () => media.removeEventListener("change", follow);
  }, []);
  const initials = session.user.name.slice(0, 2).toUpperCase();
  return (
    <Menu
      label={`User menu of ${session.user.name}`}
      size="icon"
      className="rounded-full"
      header={
        <div className="border-b border-separator px-4 py-3">
          <p className="truncate text-sm font-medium">{session.user.name}</p>
          <p className="truncate text-xs text-muted">
            Domain {session.user.domainName}, region {session.region}
          </p>
        </div>
      }
      items={[
        ...themeItems.map(({ id, label, icon: Icon }) => ({
          id,
          label,
          icon: <Icon />,
          selected: theme === id,
          onAction: () => {
            applyTheme(id);
            setTheme(id);
          },
        })),
        "separator",
        { id: "sign-out", label: "Sign out", icon: <LogOut />, onAction: () => signOut.mutate() },
      ]}
    >
      <span className="grid size-8 place-items-center rounded-full bg-accent-tint text-xs font-semibold text-accent-text">
        {initials}
      </span>
    </Menu>
  );
}
