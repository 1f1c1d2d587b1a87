"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { explain } from "@/app/_lib/errors";
import { plural } from "@/app/_lib/format";
import { useTRPC, type Outputs } from "@/app/_lib/trpc-client";
import { ErrorNotice, ErrorPanel } from "@/app/_shared/error-panel";
import { useTypedName } from "@/app/_shared/typed-name";
import { Button } from "@/app/_ui/button";
import { Dialog } from "@/app/_ui/dialog";
import { Summary } from "@/app/_ui/disclosure";
import { Notice } from "@/app/_ui/notice";
import { SkeletonLines } from "@/app/_ui/skeleton";
import { useProject } from "../_frame/project-context";
import { useClustersChanged } from "./use-actions";

interface Props {
  cluster: { id: string; name: string };
  onClose: () => void;
}

/** Says what goes, what stays and what is in the way before anything happens; the name is typed to confirm. */
export function DeleteDialog({ cluster, onClose }: Props) {
  const trpc = useTRPC();
  const project = useProject();
  const changed = useClustersChanged();
  const preview = useQuery(
    trpc.cluster.deletePreview.queryOptions({ project: project.id, id: cluster.id }, { staleTime: 0, retry: false }),
  );
  const remove = useMutation(
    trpc.cluster.delete.mutationOptions({
      onSuccess: async () => {
        await changed();
        onClose();
      },
    }),
  );
  const submit = () => {
    if (!remove.isPending) remove.mutate({ project: project.id, id: cluster.id, name: typed });
  };
  const { typed, matches, field } = useTypedName(cluster.name, {
    hint: "Deletion cannot be undone.",
    onEnter: submit,
  });
  return (
    <Dialog
      open
      onClose={onClose}
      busy={remove.isPending}
      title={`Delete ${cluster.name}`}
      footer={
        <>
          <Button onClick={onClose} disabled={remove.isPending}>
            Keep it
          </Button>
          <Button variant="danger" busy={remove.isPending} disabled={!matches} onClick={submit}>
            Delete cluster
          </Button>
        </>
      }
    >
      <div className="space-y-4">
        {remove.isError && <ErrorNotice text={explain(remove.error, "The cluster was not deleted")} />}
        {preview.isPending ? (
          <SkeletonLines lines={4} />
        ) : preview.isError ? (
          <ErrorPanel
            error={preview.error}
            what="What deletion would do could not be found out"
            onRetry={() => void preview.refetch()}
          />
        ) : (
          <Preview preview={preview.data} />
        )}
        {field}
      </div>
    </Dialog>
  );
}

function Preview({ preview }: { preview: Outputs["cluster"]["deletePreview"] }) {
  return (
    <>
      {preview.blocks.length > 0 && (
        <Notice tone="warning" title="This is in the way">
          <p className="mb-1.5 text-[0.8125rem]">Deletion will stop there until it is gone.</p>
          <Things label="In the way" things={preview.blocks} />
        </Notice>
      )}
      <div>
        <h3 className="mb-1.5 text-sm font-medium">Will be removed</h3>
        {preview.removes.length > 8 ? (
          <>
            <p className="text-[0.8125rem]">{inShort(preview.removes)}</p>
            <details className="group">
              <Summary className="text-[0.8125rem] text-muted">All {preview.removes.length} of them</Summary>
              <Things label="Will be removed" things={preview.removes} />
            </details>
          </>
        ) : preview.removes.length > 0 ? (
          <Things label="Will be removed" things={preview.removes} />
        ) : (
          <p className="text-[0.8125rem] text-muted">Nothing was made yet: only the record goes.</p>
        )}
      </div>
      {preview.stays.length > 0 && (
        <div>
          <h3 className="mb-1.5 text-sm font-medium">Stays in the project</h3>
          <Things label="Stays" things={preview.stays} />
        </div>
      )}
    </>
  );
}

/** "3 servers, 3 ports, 1 network": kinds by their number, most first. */
function inShort(things: readonly { type: string }[]): string {
  const counts = new Map<string, number>();
  for (const { type } of things) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([type, number]) => plural(number, type, /s$/.test(type) ? type : `${type}s`))
    .join(", ");
}

function Things({ label, things }: { label: string; things: readonly { type: string; name: string; why?: string }[] }) {
  return (
    <ul tabIndex={0} aria-label={label} className="max-h-40 space-y-1 overflow-auto rounded-sm text-[0.8125rem]">
      {things.map((thing, index) => (
        <li key={index} className="flex gap-2">
          <span className="shrink-0 text-muted">{thing.type}</span>
          <span className="min-w-0 break-words">
            {thing.name}
            {thing.why && <span className="text-muted">, {thing.why}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}
