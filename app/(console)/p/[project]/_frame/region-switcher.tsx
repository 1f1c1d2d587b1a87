"use client";
import { useMutation } from "@tanstack/react-query";
import { ChevronsUpDown, MapPin } from "lucide-react";
import { paths } from "@/app/_lib/paths";
import { useTRPC } from "@/app/_lib/trpc-client";
import { Menu } from "@/app/_ui/menu";
import { useProject, useSession } from "./project-context";

/** Where the cloud has several regions: what is shown and made is that of the chosen one. */
export function RegionSwitcher() {
  const trpc = useTRPC();
  const project = useProject();
  const session = useSession();
  const choose = useMutation(
    trpc.session.setRegion.mutationOptions({
      // Everything on screen belongs to the former region, and a cluster's page does not exist in the other one.
      onSuccess: () => window.location.assign(paths.clusters(project.id)),
    }),
  );
  if (session.regions.length < 2) return null;
  return (
    <Menu
      label={`Region ${session.region}`}
      variant="ghost"
      size="sm"
      placement="bottom start"
      items={session.regions.map((region) => ({
        id: region,
        label: region,
        selected: region === session.region,
        onAction: () => {
          if (region !== session.region) choose.mutate({ region });
        },
      }))}
    >
      <MapPin aria-hidden />
      <span className="max-w-32 truncate">{choose.isPending ? "Changing" : session.region}</span>
      <ChevronsUpDown className="text-muted" aria-hidden />
    </Menu>
  );
}
