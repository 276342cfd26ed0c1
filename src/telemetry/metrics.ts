// Every metric that Parallax exposes, computed at the scrape from the threads' counter blocks.
// Invariant: a request costs nothing here, and one scrape reads the books once, so that they add up in it.
// docs/metrics.md lists the same names (a test holds it).
import { collectDefaultMetrics, type Metric, Registry } from "prom-client";
import { BASELINE_CELLS, RECHECK_CELLS } from "../core/counters.ts";
import { SKIP_REASONS } from "../core/skip.ts";
import { INCOMPARABLE_REASONS } from "../core/verdict.ts";
import {
  type Definition,
  everCell,
  everCellOf,
  exchangeValues,
  flag,
  livingCell,
  type MetricsSource,
  one,
  type Reading,
  requestDurationValues,
  requestValues,
  THREAD_KINDS,
  takeReading,
  threadValues,
  upstreamDurationValues,
  worstBreaker,
} from "./metric-readings.ts";
import { REFUSALS } from "./refusals.ts";
import { REVIEW_METRICS } from "./review-metrics.ts";
import { ROLLOUT_METRICS } from "./rollout-metrics.ts";
import { SERVING_METRICS } from "./serving-metrics.ts";

export type { MetricsSource, ThreadKind } from "./metric-readings.ts";

/** `outcome` of an exchange's contract → its cell. */
const CONTRACT_CELLS = [
  ["violated", "contractViolated"],
  ["legacy", "contractLegacy"],
  ["unknown", "contractUnknown"],
  ["unchecked", "contractUnchecked"],
] as const;

