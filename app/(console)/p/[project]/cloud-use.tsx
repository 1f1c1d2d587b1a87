"use client";
import type { Outputs } from "@/app/_lib/trpc-client";
import { Meter } from "@/app/_ui/meter";

type Cloud = Outputs["project"]["overview"]["cloud"];

const parts: { key: keyof Cloud; title: string }[] = [
  { key: "compute", title: "Compute" },
  { key: "volumes", title: "Volumes" },
  { key: "network", title: "Network" },
  { key: "loadBalancers", title: "Load balancers" },
];

/** The cloud's own limits. A service that does not answer says so in its place; the others stand. */
export function CloudUse({ cloud, only, titled }: { cloud: Cloud; only?: readonly string[]; titled?: boolean }) {
  return parts.map(({ key, title }) => {
    const part = cloud[key];
    if (!part.ok)
      return (
        <p key={key} className="text-[0.8125rem] text-muted">
          {title}: {part.error}
        </p>
      );
    const items = only ? part.items.filter((item) => only.some((name) => item.name.startsWith(name))) : part.items;
    if (items.length === 0) return null;
    return (
      <div key={key} className={titled ? "min-w-0" : "space-y-4"}>
        {titled && <h3 className="mb-3 text-[0.8125rem] font-medium">{title}</h3>}
        <div className="space-y-4">
          {items.map((item) => (
            <Meter key={item.name} {...readable(item)} />
          ))}
        </div>
      </div>
    );
  });
}

/** MiB are what Nova counts in; people think in GB. */
function readable({ name, used, limit }: { name: string; used: number; limit: number | null }) {
  const plain = name.replace(" (MiB)", "");
  if (plain === name) return { name, used, limit };
  const gb = (mib: number) => Math.round((mib / 1024) * 10) / 10;
  return { name: plain, used: gb(used), limit: limit === null ? null : gb(limit), unit: "GB" };
}
