"use client";
import { useQuery } from "@tanstack/react-query";
import { useProject } from "../_frame/project-context";
import { paths } from "@/app/_lib/paths";
import { useTRPC } from "@/app/_lib/trpc-client";
import { ErrorPanel } from "@/app/_shared/error-panel";
import { PageHeader } from "@/app/_ui/page-header";
import { Skeleton } from "@/app/_ui/skeleton";
import { emptyValues, valuesOf } from "./form";
import { TemplateWizard } from "./template-wizard";

/** A new template, empty or with the values of another one. */
export function NewTemplate({ from }: { from: string | null }) {
  const trpc = useTRPC();
  const { id: project } = useProject();
  const source = useQuery(trpc.template.get.queryOptions({ project, id: from ?? "" }, { enabled: from !== null }));
  const back = { href: paths.templates(project), label: "Templates" };
  return (
    <>
      <PageHeader title={source.data ? `Copy of ${source.data.name}` : "Create template"} back={back} />
      {from !== null && source.isPending ? (
        <Skeleton className="h-96 rounded-xl" />
      ) : source.isError ? (
        <ErrorPanel
          error={source.error}
          what="The template to copy could not be read"
          onRetry={() => void source.refetch()}
        />
      ) : (
        <TemplateWizard
          mode="create"
          before={null}
          start={
            source.data
              ? {
                  ...valuesOf(source.data),
                  name: `${source.data.name}-copy`.slice(0, 255),
                  public: false,
                  hidden: false,
                }
              : emptyValues
          }
        />
      )}
    </>
  );
}

/** Changes to a template; of one in use only those that Magnum allows. */
export function EditTemplate({ id }: { id: string }) {
  const trpc = useTRPC();
  const { id: project } = useProject();
  const template = useQuery(trpc.template.get.queryOptions({ project, id }, { staleTime: Infinity }));
  const back = { href: paths.template(project, id), label: template.data?.name ?? "Template" };
  return (
    <>
      <PageHeader title={template.data ? `Edit ${template.data.name}` : "Edit template"} back={back} />
      {template.isPending && <Skeleton className="h-96 rounded-xl" />}
      {template.isError && (
        <ErrorPanel
          error={template.error}
          what="The template could not be read"
          onRetry={() => void template.refetch()}
        />
      )}
      {template.data && <TemplateWizard mode="edit" before={template.data} start={valuesOf(template.data)} />}
    </>
  );
}
