"use client";
import { useId, useState } from "react";
import { flavorSize, memory, plural } from "@/app/_lib/format";
import { cx } from "@/app/_ui/class-names";
import { FieldNotes, inputClass, TextField } from "@/app/_ui/field";
import { Origin, useWizard } from "./wizard-context";

interface Props {
  field: "flavorId" | "masterFlavorId";
  label: string;
  minimumRamMib: number;
}

/** Flavors as a table to choose from; too small ones only on request, with the reason. */
export function FlavorPicker({ field, label, minimumRamMib }: Props) {
  const { values, set, error, warning, template, options } = useWizard();
  const id = useId();
  const [filter, setFilter] = useState("");
  const [all, setAll] = useState(false);
  const theirs = field === "flavorId" ? template?.flavorId : template?.masterFlavorId;
  const listing = options.flavors;
  const value = values[field];
  if (!listing.ok)
    return (
      <TextField
        label={label}
        value={value ?? ""}
        placeholder={theirs ?? "Flavor name or id"}
        onChange={(event) => set(field, event.target.value || undefined)}
        error={error(field)}
        hint={`The flavors could not be listed: ${listing.error}`}
        aside={<Origin field={field} theirs={theirs ?? undefined} />}
      />
    );
  const byId = (wanted: string | null | undefined) =>
    listing.items.find((flavor) => flavor.id === wanted || flavor.name === wanted);
  const standard = byId(theirs);
  const shownValue = byId(value ?? theirs)?.id;
  const bootVolume = (values.bootVolumeSize ?? 0) > 0 || Number(template?.labels["boot_volume_size"] ?? 0) > 0;
  const unfit = (flavor: (typeof listing.items)[number]) =>
    flavor.ramMib < minimumRamMib
      ? `less than ${memory(minimumRamMib)} RAM`
      : flavor.diskGib === 0 && !bootVolume
        ? "no root disk: set a boot volume size"
        : null;
  const matching = listing.items
    .filter((flavor) => flavor.name.toLowerCase().includes(filter.toLowerCase()))
    .toSorted((a, b) => a.vcpus - b.vcpus || a.ramMib - b.ramMib || a.diskGib - b.diskGib);
  const shown = matching.filter((flavor) => all || flavor.id === shownValue || unfit(flavor) === null);
  const hidden = matching.length - shown.length;
  return (
    <fieldset className="min-w-0" aria-labelledby={`${id}-legend`} aria-describedby={`${id}-error ${id}-warning`}>
      <div className="mb-1.5 flex flex-wrap items-baseline justify-between gap-x-3">
        <span id={`${id}-legend`} className="text-sm font-medium">
          {label}
        </span>
        <Origin field={field} theirs={standard?.name ?? theirs ?? undefined} />
      </div>
      {listing.items.length > 8 && (
        <input
          aria-label={`Filter: ${label}`}
          placeholder="Filter by name"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          className={cx(inputClass, "mb-2 h-9 max-w-60")}
        />
      )}
      <div
        className={cx(
          "max-h-64 overflow-y-auto rounded-lg border",
          error(field) ? "border-bad" : "border-field-border",
        )}
      >
        <table className="w-full text-sm">
          <thead className="sticky top-0 z-10 bg-surface-secondary text-xs text-muted">
            <tr>
              <th scope="col" className="px-3 py-2 text-left font-medium">
                Flavor
              </th>
              <th scope="col" className="px-2 py-2 text-right sm:px-3 font-medium">
                vCPU
              </th>
              <th scope="col" className="px-2 py-2 text-right sm:px-3 font-medium">
                RAM
              </th>
              <th scope="col" className="px-2 py-2 text-right sm:px-3 font-medium">
                Disk
              </th>
            </tr>
          </thead>
          <tbody className="divide-y divide-separator">
            {shown.map((flavor) => {
              const why = unfit(flavor);
              return (
                <tr
                  key={flavor.id}
                  className="cursor-pointer transition-colors focus-within:bg-accent-tint hover:bg-surface-secondary has-checked:bg-accent-tint"
                  onClick={() => set(field, flavor.id === standard?.id ? undefined : flavor.id)}
                >
                  <td className="px-3 py-2">
                    <label className="flex items-start gap-2.5">
                      <input
                        type="radio"
                        name={id}
                        checked={shownValue === flavor.id}
                        onChange={() => set(field, flavor.id === standard?.id ? undefined : flavor.id)}
                        className="mt-0.5 size-4 shrink-0 scroll-mt-10 accent-accent"
                        aria-label={`${flavor.name}, ${flavorSize(flavor)}`}
                      />
                      <span className="min-w-0">
                        <span className="font-medium break-words">{flavor.name}</span>
                        {why && <span className="block text-xs text-warn">{why}</span>}
                      </span>
                    </label>
                  </td>
                  <td className="px-2 py-2 text-right sm:px-3 tabular-nums">{flavor.vcpus}</td>
                  <td className="px-2 py-2 text-right sm:px-3 whitespace-nowrap tabular-nums">
                    {memory(flavor.ramMib)}
                  </td>
                  <td className="px-2 py-2 text-right sm:px-3 whitespace-nowrap tabular-nums">
                    {flavor.diskGib === 0 ? "–" : `${flavor.diskGib} GB`}
                  </td>
                </tr>
              );
            })}
            {shown.length === 0 && (
              <tr>
                <td colSpan={4} className="px-3 py-4 text-center text-muted">
                  No flavor matches.
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
      {(hidden > 0 || all) && (
        <button
          type="button"
          className="mt-1.5 min-h-6 text-[0.8125rem] text-muted underline underline-offset-2 hover:text-foreground"
          onClick={() => setAll(!all)}
        >
          {all
            ? "Hide those that are too small"
            : `Show ${plural(hidden, "flavor")} that ${hidden === 1 ? "is" : "are"} too small`}
        </button>
      )}
      <FieldNotes id={id} error={error(field)} warning={warning(field)} />
    </fieldset>
  );
}
