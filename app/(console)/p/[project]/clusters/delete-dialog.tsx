"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { explain } from "@/app/_lib/errors";
import { useTRPC, type Outputs } from "@/app/_lib/trpc-client";
import { ErrorNotice, ErrorPanel } from "@/app/_shared/error-panel";
import { Button } from "@/app/_ui/button";
import { Dialog } from "@/app/_ui/dialog";
import { TextField } from "@/app/_ui/field";
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
  const [typed, setTyped] = useState("");
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
  const ready = typed === cluster.name;
  const submit = () => remove.mutate({ project: project.id, id: cluster.id, name: typed });
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
          <Button variant="danger" busy={remove.isPending} disabled={!ready} onClick={submit}>
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
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (ready && !remove.isPending) submit();
          }}
        >
          <TextField
            label={
              <>
                Type <strong className="font-semibold break-all">{cluster.name}</strong> to confirm
              </>
            }
            hint="Deletion cannot be undone."
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
          />
        </form>
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
          <Things things={preview.blocks} />
        </Notice>
      )}
      <div>
        <h3 className="mb-1.5 text-sm font-medium">Will be removed</h3>
        {preview.removes.length > 0 ? (
          <Things things={preview.removes} />
        ) : (
          <p className="text-[0.8125rem] text-muted">Nothing was made yet: only the record goes.</p>
        )}
      </div>
      {preview.stays.length > 0 && (
        <div>
          <h3 className="mb-1.5 text-sm font-medium">Stays in the project</h3>
          <Things things={preview.stays} />
        </div>
      )}
    </>
  );
}

function Things({ things }: { things: readonly { type: string; name: string; why?: string }[] }) {
  return (
    <ul className="max-h-48 space-y-1 overflow-auto text-[0.8125rem]">
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
