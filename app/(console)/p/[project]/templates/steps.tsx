"use client";
import dynamic from "next/dynamic";
import { flavorSize } from "@/app/_lib/format";
import type { Outputs } from "@/app/_lib/trpc-client";
import { Button } from "@/app/_ui/button";
import { Facts } from "@/app/_ui/card";
import { Combo, type ComboOption } from "@/app/_ui/combo";
import { NumberField, SelectField, SwitchField, TextField } from "@/app/_ui/field";
import { Notice } from "@/app/_ui/notice";
import { SkeletonLines } from "@/app/_ui/skeleton";
import { networkDrivers, volumeDrivers, type TemplateUpdate } from "@/server/domain/cluster-template";
import { useMay } from "../_frame/project-context";
import { isField, stepOf, stepWords, type FieldName, type Step, type TemplateValues } from "./form";

const LabelEditor = dynamic(() => import("@/app/_shared/label-editor"), { loading: () => <SkeletonLines lines={3} /> });

type Options = Outputs["cloud"]["options"];

export interface StepProps {
  values: TemplateValues;
  set: (change: Partial<TemplateValues>) => void;
  touch: (field: FieldName) => void;
  problem: (field: FieldName) => string | undefined;
  options: Options | undefined;
  /** Clusters use it: most fields are fixed. */
  inUse: boolean;
  editing: boolean;
  /** The image as stored, which may be a name. */
  image: string | null;
}

const fixed = "Fixed while clusters use the template.";
const fixedHint = (inUse: boolean, hint?: string) => (inUse ? fixed : hint);

export function InfoStep({ values, set, touch, problem, inUse }: StepProps) {
  const publishRefusal = useMay()("clustertemplate:publish");
  return (
    <>
      <TextField
        label="Name"
        required
        value={values.name}
        error={problem("name")}
        autoComplete="off"
        onBlur={() => touch("name")}
        onChange={(event) => set({ name: event.target.value })}
      />
      <TextField
        label="Tags"
        value={values.tags}
        error={problem("tags")}
        hint="Words separated by commas, shown beside the name"
        autoComplete="off"
        onBlur={() => touch("tags")}
        onChange={(event) => set({ tags: event.target.value })}
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <SelectField
          label="Container orchestration engine"
          value={values.coe}
          disabled={inUse}
          hint={fixedHint(inUse)}
          onChange={() => undefined}
        >
          <option value="kubernetes">Kubernetes</option>
          {values.coe !== "kubernetes" && <option value={values.coe}>{values.coe}</option>}
        </SelectField>
        <SelectField
          label="Server type"
          value={values.serverType}
          disabled={inUse}
          hint={fixedHint(inUse)}
          onChange={(event) => set({ serverType: event.target.value === "bm" ? "bm" : "vm" })}
        >
          <option value="vm">Virtual machines</option>
          <option value="bm">Bare metal</option>
        </SelectField>
      </div>
      {publishRefusal ? (
        <p className="text-sm text-muted">
          This template is for this project only. Administrators may publish templates to everyone.
        </p>
      ) : (
        <>
          <SwitchField
            label="Public"
            hint="Every project may make clusters from it"
            checked={values.public}
            onChange={(checked) => set({ public: checked })}
          />
          <SwitchField
            label="Hidden"
            hint="Not offered to others, kept for clusters that use it"
            checked={values.hidden}
            onChange={(checked) => set({ hidden: checked })}
          />
        </>
      )}
      <SwitchField
        label="Registry in the cluster"
        hint={fixedHint(inUse, "Needs object storage in the cloud")}
        disabled={inUse}
        checked={values.registryEnabled}
        onChange={(checked) => set({ registryEnabled: checked })}
      />
      <SwitchField
        label="Disable TLS"
        hint={fixedHint(inUse)}
        warning={values.tlsDisabled ? "Whoever reaches the API of such a cluster has full power in it." : undefined}
        disabled={inUse}
        checked={values.tlsDisabled}
        onChange={(checked) => set({ tlsDisabled: checked })}
      />
    </>
  );
}

