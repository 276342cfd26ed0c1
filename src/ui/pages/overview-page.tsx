// What is going on, in one look: the line of truth, traffic and match rate over time, latency, skips, health.
import type { Summary } from "../../admin/schemas.ts";
import { useApi } from "../api.ts";
import { formatCount, formatPercent, formatShort } from "../format.ts";
import { Failure } from "../parts/failure.tsx";

const REFRESH_MS = 2000;

export function OverviewPage() {
  const { value, failure } = useApi<Summary>("/api/summary", REFRESH_MS);
  return (
    <>
      <h1>Overview</h1>
      {failure === undefined ? null : <Failure failure={failure} />}
      {value === undefined ? null : <p class="truth">{truthLine(value)}</p>}
    </>
  );
}

function truthLine({ totals }: Summary): string {
  const compared = totals.match + totals.mismatch;
  const rate = compared === 0 ? "nothing compared yet" : `${formatPercent(totals.match / compared)} match`;
  return `${formatShort(totals.exchanges)} exchanges · ${rate} · ${formatCount(totals.mismatch, "mismatch", "mismatches")}`;
}
