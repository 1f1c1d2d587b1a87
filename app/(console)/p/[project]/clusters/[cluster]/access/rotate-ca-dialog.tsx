"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { explain } from "@/app/_lib/errors";
import { plural } from "@/app/_lib/format";
import { useTRPC } from "@/app/_lib/trpc-client";
import { ErrorNotice } from "@/app/_shared/error-panel";
import { useTypedName } from "@/app/_shared/typed-name";
import { Button } from "@/app/_ui/button";
import { Dialog } from "@/app/_ui/dialog";
import { useProject } from "../../../_frame/project-context";
import { useClustersChanged } from "../../use-actions";

/** New authorities: says what stops working, and for whom, before the name is typed. */
export function RotateCaDialog({ cluster, onClose }: { cluster: { id: string; name: string }; onClose: () => void }) {
  const trpc = useTRPC();
  const project = useProject();
  const changed = useClustersChanged();
  const issued = useQuery(trpc.certificate.issued.queryOptions({ project: project.id, id: cluster.id }));
  const rotate = useMutation(
    trpc.certificate.rotateCa.mutationOptions({
      onSuccess: async () => {
        await changed();
        onClose();
      },
    }),
  );
  const people = (issued.data ?? []).filter((certificate) => certificate.purpose !== "node");
  const holders = [...new Set(people.map((certificate) => certificate.userName ?? certificate.userId))];
  const submit = () => {
    if (!rotate.isPending) rotate.mutate({ project: project.id, id: cluster.id });
  };
  const { matches, field } = useTypedName(cluster.name, { onEnter: submit });
  return (
    <Dialog
      open
      onClose={onClose}
      busy={rotate.isPending}
      title={`Rotate the certificate authority of ${cluster.name}`}
      footer={
        <>
          <Button onClick={onClose} disabled={rotate.isPending}>
            Keep it
          </Button>
          <Button variant="danger" busy={rotate.isPending} disabled={!matches} onClick={submit}>
            Rotate
          </Button>
        </>
      }
    >
      <div className="space-y-4 text-sm">
        {rotate.isError && <ErrorNotice text={explain(rotate.error, "The rotation was not started")} />}
        <p>
          All nodes are replaced three times, a few at a time: first they learn to trust the new authority, then they
          get certificates of it, then they forget the old one. The API answers all the while; only a single control
          plane node without a load balancer is changed where it is, and then the API is away for some minutes each
          time.
        </p>
        <p>
          Every config of today stops working when nodes begin to get new certificates.{" "}
          {issued.data &&
            (people.length === 0
              ? "Nobody has one so far."
              : `That cuts off ${holders.slice(0, 5).join(", ")}${holders.length > 5 ? ` and ${holders.length - 5} more` : ""}, who had ${plural(people.length, "certificate")} signed. Configs that are fetched from then on go on working.`)}
        </p>
        {field}
      </div>
    </Dialog>
  );
}
