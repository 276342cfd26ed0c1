// Traffic, match rate and latency over an hour, a day or two weeks.
import { useMemo, useState } from "preact/hooks";
import type { TrendAnswer } from "../../admin/review-schemas.ts";
import { useApi } from "../api.ts";
import { formatShort } from "../format.ts";
import { Chart } from "../parts/chart.tsx";
import { Choice } from "../parts/choice.tsx";
import { Failure } from "../parts/failure.tsx";
import { Loading } from "../parts/loading.tsx";
import { useNow } from "../parts/now.ts";
import { useAddressQuery } from "../router.tsx";
import {
  latencySentence,
  matchPercent,
  matchSentence,
  type Quantile,
  type Span,
  slotsOf,
  trafficSentence,
} from "./trend.ts";

const HOUR_MS = 3_600_000;
const RANGES = [
  { value: "1h", text: "1 h", ms: HOUR_MS, resolution: "minute" },
  { value: "24h", text: "24 h", ms: 24 * HOUR_MS, resolution: "hour" },
  { value: "14d", text: "14 d", ms: 14 * 24 * HOUR_MS, resolution: "hour" },
] as const;
const QUANTILES = [
  { value: "p50", text: "p50" },
  { value: "p95", text: "p95" },
  { value: "p99", text: "p99" },
] as const;
const REFRESH_MS = 10_000;
/** `20 ms`, without a fraction that says nothing. */
const formatMsMark = (ms: number): string =>
  ms < 1000 ? `${Number(ms.toFixed(1))}\u00a0ms` : `${Number((ms / 1000).toFixed(2))}\u00a0s`;
/** The window moves on by this. */
const STEP_MS = 60_000;
/** The upper end of a share, with room for the line. */
const PERCENT_MAX = 100;

/** So that a fall of a tenth of a percent is seen, and one to nothing as well. */
function matchRange(lowest: number): readonly [number, number] {
  const spread = Math.max(0.1, PERCENT_MAX - lowest);
  return [Math.max(0, PERCENT_MAX - spread * 1.2), PERCENT_MAX + spread * 0.05];
}

export function TrendPanel({ uptimeSeconds }: { readonly uptimeSeconds: number }) {
  const [startedMs] = useState(() => Date.now() - uptimeSeconds * 1000);
  const query = useAddressQuery();
  const range = RANGES.find(({ value }) => value === query.get("range")) ?? RANGES[0];
  const [quantile, setQuantile] = useState<Quantile>("p95");
  const toMs = Math.floor(useNow(STEP_MS) / STEP_MS) * STEP_MS;
  const fromMs = toMs - range.ms;
  const asked = new URLSearchParams({
    scope: "all",
    resolution: range.resolution,
    from: new Date(fromMs).toISOString(),
  });
  const { value, failure } = useApi<TrendAnswer>(`/api/trends?${asked}`, REFRESH_MS);
  return (
    <section class="panel trends" aria-labelledby="trends">
      <div class="row spread">
        <h2 id="trends">Over time</h2>
        <div class="row">
          <Choice label="Latency shown" options={QUANTILES} value={quantile} onChoose={setQuantile} />
          <Choice
            label="Time shown"
            options={RANGES}
            value={range.value}
            onChoose={(chosen) => query.set({ range: chosen === "1h" ? undefined : chosen })}
          />
        </div>
      </div>
      {failure === undefined ? null : <Failure failure={failure} />}
      {value === undefined ? (
        failure === undefined ? (
          <Loading label="trends" lines={16} />
        ) : null
      ) : (
        <TrendCharts trend={value} span={{ fromMs, toMs, startedMs }} quantile={quantile} />
      )}
    </section>
  );
}

interface TrendChartsProps {
  readonly trend: TrendAnswer;
  readonly span: Span;
  readonly quantile: Quantile;
}

function TrendCharts({ trend, span, quantile }: TrendChartsProps) {
  const slots = useMemo(() => slotsOf(trend, span), [trend, span.fromMs, span.toMs, span.startedMs]);
  const atSeconds = useMemo(() => slots.map(({ atMs }) => atMs / 1000), [slots]);
  // The last minute is not over: what came in it so far would look like a fall.
  const whole = useMemo(
    () =>
      slots.map(({ point }, at) =>
        at > 0 && at === slots.length - 1 && slots[at - 1]?.point !== undefined ? null : point,
      ),
    [slots],
  );
  const countOf = (of: "exchanges" | "match" | "mismatch") =>
    whole.map((point) => (point === null ? null : (point?.[of] ?? 0)));
  const traffic = useMemo(
    () => [
      {
        name: "exchanges",
        colour: "--muted",
        isFilled: true,
        values: countOf("exchanges"),
      },
      {
        name: "match",
        colour: "--good",
        isFilled: true,
        values: countOf("match"),
      },
      {
        name: "mismatch",
        colour: "--bad",
        isFilled: true,
        values: countOf("mismatch"),
      },
    ],
    [whole],
  );
  const match = useMemo(
    () => [{ name: "match rate", colour: "--good", values: slots.map(({ point }) => matchPercent(point)) }],
    [slots],
  );
  const latency = useMemo(
    () => [
      {
        name: "legacy",
        colour: "--legacy",
        values: slots.map(({ point }) => point?.legacyMs?.[quantile] ?? null),
      },
      {
        name: "candidate",
        colour: "--candidate",
        isDashed: true,
        values: slots.map(({ point }) => point?.candidateMs?.[quantile] ?? null),
      },
    ],
    [slots, quantile],
  );
  return (
    <>
      <Chart
        title={`Exchanges a ${trend.resolution}`}
        sentence={trafficSentence(trend)}
        atSeconds={atSeconds}
        series={traffic}
        format={formatShort}
      />
      <Chart
        title="Match rate"
        sentence={matchSentence(trend)}
        atSeconds={atSeconds}
        series={match}
        format={(value) => (value > PERCENT_MAX ? "" : `${Number(value.toFixed(2))}\u00a0%`)}
        heightPx={130}
        range={matchRange}
      />
      <Chart
        title={`Latency, ${quantile}`}
        sentence={latencySentence(trend, quantile)}
        atSeconds={atSeconds}
        series={latency}
        format={formatMsMark}
      />
    </>
  );
}
