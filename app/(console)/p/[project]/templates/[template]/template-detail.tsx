"use client";
import { useQuery } from "@tanstack/react-query";
import { Copy, Pencil, Plus, Trash2 } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useMay, useProject } from "../../_frame/project-context";
import { gib, plural } from "@/app/_lib/format";
import { paths } from "@/app/_lib/paths";
import { useTRPC, type Outputs } from "@/app/_lib/trpc-client";
import { DamageNotice } from "@/app/_shared/damage";
import { ErrorPanel } from "@/app/_shared/error-panel";
import { ActionLink, Button, ButtonLink } from "@/app/_ui/button";
import { Facts, Panel } from "@/app/_ui/card";
import { CodeBlock, CopyText } from "@/app/_ui/copy";
import { Notice } from "@/app/_ui/notice";
import { PageHeader } from "@/app/_ui/page-header";
import { Skeleton } from "@/app/_ui/skeleton";
import { ExactTime } from "@/app/_ui/time";
import { templateLoss, templateRemedy } from "@/server/domain/damage";
import { DeleteTemplate } from "../delete-template";
import { Visibility } from "../templates-view";

type Template = Outputs["template"]["get"];

export function TemplateDetail({ id }: { id: string }) {
  const trpc = useTRPC();
  const router = useRouter();
  const project = useProject();
  const may = useMay();
  const [deleting, setDeleting] = useState(false);
  const template = useQuery(trpc.template.get.queryOptions({ project: project.id, id }));
  const back = { href: paths.templates(project.id), label: "Templates" };
  if (template.isPending)
    return (
      <>
        <PageHeader title={<Skeleton className="h-7 w-56" />} back={back} />
        <Skeleton className="h-80 rounded-xl" />
      </>
    );
  if (template.isError)
    return (
      <>
        <PageHeader title="Template" back={back} />
        <ErrorPanel
          error={template.error}
          what="The template could not be shown"
          onRetry={() => void template.refetch()}
        />
      </>
    );
  const view = template.data;
  return (
    <>
      <PageHeader
        title={view.name}
        back={back}
        note={
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Visibility template={view} />
            <CopyText text={view.id} label="template id" />
          </span>
        }
        actions={
          <>
            <ActionLink href={paths.newTemplate(project.id, view.id)} whyNot={may("clustertemplate:create")}>
              <Copy aria-hidden />
              Copy
            </ActionLink>
            <ActionLink href={paths.editTemplate(project.id, view.id)} whyNot={view.cannotEdit}>
              <Pencil aria-hidden />
              Edit
            </ActionLink>
            <Button variant="danger-quiet" whyNot={view.cannotDelete} onClick={() => setDeleting(true)}>
              <Trash2 aria-hidden />
              Delete
            </Button>
            <ActionLink
              variant="primary"
              href={paths.newCluster(project.id, { template: view.id })}
              whyNot={may("cluster:create") ?? templateLoss(view)}
            >
              <Plus aria-hidden />
              Create cluster
            </ActionLink>
          </>
        }
      />
      <DamageNotice
        of={view}
        remedy={templateRemedy(view)}
        action={
          view.cannotEdit === null && (
            <ButtonLink size="sm" href={paths.editTemplate(project.id, view.id)}>
              Set anew
            </ButtonLink>
          )
        }
        className="mb-6"
      />
      {view.tlsDisabled && (
        <Notice tone="warning" title="TLS is off" className="mb-6">
          Whoever reaches the API of a cluster made from this has full power in it.
        </Notice>
      )}
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <TypePanel view={view} projectId={project.id} />
        <NodePanel view={view} />
        <NetworkPanel view={view} />
        <div className="space-y-6">
          <LabelsPanel view={view} />
          <Panel title="Record">
            <Facts
              rows={[
                ["Created", <ExactTime key="created" at={view.createdAt} />],
                ["Changed", view.updatedAt && <ExactTime key="updated" at={view.updatedAt} />],
                [
                  "Project",
                  view.mine ? project.name : <CopyText key="project" text={view.projectId} label="project id" />,
                ],
                ["Made by", <CopyText key="user" text={view.userId} label="user id" />],
              ]}
            />
          </Panel>
        </div>
      </div>
      {deleting && (
        <DeleteTemplate
          template={view}
          onClose={() => setDeleting(false)}
          onDeleted={() => router.push(paths.templates(project.id))}
        />
      )}
    </>
  );
}

