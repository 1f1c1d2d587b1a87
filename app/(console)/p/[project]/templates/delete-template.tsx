"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useProject } from "../_frame/project-context";
import { explain } from "@/app/_lib/errors";
import { useTRPC } from "@/app/_lib/trpc-client";
import { ErrorNotice } from "@/app/_shared/error-panel";
import { Button } from "@/app/_ui/button";
import { Dialog } from "@/app/_ui/dialog";

export function DeleteTemplate({
  template,
  onClose,
  onDeleted,
}: {
  template: { id: string; name: string };
  onClose: () => void;
  onDeleted?: () => void;
}) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { id: project } = useProject();
  const remove = useMutation(
    trpc.template.delete.mutationOptions({
      onSuccess: async () => {
        onDeleted?.();
        onClose();
        await client.invalidateQueries(trpc.template.list.pathFilter());
      },
    }),
  );
  return (
    <Dialog
      open
      role="alertdialog"
      busy={remove.isPending}
      onClose={onClose}
      title={`Delete ${template.name}`}
      footer={
        <>
          <Button onClick={onClose} disabled={remove.isPending}>
            Keep it
          </Button>
          <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate({ project, id: template.id })}>
            Delete template
          </Button>
        </>
      }
    >
      {remove.isError && (
        <div className="mb-4">
          <ErrorNotice text={explain(remove.error, "The template was not deleted")} />
        </div>
      )}
      <p className="text-sm">
        No cluster uses it. Clusters cannot be made from it any more, and it cannot be brought back.
      </p>
    </Dialog>
  );
}
