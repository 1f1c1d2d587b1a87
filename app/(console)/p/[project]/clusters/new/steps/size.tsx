"use client";
import { Button } from "@/app/_ui/button";
import { NumberField, Segments, SelectField, SwitchField } from "@/app/_ui/field";
import { FlavorPicker } from "../flavor-picker";
import { balancer, inherited, scaleRange, scaling } from "../form";
import { At, Group, More, Origin, useWizard } from "../wizard-context";

const offered = ["1", "3", "5", "7"] as const;

export function SizeStep() {
  const { values, set, touch, error, warning, template, options } = useWizard();
  const masters = String(values.masterCount ?? 1);
  const auto = scaling(values, template);
  const range = scaleRange(values, template);
  const workers = values.nodeCount ?? 1;
  const types = options.volumeTypes.ok ? options.volumeTypes.items : [];
  const several = (values.masterCount ?? 1) > 1 && !balancer(values, template);
  const theirs = template ? inherited(template) : null;
  return (
    <>
      <Group title="Control plane" note="Runs the API and keeps the state. Three or more go on when one fails.">
        <At field="masterCount">
          <Segments
            legend="Control plane nodes"
            value={masters}
            onChange={(value) => set("masterCount", value === "1" ? undefined : Number(value))}
            choices={[...offered, ...(offered.some((option) => option === masters) ? [] : [masters])].map((option) => ({
              value: option,
              label: option,
            }))}
            error={error("masterCount")}
            warning={warning("masterCount")}
          />
          {several && (
            <Button
              size="sm"
              className="mt-2"
              whyNot={options.loadBalancer ? null : "This cloud has no load balancer service."}
              onClick={() => set("masterLbEnabled", true)}
            >
              Turn the API load balancer on
            </Button>
          )}
        </At>
        <At field="masterFlavorId">
          <FlavorPicker field="masterFlavorId" label="Control plane flavor" minimumRamMib={2048} />
        </At>
      </Group>
      <Group title="Workers" note="Run what you deploy.">
        <At field="nodeCount">
          <NumberField
            label={auto ? "Worker nodes to start with" : "Worker nodes"}
            value={values.nodeCount ?? 1}
            onChange={(value) => set("nodeCount", value)}
            onBlur={() => touch("nodeCount")}
            min={0}
            error={error("nodeCount")}
            hint={workers === 0 ? "Nothing can run until you add workers." : undefined}
          />
        </At>
        <At field="flavorId">
          <FlavorPicker field="flavorId" label="Worker flavor" minimumRamMib={1024} />
        </At>
        <At field="autoScaling">
          <SwitchField
            label="Autoscale workers"
            checked={auto}
            onChange={(on) => set("autoScaling", on)}
            error={error("autoScaling")}
            hint="Adds workers when something has no room, and takes idle ones away."
            aside={<Origin field="autoScaling" theirs={theirs?.autoScaling ? "on" : "off"} />}
          />
          {auto && (
            <div className="mt-4 ml-12 flex flex-wrap gap-4">
              <At field="minNodes">
                <NumberField
                  label="Minimum"
                  value={range.min}
                  onChange={(value) => set("minNodes", value)}
                  min={0}
                  error={error("minNodes")}
                  className="w-40"
                />
              </At>
              <At field="maxNodes">
                <NumberField
                  label="Maximum"
                  value={range.max}
                  onChange={(value) => set("maxNodes", value)}
                  min={1}
                  error={error("maxNodes")}
                  warning={range.min === range.max ? "Equal to the minimum: nothing will scale." : undefined}
                  className="w-40"
                />
              </At>
            </div>
          )}
        </At>
      </Group>
      <More
        title="Storage and later changes"
        fields={["dockerVolumeSizeGib", "bootVolumeSize", "bootVolumeType", "rollbackOnFailure"]}
      >
        <div className="grid gap-5 sm:grid-cols-2">
          <At field="dockerVolumeSizeGib">
            <NumberField
              label="Container storage volume"
              value={values.dockerVolumeSizeGib}
              onChange={(value) => set("dockerVolumeSizeGib", value)}
              min={1}
              base={template?.dockerVolumeSizeGib ?? 0}
              unit="GB"
              placeholder={template?.dockerVolumeSizeGib ? String(template.dockerVolumeSizeGib) : "none"}
              error={error("dockerVolumeSizeGib")}
              aside={
                <Origin
                  field="dockerVolumeSizeGib"
                  theirs={template?.dockerVolumeSizeGib ? `${template.dockerVolumeSizeGib} GB` : "none"}
                />
              }
              hint="A volume for images and containers on each node, beside its disk."
            />
          </At>
          <At field="bootVolumeSize">
            <NumberField
              label="Boot volume size"
              value={values.bootVolumeSize}
              onChange={(value) => set("bootVolumeSize", value)}
              min={1}
              base={Number(template?.labels["boot_volume_size"] ?? 0)}
              unit="GB"
              placeholder={template?.labels["boot_volume_size"] ?? "none"}
              error={error("bootVolumeSize")}
              aside={<Origin field="bootVolumeSize" theirs={template?.labels["boot_volume_size"] ?? "none"} />}
              hint="Nodes start from a volume instead of the flavor's disk."
            />
          </At>
          {(values.bootVolumeSize !== undefined || template?.labels["boot_volume_size"]) && (
            <At field="bootVolumeType">
              <SelectField
                label="Boot volume type"
                value={values.bootVolumeType ?? ""}
                onChange={(event) => set("bootVolumeType", event.target.value || undefined)}
                error={error("bootVolumeType")}
              >
                <option value="">
                  {template?.labels["boot_volume_type"]
                    ? `From template (${template.labels["boot_volume_type"]})`
                    : "Default of the cloud"}
                </option>
                {types.map((type) => (
                  <option key={type.name} value={type.name}>
                    {type.name}
                  </option>
                ))}
              </SelectField>
            </At>
          )}
        </div>
        <At field="rollbackOnFailure">
          <SwitchField
            label="Roll back failed changes"
            checked={values.rollbackOnFailure ?? false}
            onChange={(on) => set("rollbackOnFailure", on || undefined)}
            hint="Remembered for this cluster and preselected when it is resized. Creation itself is not rolled back."
          />
        </At>
      </More>
    </>
  );
}