/** A picker over what the cloud has. When the list cannot be had, the id can be typed. */
function Pick({
  label,
  field,
  list,
  none,
  hint,
  required,
  ...step
}: StepProps & {
  label: string;
  field: "imageId" | "flavorId" | "masterFlavorId" | "keypairId" | "externalNetworkId" | "fixedNetwork" | "fixedSubnet";
  list: { ok: true; items: ComboOption[] } | { ok: false; error: string } | undefined;
  none?: string;
  hint?: string | undefined;
  required?: boolean;
}) {
  const value = step.values[field];
  const choose = (id: string | null) =>
    step.set(field === "fixedNetwork" ? { fixedNetwork: id, fixedSubnet: null } : { [field]: id });
  if (list && !list.ok)
    return (
      <TextField
        label={label}
        required={required}
        value={value ?? ""}
        error={step.problem(field)}
        warning={`The list could not be read (${list.error}). Type a name or id.`}
        onBlur={() => step.touch(field)}
        onChange={(event) => choose(event.target.value === "" ? null : event.target.value)}
      />
    );
  const items = list?.items ?? [];
  // Stored values may be names.
  const chosen = value === null ? null : (items.find((item) => item.id === value || item.name === value)?.id ?? value);
  const all =
    chosen !== null && list && !items.some((item) => item.id === chosen)
      ? [{ id: chosen, name: chosen, note: "no longer in the list" }, ...items]
      : items;
  return (
    <Combo
      label={label}
      options={all}
      value={chosen}
      {...(required ? { required } : {})}
      placeholder={list ? (none ?? "Search or choose") : "Loading"}
      hint={step.inUse ? fixed : hint}
      error={step.problem(field)}
      onBlur={() => step.touch(field)}
      onChange={(id) => {
        if (!step.inUse) choose(id);
      }}
      aside={
        value !== null && !required && !step.inUse ? (
          <button
            type="button"
            className="text-[0.8125rem] text-muted underline hover:text-foreground"
            onClick={() => choose(null)}
          >
            Clear
          </button>
        ) : undefined
      }
    />
  );
}

type Listing<T> = { ok: true; items: T[] } | { ok: false; error: string };
const mapList = <T,>(list: Listing<T> | undefined, map: (item: T) => ComboOption): Listing<ComboOption> | undefined =>
  list === undefined ? undefined : list.ok ? { ok: true, items: list.items.map(map) } : list;

export function NodesStep(props: StepProps) {
  const { values, set, touch, problem, options, inUse } = props;
  const images = mapList(options?.images, (image) => ({
    id: image.id,
    name: image.name,
    note: [image.distro, image.visibility, image.minDiskGib > 0 ? `needs ${image.minDiskGib} GB` : null]
      .filter((part) => part)
      .join(", "),
    whyNot:
      image.status !== "active"
        ? `Its status is ${image.status}.`
        : image.distro === null
          ? "It has no os_distro property."
          : image.driver === null
            ? `No driver here makes clusters of ${image.distro}.`
            : null,
  }));
  const flavors = mapList(options?.flavors, (flavor) => ({
    id: flavor.id,
    name: flavor.name,
    note: `${flavorSize(flavor)}${flavor.ramMib < 2048 || flavor.vcpus < 2 ? ", small for Kubernetes" : ""}`,
  }));
  const keypairs = mapList(options?.keypairs, (keypair) => ({
    id: keypair.name,
    name: keypair.name,
    note: keypair.fingerprint,
  }));
  return (
    <>
      <Pick
        {...props}
        label="Image"
        field="imageId"
        list={images}
        required
        hint="It decides the system and with it the driver"
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <Pick {...props} label="Worker flavor" field="flavorId" list={flavors} none="Chosen with each cluster" />
        <Pick
          {...props}
          label="Control plane flavor"
          field="masterFlavorId"
          list={flavors}
          none="Chosen with each cluster"
        />
      </div>
      <Pick
        {...props}
        label="Keypair"
        field="keypairId"
        list={keypairs}
        none="Chosen with each cluster"
        hint="Keypairs are personal: others who use this template may not have it"
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <SelectField
          label="Volume driver"
          value={values.volumeDriver ?? ""}
          disabled={inUse}
          hint={fixedHint(inUse)}
          onChange={(event) => set({ volumeDriver: event.target.value === "" ? null : event.target.value })}
        >
          <option value="">None</option>
          {volumeDrivers[values.coe].map((driver) => (
            <option key={driver} value={driver}>
              {driver === "cinder" ? "Cinder" : driver}
            </option>
          ))}
        </SelectField>
        <SelectField
          label="Container storage driver"
          value={values.dockerStorageDriver ?? ""}
          disabled={inUse}
          hint={fixedHint(inUse)}
          onChange={(event) => set({ dockerStorageDriver: event.target.value === "" ? null : event.target.value })}
        >
          <option value="">The system&apos;s</option>
          <option value="overlay2">overlay2</option>
          {values.dockerStorageDriver !== null && values.dockerStorageDriver !== "overlay2" && (
            <option value={values.dockerStorageDriver}>{values.dockerStorageDriver}</option>
          )}
        </SelectField>
        <NumberField
          label="Container storage volume"
          unit="GB"
          min={1}
          value={values.dockerVolumeSizeGib}
          disabled={inUse}
          error={problem("dockerVolumeSizeGib")}
          hint={fixedHint(inUse, "Empty: on the root disk")}
          onBlur={() => touch("dockerVolumeSizeGib")}
          onChange={(dockerVolumeSizeGib) => set({ dockerVolumeSizeGib })}
        />
        <NumberField
          label="API port"
          min={1024}
          max={65535}
          base={6443}
          value={values.apiserverPort}
          disabled={inUse}
          error={problem("apiserverPort")}
          hint={fixedHint(inUse, "Empty: 6443")}
          onBlur={() => touch("apiserverPort")}
          onChange={(apiserverPort) => set({ apiserverPort })}
        />
      </div>
      <TextField
        label="Insecure registry"
        mono
        placeholder="registry.example.org:5000"
        value={values.insecureRegistry}
        disabled={inUse}
        error={problem("insecureRegistry")}
        hint={fixedHint(inUse, "host:port of a registry without TLS")}
        onBlur={() => touch("insecureRegistry")}
        onChange={(event) => set({ insecureRegistry: event.target.value })}
      />
    </>
  );
}

