"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { explain } from "@/app/_lib/errors";
import { flavorSize } from "@/app/_lib/format";
import { useTRPC } from "@/app/_lib/trpc-client";
import { ErrorNotice } from "@/app/_shared/error-panel";
import type { LabelRow } from "@/app/_shared/label-text";
import { Button } from "@/app/_ui/button";
import { Combo } from "@/app/_ui/combo";
import { Dialog } from "@/app/_ui/dialog";
import { Summary } from "@/app/_ui/disclosure";
import { NumberField, SelectField, TextField } from "@/app/_ui/field";
import { SkeletonLines } from "@/app/_ui/skeleton";
import { useProject } from "../../../_frame/project-context";
import { useClustersChanged } from "../../use-actions";
import type { ClusterView } from "../cluster-context";
import {
  labelRows,
  labelsOf,
  NodeLabelsEditor,
  taintRows,
  taintsOf,
  TaintsEditor,
  type NodeLabelRow,
  type TaintRow,
} from "./marks-editor";

const LabelEditor = lazy(() => import("@/app/_shared/label-editor"));

interface Props {
  cluster: ClusterView;
  /** Name of a group whose values the form begins with. */
  from?: string | undefined;
  onClose: () => void;
}

/** A further group of nodes. What is not touched is not sent: the cluster's own value applies. */
export function AddNodeGroupDialog({ cluster, from, onClose }: Props) {
  const trpc = useTRPC();
  const project = useProject();
  const changed = useClustersChanged();
  const options = useQuery(trpc.cloud.options.queryOptions({ project: project.id }, { staleTime: 60_000 }));
  const source = cluster.nodegroups.find((group) => group.name === from);
  const [name, setName] = useState("");
  const [role, setRole] = useState(source && source.role !== "worker" ? source.role : "");
  const [count, setCount] = useState<number | undefined>(source?.nodeCount);
  const [min, setMin] = useState<number | undefined>(source?.minNodeCount || undefined);
  const [max, setMax] = useState<number | undefined>(source?.maxNodeCount ?? undefined);
  const [flavor, setFlavor] = useState<string | null>(source && !source.isDefault ? source.flavorId : null);
  const [image, setImage] = useState<string | null>(source && !source.isDefault ? source.imageId : null);
  const [zone, setZone] = useState(source?.labels["availability_zone"] ?? "");
  const [volume, setVolume] = useState<number | undefined>(undefined);
  const [own, setOwn] = useState<LabelRow[]>([]);
  const [labels, setLabels] = useState<NodeLabelRow[]>(labelRows(source?.nodeLabels ?? null));
  const [taints, setTaints] = useState<TaintRow[]>(taintRows(source?.nodeTaints ?? null));
  const add = useMutation(
    trpc.nodegroup.create.mutationOptions({
      onSuccess: async () => {
        await changed();
        onClose();
      },
    }),
  );
  const refusal = add.isError ? explain(add.error, "The node group was not added") : null;
  const problem = (...fields: string[]) =>
    refusal?.fields.find(({ field }) => fields.includes(field))?.message ?? undefined;
  const placed = refusal?.fields.some(({ field }) => shownFields.has(field)) ?? false;
  const taken = cluster.nodegroups.some((group) => group.name === name.trim());
  const submit = () => {
    const set = [...own.filter((row) => row.key !== ""), ...(zone ? [{ key: "availability_zone", value: zone }] : [])];
    add.mutate({
      project: project.id,
      id: cluster.id,
      name: name.trim(),
      ...(role.trim() ? { role: role.trim() } : {}),
      ...(count === undefined ? {} : { nodeCount: count }),
      ...(min === undefined ? {} : { minNodeCount: min }),
      ...(max === undefined ? {} : { maxNodeCount: max }),
      ...(flavor ? { flavorId: flavor } : {}),
      ...(image ? { imageId: image } : {}),
      ...(volume === undefined ? {} : { dockerVolumeSizeGib: volume }),
      ...(set.length > 0
        ? { labels: Object.fromEntries(set.map(({ key, value }) => [key, value])), mergeLabels: true }
        : {}),
      ...(labelsOf(labels) ? { nodeLabels: labelsOf(labels) } : {}),
      ...(taintsOf(taints) ? { nodeTaints: taintsOf(taints) } : {}),
    });
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      busy={add.isPending}
      title={`Add a node group to ${cluster.name}`}
      footer={
        <>
          <Button onClick={onClose} disabled={add.isPending}>
            Cancel
          </Button>
          <Button variant="primary" busy={add.isPending} disabled={name.trim() === "" || taken} onClick={submit}>
            Add node group
          </Button>
        </>
      }
    >
      {options.isPending ? (
        <SkeletonLines lines={6} />
      ) : (
        <form
          className="space-y-5"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== "" && !taken && !add.isPending) submit();
          }}
        >
          {refusal && !placed && <ErrorNotice text={refusal} />}
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              label="Name"
              required
              autoFocus
              value={name}
              maxLength={255}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setName(event.target.value)}
              error={taken ? "The cluster has a node group of this name." : problem("name")}
            />
            <TextField
              label="Role"
              value={role}
              placeholder="worker"
              maxLength={255}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setRole(event.target.value)}
              error={role.trim() === "master" ? "Control plane nodes come with the cluster." : problem("role")}
              hint="Any word; other programs read it."
            />
          </div>
          <div className="grid gap-4 sm:grid-cols-3">
            <NumberField
              label="Nodes"
              value={count}
              base={1}
              placeholder="1"
              onChange={setCount}
              error={problem("node_count", "nodeCount")}
            />
            <NumberField
              label="At least"
              value={min}
              base={0}
              placeholder="0"
              onChange={setMin}
              error={problem("min_node_count", "minNodeCount")}
            />
            <NumberField
              label="At most"
              value={max}
              base={count ?? 1}
              placeholder="any"
              onChange={setMax}
              error={problem("max_node_count", "maxNodeCount")}
            />
          </div>
          {options.data?.flavors.ok ? (
            <Combo
              label="Flavor"
              value={flavor}
              onChange={setFlavor}
              placeholder={`As the cluster: ${cluster.names.flavor ?? cluster.flavorId ?? "none"}`}
              options={options.data.flavors.items.map((each) => ({
                id: each.id,
                name: each.name,
                note: flavorSize(each),
              }))}
              error={problem("flavor_id", "flavorId")}
            />
          ) : (
            <TextField
              label="Flavor"
              value={flavor ?? ""}
              placeholder={cluster.flavorId ?? ""}
              onChange={(event) => setFlavor(event.target.value || null)}
              error={problem("flavor_id", "flavorId")}
            />
          )}
          <details className="group" open={image !== null || zone !== "" || undefined}>
            <Summary>Image, zone, storage and labels</Summary>
            <div className="mt-4 space-y-5">
              {options.data?.images.ok && (
                <Combo
                  label="Image"
                  value={image}
                  onChange={setImage}
                  placeholder={`As the template: ${cluster.names.image ?? cluster.template?.imageId ?? ""}`}
                  options={options.data.images.items.map((each) => ({
                    id: each.id,
                    name: each.name,
                    note: each.distro ?? "no os_distro",
                    whyNot:
                      each.distro === cluster.template?.clusterDistro
                        ? null
                        : "Another system than the cluster's nodes have.",
                  }))}
                  error={problem("image_id", "imageId")}
                />
              )}
              <div className="grid gap-4 sm:grid-cols-2">
                {options.data?.zones.ok && (
                  <SelectField
                    label="Availability zone"
                    value={zone}
                    onChange={(event) => setZone(event.target.value)}
                    error={problem("labels.availability_zone")}
                  >
                    <option value="">As the cluster</option>
                    {options.data.zones.items.map((each) => (
                      <option key={each.name} value={each.name}>
                        {each.name}
                      </option>
                    ))}
                  </SelectField>
                )}
                <NumberField
                  label="Container storage"
                  unit="GB"
                  min={1}
                  value={volume}
                  base={cluster.dockerVolumeSizeGib ?? 10}
                  placeholder={cluster.dockerVolumeSizeGib === null ? "none" : String(cluster.dockerVolumeSizeGib)}
                  onChange={setVolume}
                  error={problem("docker_volume_size", "dockerVolumeSizeGib")}
                />
              </div>
              <NodeLabelsEditor rows={labels} onChange={setLabels} error={problem("node_labels", "nodeLabels")} />
              <TaintsEditor rows={taints} onChange={setTaints} error={problem("node_taints", "nodeTaints")} />
              <fieldset className="min-w-0">
                <legend className="mb-2 text-sm font-medium">Driver labels of this group</legend>
                <Suspense fallback={<SkeletonLines lines={2} />}>
                  <LabelEditor
                    rows={own}
                    onChange={setOwn}
                    inherited={cluster.labels}
                    inheritedName="the cluster"
                    driver={cluster.driver}
                    problems={Object.fromEntries(
                      (refusal?.fields ?? [])
                        .filter(({ field }) => field.startsWith("labels."))
                        .map(({ field, message }) => [field.slice("labels.".length), message]),
                    )}
                  />
                </Suspense>
              </fieldset>
            </div>
          </details>
        </form>
      )}
    </Dialog>
  );
}

/** Those with a place of their own in the form; anything else is told above it. */
const shownFields = new Set([
  "name",
  "role",
  "node_count",
  "nodeCount",
  "min_node_count",
  "minNodeCount",
  "max_node_count",
  "maxNodeCount",
  "flavor_id",
  "flavorId",
  "image_id",
  "imageId",
  "docker_volume_size",
  "dockerVolumeSizeGib",
  "node_labels",
  "nodeLabels",
  "node_taints",
  "nodeTaints",
]);
