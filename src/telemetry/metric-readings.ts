// What a scrape reads, and how label sets and values are made of it.
// Invariant: all values of one scrape come from one reading of the books.
import {
  CODE_CLASSES,
  type Counters,
  DURATION_BOUNDS_SECONDS,
  type Histogram,
  SERVED_BY,
  type ThreadCell,
  UPSTREAMS,
} from "../core/counters.ts";
import { latencyBucketUpperMs } from "../core/latency-buckets.ts";
import type { RULE_FLAGS } from "../core/rule.ts";
import { COMPARED_UPSTREAMS, type EndpointNumbers, type RouteLatency } from "./endpoint-books.ts";
import type { Refusals } from "./refusals.ts";
import type { RolloutNumbers } from "./rollout-numbers.ts";
import type { SignatureSums } from "./signature-books.ts";
import { type RouteSlot, type RouteTotals, readTotals, skippedOf } from "./totals.ts";

export const THREAD_KINDS = ["serving", "shadow"] as const;
export type ThreadKind = (typeof THREAD_KINDS)[number];

/** What a scrape reads. Each function is called once per scrape and must not wait. */
export interface MetricsSource {
  /** Blocks of every thread there ever was; a lost one's may be merged into one block. */
  blocks(): readonly { readonly kind: ThreadKind; readonly isLiving: boolean; readonly counters: Counters }[];
  /** Every slot that was ever given out, `*other*` (slot 0) included: this bounds the `route` label. */
  routes(): readonly RouteSlot[];
  seam(): { readonly bytes: number; readonly capacityBytes: number };
  threadRestarts(): Readonly<Record<ThreadKind, number>>;
  store(): { readonly isFailing: boolean; readonly failedFlushes: number; readonly lostBatches: number };
  epoch(): number;
  isKilled(): boolean;
  /** Of the routes of the config. */
  rollouts(): RolloutNumbers;
  /** Threads that do not have the decision in force. */
  stragglers(): number;
  /** What the admin listener refused. */
  refusals(): Pick<Refusals, "get">;
  /** Flag → rules that have it; rule id → places it hid, `*other*` for those past the first hundred. */
  rules(): {
    readonly flagged: Readonly<Record<(typeof RULE_FLAGS)[number], number>>;
    readonly hits: ReadonlyMap<string, number>;
  };
  /** What batches said of endpoints and routes. */
  endpoints(): readonly EndpointNumbers[];
  routeLatencies(): readonly RouteLatency[];
  /** As the store had them last; empty while it cannot be read. */
  signatures(): SignatureSums & { readonly found: ReadonlyMap<string, number> };
}

type Labels = Readonly<Record<string, string | number>>;
export interface Value {
  readonly value: number;
  readonly labels: Labels;
  readonly metricName?: string;
}
export interface Reading {
  readonly source: MetricsSource;
  readonly blocks: ReturnType<MetricsSource["blocks"]>;
  readonly routes: readonly RouteSlot[];
  readonly totals: RouteTotals;
}

/** A metric: its name and labels, and its values of one reading. */
export interface Definition {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly help: string;
  readonly read: (reading: Reading) => Iterable<Value>;
}

export function takeReading(source: MetricsSource): Reading {
  const blocks = source.blocks();
  const routes = source.routes();
  const counters = blocks.map((block) => block.counters);
  return { source, blocks, routes, totals: readTotals(counters, routes) };
}

export const one = (value: number): readonly Value[] => [{ value, labels: {} }];
export const flag = (isTrue: boolean): readonly Value[] => one(isTrue ? 1 : 0);

/** A sum over all threads, lost ones included: for what only grows. */
export const everCell = (cell: ThreadCell) => (reading: Reading) =>
  one(reading.blocks.reduce((sum, block) => sum + block.counters.get(cell), 0));

/** The same for the outcomes of one thing, each with its cell. */
export const everCellOf = (cells: Readonly<Record<string, ThreadCell>>) => (reading: Reading) =>
  Object.entries(cells).flatMap(([outcome, cell]) =>
    everCell(cell)(reading).map(({ value }) => ({ value, labels: { outcome } })),
  );

/** A sum over the living: for what comes and goes. */
export const livingCell = (cell: ThreadCell) => (reading: Reading) =>
  one(livingBlocks(reading).reduce((sum, block) => sum + block.counters.get(cell), 0));

function livingBlocks(reading: Reading) {
  return reading.blocks.filter((block) => block.isLiving);
}

