// What is durable: counts per endpoint and signature, bounded samples, hits of rules.
// Invariant: `record` never waits and never throws; a store in trouble says so in `health`, and serving goes on.
// Methods are async so that a writer thread or another database can stand behind them.
import type { PairedCounts, PathDelta, RuleHit, Sample, Signature, VerdictBatch } from "../core/batch.ts";
import type { Tier } from "../core/evidence.ts";
import type { Triage, TriageState } from "../core/triage.ts";
import type { DifferenceKind, DifferencePart } from "../core/verdict.ts";
import type { CallerStore } from "./caller-store.ts";
import type { ReviewStore, TrendResolution } from "./review-store.ts";
import type { StoreFault, StoreRead } from "./store-fault.ts";

export type { StoreFault, StoreFaultCode, StoreRead } from "./store-fault.ts";

/** What could not be kept since the start. A batch counts once, however much of it was lost. */
export interface StoreLosses {
  readonly batches: number;
  readonly signatures: number;
  readonly samples: number;
}

interface HealthCounts {
  readonly failedFlushes: number;
  readonly lost: StoreLosses;
  /** Files that were corrupt and set aside since the start; the newest one's path. */
  readonly corruptFiles: number;
  readonly setAside: string | undefined;
}

export type StoreHealth =
  | ({ readonly kind: "ok" } & HealthCounts)
  | ({ readonly kind: "failing"; readonly sinceMs: number } & StoreFault & HealthCounts);

export interface UpstreamCounts {
  /** `200` → count */
  readonly status: ReadonlyMap<string, number>;
  /** Latency bucket (core/latency-buckets) → count. */
  readonly latency: ReadonlyMap<number, number>;
}

/** What was counted since a time, by sums over time. */
export interface CountsSince {
  /** The beginning of the bucket that the time lies in: not later than what was asked for. */
  readonly fromMs: number;
  /** Of that bucket. */
  readonly resolution: TrendResolution;
  readonly exchanges: number;
  readonly match: number;
  readonly mismatch: number;
  /** Among `mismatch`. */
  readonly noise: number;
  readonly incomparable: number;
  readonly skipped: number;
}

export interface StoredEndpoint {
  readonly endpoint: string;
  readonly route: string;
  /** Skipped ones included. */
  readonly exchanges: number;
  readonly match: number;
  readonly mismatch: number;
  /** Mismatches whose every difference was noise when it was seen. */
  readonly noise: number;
  /** Exchanges that were judged against a second answer of the legacy as well. */
  readonly paired: number;
  readonly incomparable: ReadonlyMap<string, number>;
  readonly skipped: ReadonlyMap<string, number>;
  readonly legacy: UpstreamCounts;
  readonly candidate: UpstreamCounts;
  /** Confirmed and suspect ones that ask for something to be done (core/triage: OPEN_STATES). */
  readonly openSignatures: number;
  readonly lastSeenMs: number;
  /** Since the time that was asked for; undefined without one, for a name of several routes, and where not kept. */
  readonly window: CountsSince | undefined;
}

/** One stored place where two answers differed: what the newest sample of a signature shows. */
export interface SignatureExample {
  readonly exchangeId: string;
  /** With its array indices, as it was met. */
  readonly path: string;
  /** Raw text, cut at VALUE_CHARACTERS_MAX; undefined where that side has none. */
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
}

/** A pair of values and how often it is among a signature's stored samples; cut like an example's. */
export interface SignatureValues {
  readonly legacy?: string | undefined;
  readonly candidate?: string | undefined;
  readonly count: number;
}

export interface StoredSignature extends Signature {
  /** Differences. */
  readonly count: number;
  /** Of these, how many can break a client of the legacy. */
  readonly breaking: number;
  /** Exchanges with at least one of them. */
  readonly exchanges: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** In force now. */
  readonly state: TriageState;
  /** The last decision, whether or not it is in force still. */
  readonly triage: Triage | undefined;
  readonly owner: string | undefined;
  readonly comments: number;
  /** Of `exchanges`, how many were read again, and in how many it was gone then. */
  readonly rechecked: number;
  readonly transient: number;
  /** Paired exchanges of its endpoint, and what they found at its place. */
  readonly paired: number;
  readonly pairs: PairedCounts;
  /** Values of the candidate that lack the shape that the legacy's always have there. */
  readonly shapeBroken: number;
  readonly tier: Tier;
  /** Newest first. */
  readonly exchangeIds: readonly string[];
  readonly example: SignatureExample | undefined;
  /** Most first. */
  readonly values: readonly SignatureValues[];
  /** Exchanges with it since the time that was asked for; undefined without one, and where not kept. */
  readonly window: Pick<CountsSince, "fromMs" | "resolution" | "exchanges"> | undefined;
}

