"use client";
import { Check, ChevronsUpDown, Search } from "lucide-react";
import { usePathname, useRouter } from "next/navigation";
import { useState } from "react";
import { paths } from "@/app/_lib/paths";
import { cx } from "@/app/_ui/class-names";
import { inputClass } from "@/app/_ui/field";
import { panelClass, usePopover } from "@/app/_ui/popover";
import { useProject, useSession } from "./project-context";

/** Another project, the same section: list to list, and from one cluster's page to the other project's list. */
export function ProjectSwitcher() {
  const project = useProject();
  const { projects } = useSession();
  const path = usePathname();
  const router = useRouter();
  const [text, setText] = useState("");
  const popover = usePopover("bottom start", (panel) => {
    setText("");
    panel.querySelector("input")?.focus();
  });
  const section = path.split("/")[3];
  const target = (id: string) =>
    section === "clusters"
      ? paths.clusters(id)
      : section === "templates"
        ? paths.templates(id)
        : section === "quota"
          ? paths.quota(id)
          : section === "audit"
            ? paths.audit(id)
            : paths.overview(id);
  const shown = projects.filter((candidate) =>
    `${candidate.name} ${candidate.domainName} ${candidate.id}`.toLowerCase().includes(text.toLowerCase()),
  );
  return (
    <>
      <button
        {...popover.trigger}
        type="button"
        aria-haspopup="dialog"
        aria-label={`Project ${project.name}. Choose another`}
        className="flex h-9 min-w-0 items-center gap-2 rounded-lg px-2.5 text-sm font-medium hover:bg-surface-tertiary"
      >
        <span className="truncate max-sm:max-w-36">{project.name}</span>
        <span className="truncate text-xs font-normal text-muted max-md:hidden">{project.domainName}</span>
        <ChevronsUpDown className="size-3.5 shrink-0 text-muted" aria-hidden />
      </button>
      <div
        {...popover.panel}
        role="dialog"
        aria-label="Projects"
        className={cx(panelClass, "w-72 max-w-[calc(100vw-1rem)]")}
      >
        <div className="relative border-b border-separator p-2">
          <Search className="absolute top-1/2 left-4.5 size-4 -translate-y-1/2 text-muted" aria-hidden />
          <input
            value={text}
            onChange={(event) => setText(event.target.value)}
            aria-label="Search projects"
            placeholder="Search projects"
            className={cx(inputClass, "h-9 pl-8")}
          />
        </div>
        <ul className="max-h-72 overflow-auto p-1.5">
          {shown.map((candidate) => (
            <li key={candidate.id}>
              <button
                type="button"
                aria-current={candidate.id === project.id || undefined}
                onClick={() => {
                  popover.close();
                  router.push(target(candidate.id));
                }}
                className="flex w-full items-center gap-2 rounded-md px-2.5 py-2 text-left text-sm -outline-offset-2! hover:bg-surface-tertiary"
              >
                <span className="min-w-0 flex-1">
                  <span className="block truncate font-medium">{candidate.name}</span>
                  <span className="block truncate text-xs text-muted">Domain {candidate.domainName}</span>
                </span>
                {candidate.id === project.id && <Check className="size-4 text-accent-text" aria-label="current" />}
              </button>
            </li>
          ))}
          {shown.length === 0 && <li className="px-3 py-4 text-center text-sm text-muted">No project matches.</li>}
        </ul>
      </div>
    </>
  );
}