export function* exchangeValues({ totals }: Reading): Iterable<Value> {
  for (const route of totals.routes) {
    if (route.exchanges === 0 && route.slot === 0) continue;
    const value = (outcome: string, count: number) => ({
      value: count,
      labels: { route: route.name, outcome },
    });
    yield value("match", route.match);
    yield value("mismatch", route.mismatch);
    yield value("incomparable", route.incomparable);
    yield value("skipped", skippedOf(route));
  }
}

export function* requestValues({ blocks, routes }: Reading): Iterable<Value> {
  for (const { slot, name } of routes)
    for (const [servedBy, served_by] of SERVED_BY.entries())
      for (const [codeClass, code_class] of CODE_CLASSES.entries()) {
        let value = 0;
        for (const { counters } of blocks) value += counters.requests(slot, servedBy, codeClass);
        // Combinations that never came would be eighteen lines per route.
        if (value > 0) yield { value, labels: { route: name, served_by, code_class } };
      }
}

function* histogramValues(name: string, labels: Labels, parts: readonly Histogram[]): Iterable<Value> {
  let count = 0;
  for (const [index, bound] of [...DURATION_BOUNDS_SECONDS, "+Inf"].entries()) {
    for (const part of parts) count += part.buckets[index] ?? 0;
    yield { value: count, labels: { ...labels, le: bound }, metricName: `${name}_bucket` };
  }
  const sum = parts.reduce((total, part) => total + part.sumSeconds, 0);
  yield { value: sum, labels, metricName: `${name}_sum` };
  yield { value: count, labels, metricName: `${name}_count` };
}

function isUsed(histogram: Histogram): boolean {
  return histogram.buckets.some((count) => count > 0);
}

export function* requestDurationValues({ blocks, routes }: Reading): Iterable<Value> {
  for (const { slot, name } of routes)
    for (const [servedBy, served_by] of SERVED_BY.entries()) {
      const parts = blocks.map(({ counters }) => counters.requestDuration(slot, servedBy)).filter(isUsed);
      if (parts.length > 0)
        yield* histogramValues("parallax_request_duration_seconds", { route: name, served_by }, parts);
    }
}

export function* upstreamDurationValues({ blocks }: Reading): Iterable<Value> {
  for (const [index, upstream] of UPSTREAMS.entries()) {
    const parts = blocks.map(({ counters }) => counters.upstreamDuration(index as 0 | 1 | 2)).filter(isUsed);
    if (parts.length > 0) yield* histogramValues("parallax_upstream_duration_seconds", { upstream }, parts);
  }
}

/** Latency buckets in those of the other histograms. The sum is an estimate: each bucket counts at its upper bound. */
function histogramOf(latency: ReadonlyMap<number, number>): Histogram {
  const buckets = Array.from({ length: DURATION_BOUNDS_SECONDS.length + 1 }, () => 0);
  let sumSeconds = 0;
  for (const [bucket, count] of latency) {
    const seconds = latencyBucketUpperMs(bucket) / 1000;
    const place = DURATION_BOUNDS_SECONDS.findIndex((bound) => seconds <= bound);
    const index = place === -1 ? DURATION_BOUNDS_SECONDS.length : place;
    buckets[index] = (buckets[index] ?? 0) + count;
    sumSeconds += seconds * count;
  }
  return { buckets, sumSeconds };
}

export function* mirroredDurationValues({ source }: Reading): Iterable<Value> {
  for (const { route, latency } of source.routeLatencies())
    for (const upstream of COMPARED_UPSTREAMS) {
      const histogram = histogramOf(latency[upstream]);
      if (isUsed(histogram))
        yield* histogramValues("parallax_mirrored_duration_seconds", { route, upstream }, [histogram]);
    }
}

export function* endpointExchangeValues({ source }: Reading): Iterable<Value> {
  for (const { endpoint, outcomes } of source.endpoints())
    for (const [outcome, value] of Object.entries(outcomes)) yield { value, labels: { endpoint, outcome } };
}

const QUANTILES = [0.5, 0.95, 0.99] as const;

export function* endpointLatencyValues({ source }: Reading): Iterable<Value> {
  for (const { endpoint, quantileSeconds } of source.endpoints())
    for (const upstream of COMPARED_UPSTREAMS)
      for (const quantile of QUANTILES) {
        const value = quantileSeconds(upstream, quantile);
        if (value !== undefined) yield { value, labels: { endpoint, upstream, quantile } };
      }
}

export function worstBreaker(reading: Reading): readonly Value[] {
  return one(livingBlocks(reading).reduce((most, b) => Math.max(most, b.counters.get("breakerState")), 0));
}

export function threadValues(reading: Reading): readonly Value[] {
  return THREAD_KINDS.map((kind) => ({
    value: livingBlocks(reading).filter((block) => block.kind === kind).length,
    labels: { kind },
  }));
}