/** The sums of one place of an endpoint. */
export interface StoredPath extends PathDelta {
  /** Paired exchanges of its endpoint. */
  readonly pairs: number;
  readonly example: SignatureExample | undefined;
}

/** Endpoints that turned out to be one. */
export interface Absorption {
  readonly template: string;
  readonly endpoints: readonly string[];
}

export interface Page<T> {
  /** Rows that the filters let through, before limit and offset. */
  readonly total: number;
  readonly rows: readonly T[];
}

export interface EndpointFilter {
  /** A name, or with `*` for any characters. */
  readonly endpoint?: string | undefined;
  readonly route?: string | undefined;
  /** Seen at this time or later, milliseconds since the epoch. */
  readonly sinceMs?: number | undefined;
  /** Part of its name, of a signature also of its path; ASCII letters in either case. */
  readonly search?: string | undefined;
}

export interface EndpointQuery extends EndpointFilter {
  /** Most first, with a time most since then; `endpoint` by name. */
  readonly sort: "exchanges" | "mismatch" | "endpoint";
  readonly limit: number;
  readonly offset: number;
}

export interface SignatureFilter extends EndpointFilter {
  readonly part?: DifferencePart | undefined;
  readonly kind?: DifferenceKind | undefined;
  readonly state?: TriageState | undefined;
  /** One of these; none of an empty list. Goes before `state`. */
  readonly states?: readonly TriageState[] | undefined;
  readonly owner?: string | undefined;
  readonly tier?: Tier | undefined;
  /** One of these; none of an empty list. Goes before `tier`. */
  readonly tiers?: readonly Tier[] | undefined;
}

export interface DifferenceQuery extends SignatureFilter {
  /**
   * Most or newest first; `tier`: confirmed, suspect, transient, noise, and most first in each. With a time, `count`,
   * `exchanges` and `tier` go by exchanges since then.
   */
  readonly sort: "count" | "exchanges" | "breaking" | "lastSeen" | "firstSeen" | "tier";
  readonly limit: number;
  readonly offset: number;
}

