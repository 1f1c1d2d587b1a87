"use client";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useEffect, useRef } from "react";
import { paths, type ClusterTab } from "@/app/_lib/paths";
import { cx } from "@/app/_ui/class-names";
import { useProject } from "../../_frame/project-context";
import { useCluster } from "./cluster-context";

const tabs: readonly [ClusterTab, string][] = [
  ["overview", "Overview"],
  ["node-groups", "Node groups"],
  ["nodes", "Nodes"],
  ["access", "Access"],
  ["operations", "Operations"],
  ["resources", "Resources"],
  ["labels", "Labels"],
];

/** Links, so that each tab has an address; on a narrow screen they scroll sideways. */
export function ClusterTabs() {
  const project = useProject();
  const { id } = useCluster();
  const path = usePathname();
  const here = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    here.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [path]);
  return (
    <nav
      aria-label="Parts of the cluster"
      className="-mx-4 mb-6 overflow-x-auto border-b border-border px-4 [scrollbar-width:none] sm:-mx-6 sm:px-6 lg:mx-0 lg:px-0"
    >
      <ul className="flex gap-1">
        {tabs.map(([tab, label]) => {
          const href = paths.cluster(project.id, id, tab);
          const current = path === href;
          return (
            <li key={tab} className="shrink-0">
              <Link
                ref={current ? here : null}
                href={href}
                scroll={false}
                aria-current={current ? "page" : undefined}
                className={cx(
                  "relative -mb-px flex h-10 items-center border-b-2 px-3 text-sm whitespace-nowrap -outline-offset-4! transition-colors",
                  current
                    ? "border-accent font-medium text-foreground"
                    : "border-transparent text-muted hover:text-foreground",
                )}
              >
                {label}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