const yesNo = (value: boolean) => (value ? "Yes" : "No");

/** The name of something in OpenStack, or what is known of it. */
function Named({ id, name }: { id: string | null; name: string | null | undefined }) {
  if (id === null) return null;
  if (name === null) return <span className="text-bad">{id}: no longer exists</span>;
  return name === undefined || name === id ? <>{id}</> : <span title={id}>{name}</span>;
}

function TypePanel({ view, projectId }: { view: Template; projectId: string }) {
  return (
    <Panel title="Cluster type">
      <Facts
        rows={[
          ["Orchestration", view.coe === "kubernetes" ? "Kubernetes" : view.coe],
          ["System", view.clusterDistro],
          ["Server type", view.serverType === "bm" ? "Bare metal" : "Virtual machines"],
          [
            "Driver",
            <code key="driver" className="font-mono text-[0.8125rem]">
              {view.driver}
            </code>,
          ],
          ["Registry", yesNo(view.registryEnabled)],
          ["TLS", view.tlsDisabled ? "Off" : "On"],
          ["Tags", view.tags],
          [
            "Used by",
            view.clusters === 0 ? (
              "No cluster"
            ) : (
              <Link
                key="used"
                href={paths.clusters(projectId, { template: view.id })}
                className="text-accent-text hover:underline"
              >
                {plural(view.clusters, "cluster")}
              </Link>
            ),
          ],
        ]}
      />
    </Panel>
  );
}

function NodePanel({ view }: { view: Template }) {
  return (
    <Panel title="Node spec">
      <Facts
        rows={[
          ["Image", <Named key="image" id={view.imageId} name={view.names.image} />],
          ["Worker flavor", view.flavorId && <Named key="flavor" id={view.flavorId} name={view.names.flavor} />],
          [
            "Control plane flavor",
            view.masterFlavorId && <Named key="master" id={view.masterFlavorId} name={view.names.masterFlavor} />,
          ],
          ["Keypair", view.keypairId],
          ["Volume driver", view.volumeDriver],
          ["Storage driver", view.dockerStorageDriver],
          ["Container storage", view.dockerVolumeSizeGib === null ? null : gib(view.dockerVolumeSizeGib)],
          ["Insecure registry", view.insecureRegistry],
          ["API port", view.apiserverPort],
        ]}
      />
    </Panel>
  );
}

function NetworkPanel({ view }: { view: Template }) {
  return (
    <Panel title="Network">
      <Facts
        rows={[
          ["Network driver", view.networkDriver],
          [
            "External network",
            view.externalNetworkId && (
              <Named key="external" id={view.externalNetworkId} name={view.names.externalNetwork} />
            ),
          ],
          ["Fixed network", view.fixedNetwork ?? "One is made for each cluster"],
          ["Fixed subnet", view.fixedSubnet],
          ["API load balancer", yesNo(view.masterLbEnabled)],
          ["Floating IPs", yesNo(view.floatingIpEnabled)],
          ["DNS servers", view.dnsNameserver],
          ["HTTP proxy", view.httpProxy],
          ["HTTPS proxy", view.httpsProxy],
          ["No proxy", view.noProxy],
        ]}
      />
    </Panel>
  );
}

function LabelsPanel({ view }: { view: Template }) {
  const labels = Object.entries(view.labels);
  return (
    <Panel title="Labels" note={labels.length === 0 ? undefined : "Taken by each cluster that does not say otherwise"}>
      {labels.length === 0 ? (
        <p className="text-sm text-muted">None.</p>
      ) : (
        <CodeBlock
          label="Labels of the template"
          text={labels.map(([key, value]) => `${key}=${value}`).join("\n")}
          wrap
        />
      )}
    </Panel>
  );
}
