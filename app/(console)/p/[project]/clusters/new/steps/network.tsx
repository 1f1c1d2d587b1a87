"use client";
import { Combo } from "@/app/_ui/combo";
import { RadioCards, Segments, SelectField, SwitchField, TextField } from "@/app/_ui/field";
import { Notice } from "@/app/_ui/notice";
import { allowedRangesLabel, balancer, inherited, mode } from "../form";
import { At, Group, More, Origin, useWizard } from "../wizard-context";

export function NetworkStep() {
  const { values, set, touch, error, warning, template, options } = useWizard();
  if (!template) return <Notice tone="info">Choose a template first.</Notice>;
  const theirs = inherited(template);
  const kind = mode(values, template);
  const on = balancer(values, template);
  const publicApi = values.apiPublic ?? theirs.apiPublic;
  const rangesLabel = allowedRangesLabel(template.driver);
  return (
    <>
      <Group title="Network of the nodes">
        <At field="networkMode">
          <RadioCards
            legend="Network"
            hideLegend
            value={kind}
            onChange={(value) => set("networkMode", value)}
            choices={[
              {
                value: "new",
                label: "Make one for this cluster",
                hint: "With a subnet and a router to the external network; removed with the cluster.",
                whyNot: template.fixedNetwork
                  ? `The template always uses ${nameOf(options, template.fixedNetwork)}.`
                  : undefined,
              },
              {
                value: "existing",
                label: "Use an existing network",
                hint: "Nodes join a network that is there already.",
              },
            ]}
          />
        </At>
        {kind === "new" ? (
          <At field="nodeRange" className="max-w-xs">
            <TextField
              label="Node range"
              mono
              value={values.nodeRange ?? ""}
              placeholder={theirs.label("fixed_subnet_cidr") ?? "10.0.0.0/24"}
              onChange={(event) => set("nodeRange", event.target.value.trim() || undefined)}
              onBlur={() => touch("nodeRange")}
              error={error("nodeRange")}
              aside={<Origin field="nodeRange" theirs={theirs.label("fixed_subnet_cidr") ?? "10.0.0.0/24"} />}
            />
          </At>
        ) : (
          <ExistingNetwork />
        )}
      </Group>
      <Group title="Kubernetes API">
        <At field="masterLbEnabled">
          <SwitchField
            label="Load balancer before the API"
            checked={on}
            disabled={!options.loadBalancer && !on}
            onChange={(next) => {
              set("masterLbEnabled", next);
              if (!next) {
                if ((values.masterCount ?? 1) > 1) set("masterCount", undefined);
                set("apiPublic", undefined);
                set("allowedCidrs", undefined);
              }
            }}
            error={error("masterLbEnabled")}
            aside={<Origin field="masterLbEnabled" theirs={template.masterLbEnabled ? "on" : "off"} />}
            hint={
              !options.loadBalancer
                ? "This cloud has no load balancer service."
                : on
                  ? "One address for all control plane nodes. Turning it off leaves one control plane node."
                  : "Needed for more than one control plane node."
            }
          />
        </At>
        {on && (
          <>
            <At field="apiPublic">
              <RadioCards
                legend="API reachable from"
                value={publicApi ? "public" : "private"}
                onChange={(value) => set("apiPublic", value === "public")}
                choices={[
                  {
                    value: "private",
                    label: "Inside only",
                    hint: "From the cluster's network and what is routed to it.",
                  },
                  { value: "public", label: "A public address", hint: "A floating IP on the load balancer." },
                ]}
                aside={<Origin field="apiPublic" theirs={theirs.apiPublic ? "public" : "inside only"} />}
                error={error("apiPublic")}
                warning={
                  publicApi && !values.allowedCidrs
                    ? "Everybody on the internet can try to connect. Limit it to known ranges below."
                    : undefined
                }
              />
            </At>
            <At field="allowedCidrs" className="max-w-xl">
              <TextField
                label="Allowed ranges"
                mono
                value={values.allowedCidrs ?? ""}
                disabled={rangesLabel === null}
                placeholder={(rangesLabel && theirs.label(rangesLabel)) || "192.0.2.0/24, 2001:db8::/32"}
                onChange={(event) => set("allowedCidrs", event.target.value || undefined)}
                onBlur={() => touch("allowedCidrs")}
                error={error("allowedCidrs")}
                hint={
                  rangesLabel === null
                    ? `The driver ${template.driver} cannot limit who reaches the API.`
                    : "Separated by commas. Empty means everybody who has a route."
                }
                warning={values.allowedCidrs?.includes("0.0.0.0/0") ? "0.0.0.0/0 is everybody." : undefined}
              />
            </At>
          </>
        )}
      </Group>
      <More title="Addresses, ranges and ingress" fields={["floatingIpEnabled", "ingress", "podRange", "serviceRange"]}>
        <At field="floatingIpEnabled">
          <Segments
            legend="Floating IP for every node"
            value={values.floatingIpEnabled === undefined ? "template" : values.floatingIpEnabled ? "yes" : "no"}
            onChange={(value) => set("floatingIpEnabled", value === "template" ? undefined : value === "yes")}
            choices={[
              { value: "template", label: `From template (${template.floatingIpEnabled ? "yes" : "no"})` },
              { value: "yes", label: "Yes" },
              { value: "no", label: "No" },
            ]}
            error={error("floatingIpEnabled")}
            warning={
              (values.floatingIpEnabled ?? template.floatingIpEnabled)
                ? "Each node can then be reached from outside, as far as its security group allows."
                : undefined
            }
          />
        </At>
        <div className="grid gap-5 sm:grid-cols-2">
          {(["podRange", "serviceRange"] as const).map((field) => {
            const key = theirs.keys[field];
            if (!key) return null;
            return (
              <At key={field} field={field}>
                <TextField
                  label={field === "podRange" ? "Pod range" : "Service range"}
                  mono
                  value={values[field] ?? ""}
                  placeholder={theirs.label(key) ?? (field === "podRange" ? "10.100.0.0/16" : "10.254.0.0/16")}
                  onChange={(event) => set(field, event.target.value.trim() || undefined)}
                  onBlur={() => touch(field)}
                  error={error(field)}
                  aside={<Origin field={field} theirs={theirs.label(key) ?? "default"} />}
                />
              </At>
            );
          })}
          <At field="ingress">
            <SelectField
              label="Ingress controller"
              value={values.ingress ?? "\u0000"}
              onChange={(event) => set("ingress", event.target.value === "\u0000" ? undefined : event.target.value)}
              error={error("ingress")}
              warning={warning("ingress")}
            >
              <option value={"\u0000"}>From template ({theirs.label("ingress_controller") || "none"})</option>
              <option value="">None</option>
              <option value="octavia" disabled={!options.loadBalancer}>
                Octavia
              </option>
              <option value="nginx">nginx</option>
              <option value="traefik">Traefik</option>
            </SelectField>
          </At>
        </div>
      </More>
    </>
  );
}

