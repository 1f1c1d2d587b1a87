"use client";
import { useQuery } from "@tanstack/react-query";
import { Download, RotateCw } from "lucide-react";
import { useState } from "react";
import { useProject } from "../../../_frame/project-context";
import { dateTime } from "@/app/_lib/format";
import { useTRPC, type Outputs } from "@/app/_lib/trpc-client";
import { ErrorPanel } from "@/app/_shared/error-panel";
import { Button } from "@/app/_ui/button";
import { Panel } from "@/app/_ui/card";
import { Skeleton } from "@/app/_ui/skeleton";
import { RotateCaDialog } from "./rotate-ca-dialog";

const names = { kubernetes: "Cluster CA", etcd: "etcd CA", "front-proxy": "Front proxy CA" } as const;

/** While a rotation runs there are two of each: one signs, the other one is trusted besides. */
const title = ({ type, signs }: Outputs["certificate"]["authorities"][number]) =>
  signs ? names[type] : `${names[type]}, trusted besides`;

/** The cluster's authorities: public, so that other tools can be told whom to trust. */
export function AuthoritiesPanel({ cluster }: { cluster: Outputs["cluster"]["get"] }) {
  const { id, name } = cluster;
  const [rotating, setRotating] = useState(false);
  const trpc = useTRPC();
  const { id: project } = useProject();
  const authorities = useQuery(trpc.certificate.authorities.queryOptions({ project, id }, { staleTime: 300_000 }));
  const download = async (type: keyof typeof names, pem: string) => {
    const { save } = await import("@/app/_lib/credentials");
    save(type === "kubernetes" ? `${name}_ca.pem` : `${name}_${type}_ca.pem`, "application/x-pem-file", pem);
  };
  return (
    <Panel
      title="Certificate authorities"
      flush
      action={
        <Button size="sm" variant="ghost" whyNot={cluster.can.rotateCa} onClick={() => setRotating(true)}>
          <RotateCw aria-hidden /> Rotate
        </Button>
      }
    >
      {authorities.isPending && (
        <div className="p-4">
          <Skeleton className="h-24" />
        </div>
      )}
      {authorities.isError && (
        <div className="p-4">
          <ErrorPanel
            error={authorities.error}
            what="The authorities could not be read"
            onRetry={() => void authorities.refetch()}
          />
        </div>
      )}
      <ul className="divide-y divide-separator">
        {authorities.data?.map((authority) => (
          <li key={authority.fingerprint} className="flex items-start gap-3 px-4 py-3 sm:px-5">
            <div className="min-w-0 flex-1 text-sm">
              <p className="font-medium">{title(authority)}</p>
              <p className="text-[0.8125rem] text-muted">Until {dateTime(authority.notAfter)}</p>
              <p className="mt-1 truncate font-mono text-xs text-muted" title={authority.fingerprint}>
                {authority.fingerprint}
              </p>
            </div>
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label={`Download ${title(authority)}`}
              tip="Download"
              onClick={() => void download(authority.type, authority.pem)}
            >
              <Download />
            </Button>
          </li>
        ))}
      </ul>
      {rotating && <RotateCaDialog cluster={cluster} onClose={() => setRotating(false)} />}
    </Panel>
  );
}