export const METRICS: readonly Definition[] = [
  {
    name: "parallax_exchanges_begun_total",
    type: "counter",
    labels: ["route"],
    help: "Exchanges begun: the sum of all outcomes and what is in flight",
    read: ({ totals }) => totals.routes.map((r) => ({ value: r.exchanges, labels: { route: r.name } })),
  },
  {
    name: "parallax_exchanges_total",
    type: "counter",
    labels: ["route", "outcome"],
    help: "Exchanges that have an outcome: match, mismatch, incomparable or skipped",
    read: exchangeValues,
  },
  {
    name: "parallax_in_flight",
    type: "gauge",
    labels: [],
    help: "Exchanges begun that have no outcome yet",
    read: ({ totals }) => one(totals.overall.inFlight),
  },
  {
    name: "parallax_skipped_total",
    type: "counter",
    labels: ["reason"],
    help: "Exchanges that were not mirrored or not compared",
    read: ({ totals }) =>
      SKIP_REASONS.map((reason) => ({ value: totals.overall.skipped[reason], labels: { reason } })),
  },
  {
    name: "parallax_incomparable_total",
    type: "counter",
    labels: ["reason"],
    help: "Exchanges whose answers could not be compared",
    read: ({ totals }) =>
      INCOMPARABLE_REASONS.map((reason) => ({
        value: totals.overall.incomparableByReason[reason],
        labels: { reason },
      })),
  },
  {
    name: "parallax_requests_total",
    type: "counter",
    labels: ["route", "served_by", "code_class"],
    help: "Client requests that got an answer; aborted where it was broken off",
    read: requestValues,
  },
  {
    name: "parallax_request_duration_seconds",
    type: "histogram",
    labels: ["route", "served_by"],
    help: "From the request's first byte to the answer's last byte, as the client sees it",
    read: requestDurationValues,
  },
  {
    name: "parallax_upstream_duration_seconds",
    type: "histogram",
    labels: ["upstream"],
    help: "From the request's last byte out to the answer's last byte in",
    read: upstreamDurationValues,
  },
  {
    name: "parallax_requests_in_flight",
    type: "gauge",
    labels: [],
    help: "Client requests that are being served",
    read: livingCell("requestsInFlight"),
  },
  {
    name: "parallax_client_connections",
    type: "gauge",
    labels: [],
    help: "Open connections of clients",
    read: livingCell("clientConnections"),
  },
  {
    name: "parallax_client_connections_total",
    type: "counter",
    labels: [],
    help: "Connections that clients opened",
    read: everCell("clientConnectionsTotal"),
  },
  {
    name: "parallax_upstream_connections",
    type: "gauge",
    labels: [],
    help: "Open connections to upstreams",
    read: livingCell("upstreamConnections"),
  },
  {
    name: "parallax_resends_total",
    type: "counter",
    labels: [],
    help: "Requests sent once more because an idle upstream connection had died",
    read: everCell("resends"),
  },
  {
    name: "parallax_tokens_unread_total",
    type: "counter",
    labels: [],
    help: "Requests whose bearer token was not verified, since too many new ones came in that second",
    read: everCell("tokensUnread"),
  },
  ...SERVING_METRICS,
  ...ROLLOUT_METRICS,
  {
    name: "parallax_shadow_in_flight",
    type: "gauge",
    labels: [],
    help: "Mirrored requests under way",
    read: livingCell("shadowInFlight"),
  },
  {
    name: "parallax_seam_bytes",
    type: "gauge",
    labels: [],
    help: "Bytes waiting between serving and shadow threads",
    read: ({ source }) => one(source.seam().bytes),
  },
  {
    name: "parallax_seam_capacity_bytes",
    type: "gauge",
    labels: [],
    help: "Bytes that may wait there; past it exchanges are skipped",
    read: ({ source }) => one(source.seam().capacityBytes),
  },
  {
    name: "parallax_seam_published_total",
    type: "counter",
    labels: [],
    help: "Exchanges handed to the shadow side",
    read: everCell("seamPublished"),
  },
  {
    name: "parallax_seam_published_bytes_total",
    type: "counter",
    labels: [],
    help: "Bytes handed to the shadow side",
    read: everCell("seamPublishedBytes"),
  },
  {
    name: "parallax_recorded_total",
    type: "counter",
    labels: [],
    help: "Exchanges written to recordings",
    read: everCell("recorded"),
  },
  {
    name: "parallax_recorded_bytes_total",
    type: "counter",
    labels: [],
    help: "Bytes of recordings written to disk",
    read: everCell("recordedBytes"),
  },
  {
    name: "parallax_record_lost_total",
    type: "counter",
    labels: [],
    help: "Exchanges that no recording has: no room, or the disk failed",
    read: everCell("recordLost"),
  },
  {
    name: "parallax_breaker_state",
    type: "gauge",
    labels: [],
    help: "Circuit breaker of the mirror, the worst of all threads: 0 closed, 1 half-open, 2 open",
    read: worstBreaker,
  },
  {
    name: "parallax_breaker_opened_total",
    type: "counter",
    labels: [],
    help: "Times that a thread's breaker opened",
    read: everCell("breakerOpened"),
  },
  {
    name: "parallax_noise_total",
    type: "counter",
    labels: [],
    help: "Mismatches whose every difference was noise when it was seen; counted as mismatches as well",
    read: everCell("noise"),
  },
  {
    name: "parallax_baseline_total",
    type: "counter",
    labels: ["outcome"],
    help: "Exchanges in the noise sample, by how their second reading of the legacy ended",
    read: everCellOf(BASELINE_CELLS),
  },
  {
    name: "parallax_rechecks_total",
    type: "counter",
    labels: ["outcome"],
    help: "Mismatches in the recheck sample, by what the second look at both services found",
    read: everCellOf(RECHECK_CELLS),
  },
  {
    name: "parallax_threads",
    type: "gauge",
    labels: ["kind"],
    help: "Living threads",
    read: threadValues,
  },
  {
    name: "parallax_thread_restarts_total",
    type: "counter",
    labels: ["kind"],
    help: "Threads that were lost and replaced",
    read: ({ source }) => {
      const restarts = source.threadRestarts();
      return THREAD_KINDS.map((kind) => ({ value: restarts[kind], labels: { kind } }));
    },
  },
  {
    name: "parallax_internal_errors_total",
    type: "counter",
    labels: [],
    help: "Unexpected failures inside Parallax: each one is a bug",
    read: everCell("internalErrors"),
  },
  {
    name: "parallax_contract_exchanges_total",
    type: "counter",
    labels: ["outcome"],
    help: "Exchanges of routes with a contract: violated, legacy (it breaks it), unknown (no such path), unchecked",
    read: (reading) =>
      CONTRACT_CELLS.flatMap(([outcome, cell]) =>
        everCell(cell)(reading).map((value) => ({ ...value, labels: { outcome } })),
      ),
  },
  {
    name: "parallax_store_healthy",
    type: "gauge",
    labels: [],
    help: "1 while verdicts can be written, 0 while not",
    read: ({ source }) => flag(!source.store().isFailing),
  },
  {
    name: "parallax_store_failed_flushes_total",
    type: "counter",
    labels: [],
    help: "Flushes that failed; what they held is tried again",
    read: ({ source }) => one(source.store().failedFlushes),
  },
  {
    name: "parallax_store_lost_batches_total",
    type: "counter",
    labels: [],
    help: "Batches of verdicts of which something could not be kept",
    read: ({ source }) => one(source.store().lostBatches),
  },
  ...REVIEW_METRICS,
  {
    name: "parallax_epoch",
    type: "gauge",
    labels: [],
    help: "Version of the routing decision",
    read: ({ source }) => one(source.epoch()),
  },
  {
    name: "parallax_killed",
    type: "gauge",
    labels: [],
    help: "1 while the kill switch is on: legacy only, nothing mirrored",
    read: ({ source }) => flag(source.isKilled()),
  },
  {
    name: "parallax_admin_refused_total",
    type: "counter",
    labels: ["reason"],
    help: "Requests that the admin listener refused: no-token, wrong-token, rate-limited, role, cross-site or host",
    read: ({ source }) => {
      const refusals = source.refusals();
      return REFUSALS.map((reason) => ({ value: refusals.get(reason), labels: { reason } }));
    },
  },
  {
    name: "parallax_build_info",
    type: "gauge",
    labels: ["node_version"],
    help: "Always 1; the label tells the runtime",
    read: () => [{ value: 1, labels: { node_version: process.version } }],
  },
];

export interface Metrics {
  readonly contentType: string;
  /** The Prometheus text of one scrape. */
  text(): Promise<string>;
  /** Names of everything registered, prom-client's own included. */
  readonly names: readonly string[];
}

export function createMetrics(source: MetricsSource): Metrics {
  const registry = new Registry();
  let reading: Reading | undefined;
  for (const { name, help, type, read } of METRICS) {
    const get = async () => ({
      name,
      help,
      type,
      aggregator: "sum",
      values: reading === undefined ? [] : [...read(reading)],
    });
    // prom-client takes any object with a name and get(); its type asks for its own classes, which keep
    // a value per label set that would have to be set before each scrape.
    registry.registerMetric({ name, help, type, aggregator: "sum", get } as unknown as Metric);
  }
  collectDefaultMetrics({ register: registry, prefix: "parallax_" });
  return {
    contentType: registry.contentType,
    names: registry.getMetricsAsArray().map((metric) => metric.name),
    text: () => {
      reading = takeReading(source);
      // metrics() calls every get() before it first waits: another scrape cannot mix its reading in.
      return registry.metrics();
    },
  };
}
