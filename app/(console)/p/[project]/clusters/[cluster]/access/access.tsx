"use client";
import { useQuery } from "@tanstack/react-query";
import { Globe, Lock } from "lucide-react";
import { useProject, useSession } from "../../../_frame/project-context";
import { usePolling } from "@/app/_lib/live";
import { useTRPC, type Outputs } from "@/app/_lib/trpc-client";
import { ErrorPanel } from "@/app/_shared/error-panel";
import { Facts, Panel } from "@/app/_ui/card";
import { CodeBlock, CopyText } from "@/app/_ui/copy";
import { Skeleton } from "@/app/_ui/skeleton";
import { AuthoritiesPanel } from "./authorities";
import { CredentialPanel } from "./credential";
import { GetConfig } from "./get-config";
import { IssuedPanel } from "./issued";

type ClusterView = Outputs["cluster"]["get"];

/** How a person gets into a cluster: config bundle, who may have one, where its API is, what was issued. */
export function Access({ id }: { id: string }) {
  const trpc = useTRPC();
  const project = useProject();
  const every = usePolling();
  const cluster = useQuery(
    trpc.cluster.get.queryOptions(
      { project: project.id, id },
      { refetchInterval: ({ state }) => every(state.data?.apiAddress === null) },
    ),
  );
  if (cluster.isPending) return <Skeleton className="h-72 rounded-xl" />;
  if (cluster.isError)
    return (
      <ErrorPanel error={cluster.error} what="The cluster could not be read" onRetry={() => void cluster.refetch()} />
    );
  const view = cluster.data;
  return (
    <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="min-w-0 space-y-6">
        <GetConfig cluster={view} />
        {view.apiAddress !== null && !view.tlsDisabled && <IssuedPanel id={id} />}
      </div>
      <div className="min-w-0 space-y-6">
        <Reach cluster={view} />
        <OtherWays cluster={view} />
        {!view.tlsDisabled && <AuthoritiesPanel cluster={view} />}
        <CredentialPanel cluster={view} />
      </div>
    </div>
  );
}

const isPublic = (cluster: ClusterView) =>
  cluster.healthStatus === "UNKNOWN" ? false : cluster.healthStatus !== null ? true : null;

function Reach({ cluster }: { cluster: ClusterView }) {
  const open = isPublic(cluster);
  const ranges = cluster.labels["master_lb_allowed_cidrs"];
  return (
    <Panel title="Reachability">
      <Facts
        className="grid-cols-[7rem_minmax(0,1fr)]!"
        rows={[
          ["API address", cluster.apiAddress && <CopyText text={cluster.apiAddress} label="API address" />],
          [
            "From here",
            open === null ? (
              "Not checked yet"
            ) : open ? (
              <span className="inline-flex items-center gap-1.5 text-ok">
                <Globe className="size-4" aria-hidden />
                Reached by this service
              </span>
            ) : (
              <span className="inline-flex items-center gap-1.5">
                <Lock className="size-4" aria-hidden />
                Not reachable from here
              </span>
            ),
          ],
          ["Allowed ranges", ranges ? ranges.split(",").join(", ") : cluster.masterLbEnabled ? "Everywhere" : null],
        ]}
      />
      {open === false && (
        <p className="mt-4 text-sm text-muted">
          The API has no public address that this service can use. Run kubectl on a host in the cluster&apos;s network,
          through a VPN, or through an SSH host there:
          <code className="mt-2 block font-mono text-xs break-all text-foreground">
            ssh -L 6443:{hostOf(cluster.apiAddress)} you@host-in-the-network
          </code>
        </p>
      )}
    </Panel>
  );
}

const hostOf = (address: string | null) => address?.replace(/^https?:\/\//, "") ?? "<API address>";

function OtherWays({ cluster }: { cluster: ClusterView }) {
  const session = useSession();
  return (
    <Panel
      title="By command line"
      note={
        cluster.userId === session.user.id
          ? "As the owner, with your own OpenStack credentials"
          : "For the owner, with their OpenStack credentials"
      }
    >
      <CodeBlock
        label="The same with openstack"
        text={`openstack coe cluster config ${cluster.name} --dir ~/.kube/${cluster.name}\nexport KUBECONFIG=~/.kube/${cluster.name}/config\nkubectl get nodes`}
      />
    </Panel>
  );
}
