// The columns of the endpoints' table.
import type { EndpointAnswer } from "../../admin/schemas.ts";
import { formatNumber, formatPercent } from "../format.ts";
import { Time } from "../parts/time.tsx";
import type { Column } from "../parts/virtual-table.tsx";
import { Link } from "../router.tsx";
import { latencyRatio, noiseShare } from "./order.ts";
import { StatusMix } from "./status-mix.tsx";

export function differencesAddress({ endpoint }: EndpointAnswer): string {
  return `/differences?${new URLSearchParams({ endpoint })}`;
}

type Quantiles = EndpointAnswer["legacy"]["latencyMs"];

/** Three figures are enough, and stay in line. */
function shortMs(value: number | null): string {
  if (value === null) return "–";
  if (value < 10) return value.toFixed(1);
  return value < 10_000 ? String(Math.round(value)) : `${(value / 1000).toFixed(1)}k`;
}

function Latency({ of }: { readonly of: Quantiles }) {
  if (of.p50 === null) return <>–</>;
  return (
    <>
      <span class="muted">{shortMs(of.p50)} · </span>
      {shortMs(of.p95)}
      <span class="muted"> · {shortMs(of.p99)}</span>
    </>
  );
}

/** Slower by this much is worth a colour. */
const SLOWER_RATIO = 1.25;

function Ratio({ ratio }: { readonly ratio: number | null }) {
  if (ratio === null) return <>–</>;
  return <span class={ratio >= SLOWER_RATIO ? "bad" : undefined}>{ratio.toFixed(2)}×</span>;
}

function MatchRate({ of: { rate, low, compared } }: { readonly of: EndpointAnswer["matchRate"] }) {
  if (rate === null) return <span class="muted">not compared</span>;
  return (
    <span
      title={`of ${formatNumber(compared)} compared; with 95 % confidence at least ${formatPercent(low)}`}
    >
      <strong class={rate === 1 ? "good" : undefined}>{formatPercent(rate)}</strong>{" "}
      <span class="muted small">≥ {(Math.floor(1000 * low) / 10).toFixed(1)}</span>
    </span>
  );
}

export const ENDPOINT_COLUMNS: readonly Column<EndpointAnswer>[] = [
  {
    key: "endpoint",
    title: "Endpoint",
    widthRem: 15,
    isSortable: true,
    render: (row) => (
      <Link to={differencesAddress(row)} tabIndex={-1}>
        <span title={`${row.endpoint} (route ${row.route})`}>{row.endpoint}</span>
      </Link>
    ),
  },
  {
    key: "match",
    title: "Match rate",
    hint: "And what it is at least, with 95 % confidence (Wilson)",
    widthRem: 8,
    isNumber: true,
    isSortable: true,
    render: ({ matchRate }) => <MatchRate of={matchRate} />,
  },
  {
    key: "open",
    title: "Open",
    hint: "Open signatures: new, reopened or bug; noise and transient ones left out",
    widthRem: 4.5,
    isNumber: true,
    isSortable: true,
    render: (row) =>
      row.openSignatures === 0 ? (
        <span class="muted">0</span>
      ) : (
        <Link to={`${differencesAddress(row)}&state=open`} tabIndex={-1}>
          <strong>{formatNumber(row.openSignatures)}</strong>
        </Link>
      ),
  },
  {
    key: "noise",
    title: "Noise",
    hint: "Of the mismatches, the share that was noise alone",
    widthRem: 5,
    isNumber: true,
    isSortable: true,
    render: (row) => {
      const share = noiseShare(row);
      return share === null ? "–" : `${Math.round(100 * share)}\u00a0%`;
    },
  },
  {
    key: "exchanges",
    title: "Exchanges",
    widthRem: 6,
    isNumber: true,
    isSortable: true,
    render: ({ exchanges }) => formatNumber(exchanges),
  },
  {
    key: "legacy",
    title: "Legacy, ms",
    hint: "p50 · p95 · p99 in milliseconds, sorted by p95",
    widthRem: 8,
    isNumber: true,
    isSortable: true,
    render: ({ legacy }) => <Latency of={legacy.latencyMs} />,
  },
  {
    key: "candidate",
    title: "Candidate, ms",
    hint: "p50 · p95 · p99 in milliseconds, sorted by p95",
    widthRem: 8,
    isNumber: true,
    isSortable: true,
    render: ({ candidate }) => <Latency of={candidate.latencyMs} />,
  },
  {
    key: "ratio",
    title: "Ratio",
    hint: "Candidate over legacy at p95: above 1 the candidate is slower",
    widthRem: 4.5,
    isNumber: true,
    isSortable: true,
    render: (row) => <Ratio ratio={latencyRatio(row)} />,
  },
  {
    key: "status",
    title: "Status",
    hint: "Of the legacy → of the candidate where that differs; sorted by the share of 4xx and 5xx",
    widthRem: 11,
    isSortable: true,
    render: ({ legacy, candidate }) => <StatusMix legacy={legacy.status} candidate={candidate.status} />,
  },
  { key: "stage", title: "Stage", widthRem: 5, isSortable: true, render: ({ stage }) => stage ?? "–" },
  {
    key: "seen",
    title: "Last seen",
    widthRem: 8.5,
    isSortable: true,
    render: ({ lastSeenMs }) => <Time atMs={lastSeenMs} />,
  },
];