/** Rows in an order that does not change, those after the last one of the page before. */
export interface EndpointWalk extends EndpointFilter {
  readonly after?: Pick<StoredEndpoint, "endpoint" | "route"> | undefined;
  readonly limit: number;
}
export interface SignatureWalk extends SignatureFilter {
  /** Its id. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Everything that was ever stored in this data directory, over restarts. */
export interface StoredTotals {
  readonly exchanges: number;
  readonly match: number;
  readonly mismatch: number;
  readonly noise: number;
  readonly paired: number;
  readonly incomparable: ReadonlyMap<string, number>;
  readonly skipped: ReadonlyMap<string, number>;
  readonly endpoints: number;
  readonly signatures: number;
  /** Differences whose signature was past the limit: counted here alone. */
  readonly differencesPastLimit: number;
  readonly samples: number;
  readonly sampleBytes: number;
}

/** What is stored of what rules did, since the data directory was begun. */
export interface RuleEvidence {
  /** Most hits first; a rule that never hit has none. */
  readonly hits: readonly RuleHit[];
  /** Endpoint → differences that were shown. */
  readonly differencesByEndpoint: ReadonlyMap<string, number>;
  /** Route → exchanges that a custom rule left incomparable. */
  readonly failuresByRoute: ReadonlyMap<string, number>;
}

export interface SampleQuery {
  readonly route?: string | undefined;
  readonly endpoint?: string | undefined;
  /** Older than this one: the last of the page before. */
  readonly before?: { readonly atMs: number; readonly id: string } | undefined;
  readonly limit: number;
}

export interface Store extends ReviewStore, CallerStore {
  /** Queues: merges into what the next flush writes. */
  record(batch: VerdictBatch): void;
  /** Writes what is queued; a failure is in `health`, and what is queued stays queued. */
  flush(): Promise<void>;
  endpoints(query: EndpointQuery): Promise<StoreRead<Page<StoredEndpoint>>>;
  differences(query: DifferenceQuery): Promise<StoreRead<Page<StoredSignature>>>;
  /** By name and route; for who wants all of them: no page costs more than the one before. */
  walkEndpoints(walk: EndpointWalk): Promise<StoreRead<readonly StoredEndpoint[]>>;
  /** By id. */
  walkSignatures(walk: SignatureWalk): Promise<StoreRead<readonly StoredSignature[]>>;
  signature(id: string): Promise<StoreRead<StoredSignature | undefined>>;
  exchange(id: string): Promise<StoreRead<Sample | undefined>>;
  ruleEvidence(): Promise<StoreRead<RuleEvidence>>;
  /** A page of samples, newest first. */
  samples(query: SampleQuery): Promise<StoreRead<readonly Sample[]>>;
  totals(): Promise<StoreRead<StoredTotals>>;
  /** Places with paired counts, those where most pairs differed first; of one endpoint, or of all. */
  paths(query: {
    readonly endpoint?: string | undefined;
    readonly limit: number;
  }): Promise<StoreRead<readonly StoredPath[]>>;
  /** In the order of their texts. */
  learnedTemplates(): Promise<StoreRead<readonly string[]>>;
  /**
   * Keeps the template, and merges what is stored of the endpoints into it; what still comes under their names goes
   * there as well. False, and nothing done, when there are templatesMax.
   */
  absorb(absorption: Absorption): Promise<StoreRead<boolean>>;
  health(): StoreHealth;
  /** Flushes once more, then closes the file. */
  close(): Promise<void>;
}

/** What the store logs to; pino's logger is one. */
export interface StoreLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface StoreLimits {
  /** Endpoint × route rows; the rest are counted under `*other*`. */
  readonly endpointsMax: number;
  /** Signatures; differences of the rest are counted in `differencesPastLimit`. */
  readonly signaturesMax: number;
  /** Endpoint × part × path rows with paired counts; the rest are counted under `*other*`. */
  readonly pathsMax: number;
  /** Learnt endpoint templates; past it no further one is kept. */
  readonly templatesMax: number;
  /** Former ids of signatures that still lead to them; past it the ids of one absorption are forgotten. */
  readonly aliasesMax: number;
  /** Rules × endpoints whose hits are kept; past it those that were hit longest ago go. */
  readonly rulesMax: number;
  /** Newest samples kept per signature. */
  readonly samplesPerSignature: number;
  /** A signature that has all its samples takes a further one when the newest is this much older. */
  readonly sampleRenewMs: number;
  readonly sampleBytesMax: number;
  readonly samplesBytesMax: number;
  readonly sampleAgeMsMax: number;
  /** Entries of the audit log; past it the oldest go, comments after all else. */
  readonly auditMax: number;
  /** Older entries go, comments excepted: these stay with their signature. */
  readonly auditAgeMsMax: number;
  /** Rules added while running; past it no further one is taken. */
  readonly addedRulesMax: number;
  /** Callers of the legacy that are kept apart per route; those seen longest ago are counted as one. */
  readonly callersPerRouteMax: number;
  /** Not seen for longer: they go. */
  readonly callerAgeMsMax: number;
  /** Rows of trends; past it new ones of endpoints and signatures are left out, and past twice of it those of routes. */
  readonly trendRowsMax: number;
  /** Minutes older than this become hours, hours days; days go. */
  readonly trendMinutesAgeMsMax: number;
  readonly trendHoursAgeMsMax: number;
  readonly trendAgeMsMax: number;
  /** The database file; at it the store fails as on a full disk, and takes no more of the disk. */
  readonly fileBytesMax: number;
  /** Samples that wait for the next flush; the oldest is lost for a new one. */
  readonly queuedSamplesMax: number;
  readonly queuedSampleBytesMax: number;
}

const MiB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Samples twice, with what SQLite and their links need around them, and counts of every endpoint and signature. */
export function fileBytesMaxFor(samplesBytesMax: number): number {
  return 2 * samplesBytesMax + 1024 * MiB;
}

/** The limits of a store that is given some of them. */
export function storeLimits(given: Partial<StoreLimits> = {}): StoreLimits {
  const { samplesBytesMax = STORE_LIMITS.samplesBytesMax } = given;
  return { ...STORE_LIMITS, fileBytesMax: fileBytesMaxFor(samplesBytesMax), ...given };
}

export const STORE_LIMITS: StoreLimits = {
  endpointsMax: 10_000, // shadow threads bound theirs at limits.endpointsMax; restarts may add others
  signaturesMax: 100_000,
  pathsMax: 100_000,
  templatesMax: 1024, // as many as noise/collapse learns
  aliasesMax: 100_000,
  rulesMax: 10_000,
  samplesPerSignature: 20,
  sampleRenewMs: 60_000, // a link to a sample lives for a third of an hour at least, however fast others come
  sampleBytesMax: 4 * MiB,
  samplesBytesMax: 512 * MiB,
  sampleAgeMsMax: 14 * DAY_MS,
  auditMax: 100_000,
  auditAgeMsMax: 730 * DAY_MS,
  addedRulesMax: 200,
  callersPerRouteMax: 10_000,
  callerAgeMsMax: 400 * DAY_MS,
  trendRowsMax: 1_000_000, // about 60 MiB
  trendMinutesAgeMsMax: 6 * HOUR_MS,
  trendHoursAgeMsMax: 14 * DAY_MS,
  trendAgeMsMax: 400 * DAY_MS,
  fileBytesMax: fileBytesMaxFor(512 * MiB),
  queuedSamplesMax: 256, // one flush writes them all, about 20 ms at 10 KB each; reads wait for it
  queuedSampleBytesMax: 32 * MiB,
};

/** Characters of a value that a signature's example keeps: a line of a report. */
export const VALUE_CHARACTERS_MAX = 200;
