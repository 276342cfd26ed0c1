// The last 24 hours of a signature as bars, half an hour each.
import { formatCount, formatTime } from "../format.ts";
import { type TrendBin, trendBins, trendWord } from "./trend-bins.ts";
import { useTrend } from "./trends.ts";

const BINS = 48;
const BAR = 10;
const HEIGHT = 80;

export function TrendChart({ id }: { readonly id: string }) {
  const trend = useTrend(id, true);
  if (trend === undefined) return <p class="muted small">The last 24 hours are not known.</p>;
  const bins = trendBins(trend, { nowMs: Date.now(), bins: BINS });
  const total = bins.reduce((sum, { exchanges }) => sum + exchanges, 0);
  const words = `${formatCount(total, "exchange")} with it in the last 24 hours: ${trendWord(bins)}`;
  return (
    <figure class="trend">
      <Bars bins={bins} label={words} />
      <figcaption class="muted small">{words}.</figcaption>
    </figure>
  );
}

function Bars({ bins, label }: { readonly bins: readonly TrendBin[]; readonly label: string }) {
  const most = Math.max(1, ...bins.map(({ exchanges }) => exchanges));
  return (
    <svg viewBox={`0 0 ${BINS * BAR} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {bins.map(({ atMs, exchanges }, at) => {
        // A single one must be seen.
        const height = exchanges === 0 ? 1 : Math.max(4, (exchanges / most) * HEIGHT);
        return (
          <rect key={atMs} x={at * BAR} y={HEIGHT - height} width={BAR - 2} height={height}>
            <title>
              {formatTime(atMs)}: {formatCount(exchanges, "exchange")}
            </title>
          </rect>
        );
      })}
    </svg>
  );
}