export function NetworkStep(props: StepProps) {
  const { values, set, touch, problem, options, inUse } = props;
  const networks = options?.networks;
  const external = mapList(
    networks?.ok ? { ok: true, items: networks.items.filter((network) => network.external) } : networks,
    (network) => ({
      id: network.id,
      name: network.name,
      note: network.subnets.map((subnet) => subnet.cidr).join(", "),
    }),
  );
  const inner = mapList(
    networks?.ok ? { ok: true, items: networks.items.filter((network) => !network.external) } : networks,
    (network) => ({
      id: network.id,
      name: network.name,
      note: [network.shared ? "shared" : null, ...network.subnets.map((subnet) => subnet.cidr)]
        .filter((part) => part)
        .join(", "),
    }),
  );
  const chosen = networks?.ok
    ? networks.items.find((network) => network.id === values.fixedNetwork || network.name === values.fixedNetwork)
    : undefined;
  const subnets = networks?.ok
    ? {
        ok: true as const,
        items: (chosen?.subnets ?? []).map((subnet) => ({
          id: subnet.id,
          name: subnet.name || subnet.cidr,
          note: `${subnet.cidr}${subnet.gateway ? `, gateway ${subnet.gateway}` : ", no gateway"}`,
        })),
      }
    : networks;
  const text = (field: "dnsNameserver" | "httpProxy" | "httpsProxy" | "noProxy", label: string, hint: string) => (
    <TextField
      label={label}
      mono
      value={values[field]}
      disabled={inUse}
      error={problem(field)}
      hint={fixedHint(inUse, hint)}
      autoComplete="off"
      onBlur={() => touch(field)}
      onChange={(event) => set({ [field]: event.target.value })}
    />
  );
  return (
    <>
      <SelectField
        label="Network driver"
        value={values.networkDriver}
        disabled={inUse}
        hint={fixedHint(inUse, "How pods reach each other")}
        error={problem("networkDriver")}
        onChange={(event) => set({ networkDriver: event.target.value })}
      >
        {networkDrivers[values.coe].map((driver) => (
          <option key={driver} value={driver}>
            {driver}
          </option>
        ))}
      </SelectField>
      <Pick
        {...props}
        label="External network"
        field="externalNetworkId"
        list={external}
        hint="Floating IPs and the way out come from here"
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <Pick {...props} label="Fixed network" field="fixedNetwork" list={inner} none="Made for each cluster" />
        <Pick
          {...props}
          label="Fixed subnet"
          field="fixedSubnet"
          list={subnets}
          none={values.fixedNetwork ? "Search or choose" : "Choose the network first"}
        />
      </div>
      <SwitchField
        label="Load balancer for the Kubernetes API"
        hint={fixedHint(inUse, "Needed for more than one control plane node")}
        warning={
          options && !options.loadBalancer && values.masterLbEnabled
            ? "This cloud offers no load balancers."
            : undefined
        }
        disabled={inUse}
        checked={values.masterLbEnabled}
        onChange={(masterLbEnabled) => set({ masterLbEnabled })}
      />
      <SwitchField
        label="Floating IP for every node"
        hint={fixedHint(inUse, "Nodes are then reachable from outside, as their security groups allow")}
        disabled={inUse}
        checked={values.floatingIpEnabled}
        onChange={(floatingIpEnabled) => set({ floatingIpEnabled })}
      />
      {text("dnsNameserver", "DNS servers", "IPv4 addresses separated by commas")}
      <div className="grid gap-5 sm:grid-cols-2">
        {text("httpProxy", "HTTP proxy", "Address with port")}
        {text("httpsProxy", "HTTPS proxy", "Address with port")}
      </div>
      {text("noProxy", "No proxy for", "Hosts and ranges separated by commas")}
    </>
  );
}