type Options = ReturnType<typeof useWizard>["options"];

const nameOf = (options: Options, id: string): string =>
  (options.networks.ok
    ? options.networks.items.find((network) => network.id === id || network.name === id)?.name
    : undefined) ?? id;

function ExistingNetwork() {
  const { values, set, touch, error, warning, template, options } = useWizard();
  const listing = options.networks;
  if (!listing.ok)
    return (
      <div className="grid gap-5 sm:grid-cols-2">
        <At field="fixedNetwork">
          <TextField
            label="Network"
            value={values.fixedNetwork ?? ""}
            placeholder={template?.fixedNetwork ?? "name or id"}
            onChange={(event) => set("fixedNetwork", event.target.value || undefined)}
            error={error("fixedNetwork")}
            hint={`The networks could not be listed: ${listing.error}`}
          />
        </At>
        <At field="fixedSubnet">
          <TextField
            label="Subnet"
            value={values.fixedSubnet ?? ""}
            placeholder={template?.fixedSubnet ?? "name or id"}
            onChange={(event) => set("fixedSubnet", event.target.value || undefined)}
            error={error("fixedSubnet")}
          />
        </At>
      </div>
    );
  const usable = listing.items.filter((network) => !network.external);
  const chosenId = values.fixedNetwork ?? template?.fixedNetwork ?? null;
  const chosen = usable.find((network) => network.id === chosenId || network.name === chosenId);
  const subnets = (chosen?.subnets ?? []).map((subnet) => ({
    id: subnet.id,
    name: subnet.name || subnet.cidr,
    note: `${subnet.cidr}${subnet.gateway ? `, gateway ${subnet.gateway}` : ", no gateway"}`,
    whyNot: subnet.ipVersion === 6 ? `${subnet.cidr}: nodes need IPv4` : null,
  }));
  const external = template?.externalNetworkId;
  const unrouted =
    chosen &&
    external &&
    !chosen.routedTo.some(
      (id) => id === external || nameOf(options, id) === external || nameOf(options, external) === nameOf(options, id),
    );
  const subnetId =
    values.fixedSubnet ?? (values.fixedNetwork === undefined ? template?.fixedSubnet : undefined) ?? null;
  return (
    <div className="grid gap-5 sm:grid-cols-2">
      <At field="fixedNetwork">
        <Combo
          label="Network"
          required
          options={usable.map((network) => ({
            id: network.id,
            name: network.name,
            note: `${network.subnets.map((subnet) => subnet.cidr).join(", ") || "no subnet"}${network.shared ? ", shared" : ""}`,
          }))}
          value={chosen?.id ?? null}
          onChange={(id) => {
            set("fixedNetwork", id ?? undefined);
            const only = usable
              .find((network) => network.id === id)
              ?.subnets.filter((subnet) => subnet.ipVersion === 4);
            set("fixedSubnet", only?.length === 1 ? only[0]?.id : undefined);
          }}
          onBlur={() => touch("fixedNetwork")}
          error={error("fixedNetwork")}
          aside={
            template?.fixedNetwork ? (
              <Origin field="fixedNetwork" theirs={nameOf(options, template.fixedNetwork)} />
            ) : undefined
          }
          warning={
            unrouted
              ? `No router connects it to ${nameOf(options, external)}: nodes may not get out.`
              : warning("fixedNetwork")
          }
          empty="There is no network in this project."
        />
      </At>
      <At field="fixedSubnet">
        <Combo
          label="Subnet"
          options={subnets}
          value={subnets.find((subnet) => subnet.id === subnetId || subnet.name === subnetId)?.id ?? null}
          onChange={(id) => set("fixedSubnet", id ?? undefined)}
          onBlur={() => touch("fixedSubnet")}
          error={error("fixedSubnet")}
          warning={unrouted ? undefined : warning("fixedSubnet")}
          placeholder={chosen ? "Search or choose" : "Choose a network first"}
          empty={chosen ? "The network has no subnet." : "Choose a network first."}
        />
      </At>
    </div>
  );
}
