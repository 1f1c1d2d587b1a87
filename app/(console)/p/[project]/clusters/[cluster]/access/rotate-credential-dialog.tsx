"use client";
import { useMutation } from "@tanstack/react-query";
import { explain } from "@/app/_lib/errors";
import { useTRPC } from "@/app/_lib/trpc-client";
import { ErrorNotice } from "@/app/_shared/error-panel";
import { Button } from "@/app/_ui/button";
import { Dialog } from "@/app/_ui/dialog";
import { useProject, useSession } from "../../../_frame/project-context";
import { useClustersChanged } from "../../use-actions";

interface Props {
  cluster: { id: string; name: string; userId: string; userName: string | null };
  onClose: () => void;
}

/** A new access of the cluster to the cloud, in the name of whoever asks: says whose it was and whose it will be. */
export function RotateCredentialDialog({ cluster, onClose }: Props) {
  const trpc = useTRPC();
  const project = useProject();
  const session = useSession();
  const changed = useClustersChanged();
  const rotate = useMutation(
    trpc.cluster.rotateCredential.mutationOptions({
      onSuccess: async () => {
        await changed();
        onClose();
      },
    }),
  );
  const mine = cluster.userId === session.user.id;
  return (
    <Dialog
      open
      role="alertdialog"
      onClose={onClose}
      busy={rotate.isPending}
      title={`Rotate the cloud credential of ${cluster.name}`}
      footer={
        <>
          <Button onClick={onClose} disabled={rotate.isPending}>
            Cancel
          </Button>
          <Button
            variant={mine ? "primary" : "danger"}
            busy={rotate.isPending}
            onClick={() => rotate.mutate({ project: project.id, id: cluster.id })}
          >
            {mine ? "Rotate" : "Rotate and take over"}
          </Button>
        </>
      }
    >
      <div className="space-y-3 text-sm">
        {rotate.isError && <ErrorNotice text={explain(rotate.error, "The credential was not rotated")} />}
        <p>
          The cluster acts in the cloud in {mine ? "your name" : `the name of ${cluster.userName ?? cluster.userId}`}.
          It gets a new identity of its own{mine ? "" : ", in your name"}, its nodes are replaced a few at a time to
          carry it, and the old one is removed.
        </p>
        {!mine && (
          <p>
            The cluster becomes yours: you may get configs of it, and{" "}
            <span className="font-medium">{cluster.userName ?? cluster.userId}</span> no longer may.
          </p>
        )}
      </div>
    </Dialog>
  );
}