export function LabelsStep({ values, set, problem, options, inUse }: StepProps) {
  const image = options?.images.ok
    ? options.images.items.find((candidate) => candidate.id === values.imageId || candidate.name === values.imageId)
    : undefined;
  const said = problem("labels");
  const colon = said?.indexOf(": ") ?? -1;
  if (inUse) return <Facts rows={values.labels.map((row) => [row.key, row.value] as const)} />;
  return (
    <>
      <p className="text-sm text-muted">Clusters take these labels unless they say otherwise.</p>
      {said && (
        <Notice tone="bad" role="alert">
          {said}
        </Notice>
      )}
      <LabelEditor
        rows={values.labels}
        onChange={(labels) => set({ labels })}
        inherited={{}}
        inheritedName="nothing"
        driver={image?.driver ?? undefined}
        problems={said !== undefined && colon > 0 ? { [said.slice(0, colon)]: said.slice(colon + 2) } : {}}
      />
    </>
  );
}

const fieldWords: Partial<Record<FieldName, string>> = {
  imageId: "Image",
  flavorId: "Worker flavor",
  masterFlavorId: "Control plane flavor",
  keypairId: "Keypair",
  externalNetworkId: "External network",
  fixedNetwork: "Fixed network",
  fixedSubnet: "Fixed subnet",
  networkDriver: "Network driver",
  masterLbEnabled: "API load balancer",
  floatingIpEnabled: "Floating IPs",
  dnsNameserver: "DNS servers",
  httpProxy: "HTTP proxy",
  httpsProxy: "HTTPS proxy",
  noProxy: "No proxy",
  volumeDriver: "Volume driver",
  dockerStorageDriver: "Storage driver",
  dockerVolumeSizeGib: "Container storage",
  insecureRegistry: "Insecure registry",
  apiserverPort: "API port",
  registryEnabled: "Registry",
  tlsDisabled: "TLS off",
  serverType: "Server type",
  public: "Public",
  hidden: "Hidden",
  tags: "Tags",
  name: "Name",
  coe: "Orchestration",
  labels: "Labels",
};

export function ReviewStep({
  values,
  options,
  problems,
  go,
  change,
  editing,
}: StepProps & {
  problems: Partial<Record<FieldName, string>>;
  go: (step: Step) => void;
  change: TemplateUpdate | null;
}) {
  const wrong = Object.entries(problems).filter((entry): entry is [FieldName, string] => isField(entry[0]));
  const nameOf = (field: FieldName): string | null => {
    const value = values[field];
    if (value === null || value === undefined || value === "") return null;
    if (typeof value === "boolean") return value ? "Yes" : "No";
    if (Array.isArray(value)) return value.map((row) => `${row.key}=${row.value}`).join(", ") || null;
    const networks = options?.networks.ok ? options.networks.items : [];
    const known: { id: string; name: string }[] = [
      ...(options?.images.ok ? options.images.items : []),
      ...(options?.flavors.ok ? options.flavors.items : []),
      ...networks,
      ...networks.flatMap((network) => network.subnets),
    ];
    return known.find((item) => item.id === value)?.name ?? String(value);
  };
  const fields = Object.keys(stepOf)
    .filter(isField)
    .filter((field) => !editing || change === null || field in change);
  return (
    <>
      {wrong.map(([field, message]) => (
        <Notice
          key={field}
          tone="bad"
          title={fieldWords[field] ?? field}
          action={
            <Button size="sm" onClick={() => go(stepOf[field])}>
              Correct it
            </Button>
          }
        >
          {message}
        </Notice>
      ))}
      {editing && change !== null && fields.length === 0 && (
        <p className="text-sm text-muted">Nothing is changed yet.</p>
      )}
      {editing && change !== null && fields.length > 0 && <p className="text-sm text-muted">Only this changes:</p>}
      {(["info", "nodes", "network", "labels"] as const).map((step) => {
        const rows = fields
          .filter((field) => stepOf[field] === step)
          .map((field) => [fieldWords[field] ?? field, nameOf(field)] as const)
          .filter(([, value]) => editing || value !== null);
        if (rows.length === 0) return null;
        return (
          <section key={step}>
            <div className="mb-2 flex items-baseline justify-between gap-4">
              <h3 className="text-sm font-semibold">{stepWords[step]}</h3>
              <button
                type="button"
                onClick={() => go(step)}
                className="text-[0.8125rem] text-accent-text hover:underline"
              >
                Edit<span className="sr-only"> {stepWords[step]}</span>
              </button>
            </div>
            <Facts rows={rows} />
          </section>
        );
      })}
    </>
  );
}
