"use client";
import { count, gib, memory, plural } from "@/app/_lib/format";
import { Card } from "@/app/_ui/card";
import { cx } from "@/app/_ui/class-names";
import { Summary as Disclose } from "@/app/_ui/disclosure";
import { Meter } from "@/app/_ui/meter";
import { Spinner } from "@/app/_ui/spinner";
import { balancer, inherited, scaleRange, scaling } from "./form";
import { useWizard, type Preview } from "./wizard-context";

type Limit = Preview["quota"][number];

const shownLimits = 5;
const fullness = ({ used, adds, limit }: Limit) => (limit === null ? 0 : limit === 0 ? 1 : (used + adds) / limit);
const meter = (row: Limit) => (
  <Meter key={row.name} compact name={row.name} used={row.used} adds={row.adds} limit={row.limit} />
);

/** What will be and what it takes of the quota, while the form is filled in. */
export function Summary({ problems, asking, failed }: { problems: number; asking: boolean; failed: boolean }) {
  const { values, template, preview } = useWizard();
  const made = preview?.effective;
  // The nearest to its limit first: that is the one which decides.
  const tight = (preview?.quota ?? []).filter((row) => row.adds > 0).toSorted((a, b) => fullness(b) - fullness(a));
  const range = scaling(values, template) ? scaleRange(values, template) : null;
  const rows: [string, string][] = [
    ["Name", values.name || "–"],
    ["Template", template?.name ?? "Not chosen"],
    ["Control plane", `${values.masterCount ?? 1} × ${made?.masterFlavor?.name ?? "–"}`],
    [
      "Workers",
      `${values.nodeCount ?? 1} × ${made?.flavor?.name ?? "–"}${range ? `, scales ${range.min}–${range.max}` : ""}`,
    ],
    ["Network", made ? (made.network?.name ?? "New, for this cluster") : "–"],
    [
      "API",
      template
        ? balancer(values, template)
          ? (values.apiPublic ?? inherited(template).apiPublic)
            ? "Balanced, public"
            : "Balanced, inside only"
          : "Direct"
        : "–",
    ],
    ["Keypair", made ? (made.keypair ?? "None") : "–"],
  ];
  return (
    <aside aria-label="Summary" className="min-w-0 lg:col-start-2 xl:sticky xl:top-20 xl:col-start-3">
      <Card>
        <div className="flex min-h-12 items-center justify-between gap-2 border-b border-separator px-4">
          <h2 className="text-sm font-semibold">Summary</h2>
          <span role="status" className="text-xs text-muted">
            {asking ? (
              <span className="flex items-center gap-1.5">
                <Spinner className="size-3" /> Checking
              </span>
            ) : failed ? (
              "Not checked"
            ) : (
              ""
            )}
          </span>
        </div>
        <dl className="grid grid-cols-[6.5rem_minmax(0,1fr)] gap-x-3 gap-y-2 px-4 py-4 text-[0.8125rem]">
          {rows.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="break-words">{value}</dd>
            </div>
          ))}
        </dl>
        {tight.length > 0 && (
          <div
            className={cx("space-y-3 border-t border-separator px-4 py-4 transition-opacity", asking && "opacity-70")}
          >
            <h3 className="text-xs font-medium text-muted">Quota after creation</h3>
            {tight.slice(0, shownLimits).map(meter)}
            {tight.length > shownLimits && (
              <details className="group">
                <Disclose className="min-h-8! text-xs text-muted">{tight.length - shownLimits} more limits</Disclose>
                <div className="space-y-3 pt-2">{tight.slice(shownLimits).map(meter)}</div>
              </details>
            )}
          </div>
        )}
        {preview?.footprint && (
          <p className="border-t border-separator px-4 py-3 text-xs text-muted">
            {plural(preview.footprint.servers, "server")}, {count(preview.footprint.vcpus)} vCPU,{" "}
            {memory(preview.footprint.ramMib)} RAM
            {preview.footprint.volumeGib > 0 && (
              <>
                , {gib(preview.footprint.volumeGib)} in {plural(preview.footprint.volumes, "volume")}
              </>
            )}
          </p>
        )}
        {problems > 0 && template && (
          <p className="border-t border-separator px-4 py-3 text-xs text-bad">
            {plural(problems, "problem")} to solve before it can be created.
          </p>
        )}
      </Card>
    </aside>
  );
}
