// Latency of legacy against candidate: percentiles, and how it is spread. A table that also draws.
import type { LatencyAnswer } from "../../admin/review-schemas.ts";
import { useApi } from "../api.ts";
import { formatMs } from "../format.ts";
import { Failure } from "../parts/failure.tsx";
import { Loading } from "../parts/loading.tsx";
import { distributionOf } from "./distribution.ts";

const REFRESH_MS = 10_000;
const QUANTILES = ["p50", "p95", "p99"] as const;

function ratioText(before: number | null, after: number | null): string {
  return before === null || after === null || before === 0 ? "–" : `${(after / before).toFixed(2)}×`;
}

/** A little is not nothing. */
function shareText(share: number): string {
  if (share === 0) return "";
  return share < 0.005 ? "< 1\u00a0%" : `${Math.round(100 * share)}\u00a0%`;
}

export function LatencyPanel() {
  const { value, failure } = useApi<LatencyAnswer>("/api/latency", REFRESH_MS);
  return (
    <section class="panel" aria-labelledby="latency">
      <h2 id="latency">Latency, all that is stored</h2>
      {failure === undefined ? null : <Failure failure={failure} />}
      {value === undefined ? (
        failure === undefined ? (
          <Loading label="latency" lines={8} />
        ) : null
      ) : (
        <Tables latency={value} />
      )}
    </section>
  );
}

function Tables({ latency }: { readonly latency: LatencyAnswer }) {
  const { legacy, candidate } = latency;
  return (
    <>
      <table>
        <thead>
          <tr>
            <th scope="col">Percentile</th>
            <th scope="col" class="number">
              <span class="legacy">Legacy</span>
            </th>
            <th scope="col" class="number">
              <span class="candidate">Candidate</span>
            </th>
            <th scope="col" class="number" title="Candidate over legacy">
              Ratio
            </th>
          </tr>
        </thead>
        <tbody>
          {QUANTILES.map((quantile) => (
            <tr key={quantile}>
              <th scope="row">{quantile}</th>
              <td class="number">{formatMs(legacy[quantile])}</td>
              <td class="number">{formatMs(candidate[quantile])}</td>
              <td class="number">{ratioText(legacy[quantile], candidate[quantile])}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <table class="distribution">
        <caption>How answers are spread</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">
              <span class="legacy">Legacy</span>
            </th>
            <th scope="col">
              <span class="candidate">Candidate</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {distributionOf(latency).map((row) => (
            <tr key={row.text}>
              <th scope="row">{row.text}</th>
              <Bar side="legacy" share={row.legacy} />
              <Bar side="candidate" share={row.candidate} />
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Bar({ side, share }: { readonly side: "legacy" | "candidate"; readonly share: number }) {
  return (
    <td>
      <div class="share">
        <i class={side} style={{ width: `${(100 * share).toFixed(2)}%` }} />
        <span>{shareText(share)}</span>
      </div>
    </td>
  );
}
