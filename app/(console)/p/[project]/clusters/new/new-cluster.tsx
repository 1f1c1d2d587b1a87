"use client";
// What the wizard needs before it can be drawn: templates, the cloud's options, a free name, a cluster to copy.
import { skipToken, useQuery } from "@tanstack/react-query";
import { LayoutTemplate } from "lucide-react";
import { useSearchParams } from "next/navigation";
import { useState } from "react";
import { paths } from "@/app/_lib/paths";
import { useTRPC } from "@/app/_lib/trpc-client";
import { ErrorPanel } from "@/app/_shared/error-panel";
import { Button, ButtonLink } from "@/app/_ui/button";
import { Card } from "@/app/_ui/card";
import { EmptyState } from "@/app/_ui/empty-state";
import { Notice } from "@/app/_ui/notice";
import { PageHeader } from "@/app/_ui/page-header";
import { SkeletonLines } from "@/app/_ui/skeleton";
import { Ago } from "@/app/_ui/time";
import { useProject } from "../../_frame/project-context";
import { dropDraft, readDraft, type WizardDraft } from "./draft";
import { emptyValues, fromCluster, steps, type Step, type WizardValues } from "./form";
import { Wizard } from "./wizard";

interface Start {
  values: WizardValues;
  reached: Step;
  step: Step;
}

export function NewCluster({ template, from }: { template: string | null; from: string | null }) {
  const trpc = useTRPC();
  const project = useProject();
  const search = useSearchParams();
  const input = { project: project.id };
  const templates = useQuery(
    trpc.template.list.queryOptions({ ...input, size: 100, sort: "-created" }, { staleTime: 60_000 }),
  );
  const options = useQuery(trpc.cloud.options.queryOptions(input, { staleTime: 60_000 }));
  const name = useQuery(trpc.cluster.suggestName.queryOptions(input, { staleTime: Infinity, gcTime: 0 }));
  const source = useQuery(
    trpc.cluster.get.queryOptions(from ? { ...input, id: from } : skipToken, { staleTime: 60_000 }),
  );
  const [draft, setDraft] = useState<WizardDraft | null | undefined>();
  const [restored, setRestored] = useState<WizardDraft | null>(null);
  const [round, setRound] = useState(0);

  // The draft is this browser's: it is read after the first drawing, which the server makes without it.
  if (draft === undefined && typeof window !== "undefined" && templates.data) {
    const found = from || template ? null : readDraft(project.id);
    setDraft(found);
    // A reload in the middle goes on where it was, without a question.
    if (found && steps.some((step) => step !== "info" && step === search.get("step"))) setRestored(found);
  }

  const header = <PageHeader title="Create cluster" back={{ href: paths.clusters(project.id), label: "Clusters" }} />;
  const failed = [templates, options, source].find((query) => query.isError);
  if (failed)
    return (
      <>
        {header}
        <ErrorPanel
          error={failed.error}
          what={failed === source ? "The cluster to copy could not be read" : "The form could not be prepared"}
          onRetry={() => void failed.refetch()}
        />
      </>
    );
  if (!templates.data || !options.data || name.isPending || (from && !source.data))
    return (
      <>
        {header}
        <Card className="p-6">
          <SkeletonLines lines={6} />
        </Card>
      </>
    );
  if (templates.data.rows.length === 0)
    return (
      <>
        {header}
        <Card>
          <EmptyState
            icon={<LayoutTemplate />}
            title="There is no template yet"
            action={<ButtonLink href={paths.newTemplate(project.id)}>Create template</ButtonLink>}
          >
            A cluster is made from a template, which says which image, network and versions it gets. Ask the operators
            of the cloud to publish one, or make your own.
          </EmptyState>
        </Card>
      </>
    );

  const only = templates.data.rows.length === 1 ? templates.data.rows[0]?.id : undefined;
  const keypairs = options.data.keypairs.ok ? options.data.keypairs.items : [];
  const chosen = templates.data.rows.find((row) => row.id === template)?.id ?? only ?? "";
  const begin = templates.data.rows.find((row) => row.id === chosen);
  const fresh: WizardValues = {
    ...emptyValues,
    name: name.data ?? "",
    clusterTemplateId: chosen,
    keypair: begin?.keypairId ? undefined : keypairs.length === 1 ? keypairs[0]?.name : undefined,
    ...(source.data?.template ? fromCluster(source.data, source.data.template) : {}),
  };
  const start: Start = restored
    ? { values: restored.values, reached: restored.reached, step: restored.reached }
    : { values: fresh, reached: source.data ? "review" : "info", step: "info" };
  const offered = draft && !restored && draft.values.name !== "";
  return (
    <>
      {header}
      {source.data && (
        <Notice tone="info" className="mb-4">
          Copied from {source.data.name}. Everything but the name is filled in; go to Review when you like.
        </Notice>
      )}
      {offered && (
        <Notice
          tone="info"
          className="mb-4"
          title={`You began a cluster ${draft.values.name}`}
          action={
            <>
              <Button
                size="sm"
                variant="primary"
                onClick={() => {
                  setRestored(draft);
                  setRound(round + 1);
                }}
              >
                Continue it
              </Button>
              <Button
                size="sm"
                onClick={() => {
                  dropDraft(project.id);
                  setDraft(null);
                }}
              >
                Throw it away
              </Button>
            </>
          }
        >
          It was kept in this browser <Ago at={draft.at} />.
        </Notice>
      )}
      <Wizard key={round} templates={templates.data.rows} options={options.data} start={start} />
    </>
  );
}
