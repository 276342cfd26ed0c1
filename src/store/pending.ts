// What waits for the next flush: batches merged into sums, so that a store in trouble costs bounded memory.
// Invariant: sums of a known endpoint, signature or rule are never lost here; samples and new signatures
// past a limit are, and counted.
import type {
  EndpointDelta,
  HiddenExample,
  PathDelta,
  RuleHit,
  Sample,
  Signature,
  SignatureDelta,
  VerdictBatch,
} from "../core/batch.ts";
import { OTHER } from "../core/other.ts";
import type { StoreLimits, StoreLosses } from "./store.ts";

/** Newest examples of what a rule hid at one endpoint. */
export const RULE_EXAMPLES_KEPT = 3;

export const COUNT_KINDS = [
  "incomparable",
  "skipped",
  "legacyStatus",
  "candidateStatus",
  "legacyLatency",
  "candidateLatency",
] as const;
export type CountKind = (typeof COUNT_KINDS)[number];

export interface PendingEndpoint {
  readonly route: string;
  readonly endpoint: string;
  exchanges: number;
  match: number;
  mismatch: number;
  noise: number;
  paired: number;
  lastSeenMs: number;
  readonly counts: Readonly<Record<CountKind, Map<string, number>>>;
}

export interface PendingSignature {
  readonly signature: Signature;
  count: number;
  breaking: number;
  exchanges: number;
  firstSeenMs: number;
  lastSeenMs: number;
  rechecked: number;
  transient: number;
}

export interface PendingPath {
  readonly endpoint: string;
  readonly part: PathDelta["part"];
  readonly path: string;
  candidateOnly: number;
  baselineOnly: number;
  both: number;
  shapePairs: number;
  shapeBroken: number;
  readonly shapes: Map<string, number>;
  timeApartMsMax: number | undefined;
  numberApartMax: number | undefined;
  lastSeenMs: number;
}

export interface PendingRule {
  readonly ruleId: string;
  readonly endpoint: string;
  readonly route: string;
  hits: number;
  lastHitMs: number;
  /** Newest first. */
  examples: readonly HiddenExample[];
}

/** The newest of both. */
export function mergeExamples(
  some: readonly HiddenExample[],
  others: readonly HiddenExample[],
): readonly HiddenExample[] {
  return [...some, ...others].sort((a, b) => b.atMs - a.atMs).slice(0, RULE_EXAMPLES_KEPT);
}

export interface PendingSample {
  readonly sample: Sample;
  readonly document: string;
  readonly bytes: number;
}

/** All that waited, for another thread. */
export interface HandOver {
  readonly batches: number;
  readonly endpoints: readonly PendingEndpoint[];
  readonly signatures: readonly PendingSignature[];
  readonly paths: readonly PendingPath[];
  readonly rules: readonly PendingRule[];
  /** Samples as JSON: a text goes to another thread in one copy, a tree of objects piece by piece. */
  readonly documents: readonly string[];
}

export function endpointKey(route: string, endpoint: string): string {
  return `${route}\0${endpoint}`;
}

export function ruleKey({ ruleId, route, endpoint }: Pick<RuleHit, "ruleId" | "route" | "endpoint">): string {
  return `${ruleId}\0${route}\0${endpoint}`;
}

export function pathKey({ endpoint, part, path }: Pick<PathDelta, "endpoint" | "part" | "path">): string {
  return `${part}\0${endpoint}\0${path}`;
}

/** Stands for all places past the limit, of whatever endpoint. */
export const OTHER_PATH = { endpoint: OTHER, part: "body", path: OTHER } as const;

function largest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}

export class Pending {
  readonly endpoints = new Map<string, PendingEndpoint>();
  readonly signatures = new Map<string, PendingSignature>();
  readonly paths = new Map<string, PendingPath>();
  readonly rules = new Map<string, PendingRule>();
  readonly samples: PendingSample[] = [];
  batches = 0;
  #sampleBytes = 0;
  readonly #limits: StoreLimits;
  readonly #lost = { batches: 0, signatures: 0, samples: 0 };

  constructor(limits: StoreLimits) {
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.batches === 0;
  }

  get lost(): StoreLosses {
    return { ...this.#lost };
  }

  /** `batches`: how many it is the sum of. */
  add(batch: VerdictBatch & { readonly batches?: number }): void {
    this.batches += batch.batches ?? 1;
    const lostBefore = this.#lost.signatures + this.#lost.samples;
    for (const delta of batch.endpoints) this.#addEndpoint(delta);
    for (const delta of batch.signatures) this.#addSignature(delta);
    for (const delta of batch.paths) this.#addPath(delta);
    for (const hit of batch.ruleHits) this.#addRuleHit(hit);
    for (const sample of batch.samples) this.#addSample(sample);
    if (this.#lost.signatures + this.#lost.samples > lostBefore) this.#lost.batches++;
  }

  /** Hands over all that waits; undefined where nothing does. */
  take(): HandOver | undefined {
    if (this.isEmpty) return undefined;
    const handOver = {
      batches: this.batches,
      endpoints: [...this.endpoints.values()],
      signatures: [...this.signatures.values()],
      paths: [...this.paths.values()],
      rules: [...this.rules.values()],
      documents: this.samples.map(({ document }) => document),
    };
    this.clear();
    return handOver;
  }

  /** It was written. */
  clear(): void {
    this.endpoints.clear();
    this.signatures.clear();
    this.paths.clear();
    this.rules.clear();
    this.samples.length = 0;
    this.#sampleBytes = 0;
    this.batches = 0;
  }

  /** It will never be written: counts it and lets it go. */
  discard(): void {
    this.countLost(this.take());
  }

  /** What was handed over will never be written. */
  countLost(handOver: HandOver | undefined): void {
    this.#lost.batches += handOver?.batches ?? 0;
    this.#lost.signatures += handOver?.signatures.length ?? 0;
    this.#lost.samples += handOver?.documents.length ?? 0;
  }

  #endpointOf(delta: EndpointDelta): PendingEndpoint {
    const key = endpointKey(delta.route, delta.endpoint);
    const known = this.endpoints.get(key);
    if (known !== undefined) return known;
    const isPastLimit = this.endpoints.size >= this.#limits.endpointsMax;
    const route = isPastLimit ? OTHER : delta.route;
    const endpoint = isPastLimit ? OTHER : delta.endpoint;
    const other = isPastLimit ? this.endpoints.get(endpointKey(OTHER, OTHER)) : undefined;
    if (other !== undefined) return other;
    const created: PendingEndpoint = {
      route,
      endpoint,
      exchanges: 0,
      match: 0,
      mismatch: 0,
      noise: 0,
      paired: 0,
      lastSeenMs: 0,
      counts: {
        incomparable: new Map(),
        skipped: new Map(),
        legacyStatus: new Map(),
        candidateStatus: new Map(),
        legacyLatency: new Map(),
        candidateLatency: new Map(),
      },
    };
    this.endpoints.set(endpointKey(route, endpoint), created);
    return created;
  }

  #addEndpoint(delta: EndpointDelta): void {
    const endpoint = this.#endpointOf(delta);
    endpoint.exchanges += delta.exchanges;
    endpoint.match += delta.match;
    endpoint.mismatch += delta.mismatch;
    endpoint.noise += delta.noise;
    endpoint.paired += delta.paired;
    endpoint.lastSeenMs = Math.max(endpoint.lastSeenMs, delta.lastSeenMs);
    for (const kind of COUNT_KINDS) {
      const sums = endpoint.counts[kind];
      for (const [key, count] of Object.entries(delta[kind])) sums.set(key, (sums.get(key) ?? 0) + count);
    }
  }

  #addSignature(delta: SignatureDelta): void {
    const known = this.signatures.get(delta.signature.id);
    if (known === undefined) {
      if (this.signatures.size >= this.#limits.signaturesMax) {
        this.#lost.signatures++;
        return;
      }
      this.signatures.set(delta.signature.id, { ...delta });
      return;
    }
    known.count += delta.count;
    known.breaking += delta.breaking;
    known.exchanges += delta.exchanges;
    known.firstSeenMs = Math.min(known.firstSeenMs, delta.firstSeenMs);
    known.lastSeenMs = Math.max(known.lastSeenMs, delta.lastSeenMs);
    known.rechecked += delta.rechecked;
    known.transient += delta.transient;
  }

  #pathOf(delta: PathDelta): PendingPath {
    const known = this.paths.get(pathKey(delta));
    if (known !== undefined) return known;
    const { endpoint, part, path } = this.paths.size < this.#limits.pathsMax ? delta : OTHER_PATH;
    const key = pathKey({ endpoint, part, path });
    const created: PendingPath = this.paths.get(key) ?? {
      endpoint,
      part,
      path,
      candidateOnly: 0,
      baselineOnly: 0,
      both: 0,
      shapePairs: 0,
      shapeBroken: 0,
      shapes: new Map(),
      timeApartMsMax: undefined,
      numberApartMax: undefined,
      lastSeenMs: 0,
    };
    this.paths.set(key, created);
    return created;
  }

  #addPath(delta: PathDelta): void {
    const sums = this.#pathOf(delta);
    for (const key of ["candidateOnly", "baselineOnly", "both", "shapePairs", "shapeBroken"] as const)
      sums[key] += delta[key];
    for (const [shape, pairs] of Object.entries(delta.shapes))
      sums.shapes.set(shape, (sums.shapes.get(shape) ?? 0) + pairs);
    sums.timeApartMsMax = largest(sums.timeApartMsMax, delta.timeApartMsMax);
    sums.numberApartMax = largest(sums.numberApartMax, delta.numberApartMax);
    sums.lastSeenMs = Math.max(sums.lastSeenMs, delta.lastSeenMs);
  }

  #addRuleHit(hit: RuleHit): void {
    const known = this.rules.get(ruleKey(hit));
    if (known !== undefined) {
      known.hits += hit.hits;
      known.lastHitMs = Math.max(known.lastHitMs, hit.lastHitMs);
      known.examples = mergeExamples(known.examples, hit.examples);
      return;
    }
    // Past the limit the endpoints of a rule are one; there are as many rules as the config has, and one flush's.
    const isPastLimit = this.rules.size >= this.#limits.rulesMax;
    if (isPastLimit && hit.endpoint !== OTHER) this.#addRuleHit({ ...hit, endpoint: OTHER });
    // Twice the limit is let go without a count: no config that is meant has that many rules with hits.
    else if (this.rules.size < 2 * this.#limits.rulesMax) this.rules.set(ruleKey(hit), { ...hit });
  }

  #addSample(sample: Sample): void {
    const document = JSON.stringify(sample);
    const bytes = Buffer.byteLength(document);
    if (bytes > this.#limits.sampleBytesMax) {
      this.#lost.samples++;
      return;
    }
    this.samples.push({ sample, document, bytes });
    this.#sampleBytes += bytes;
    // The oldest goes first: the newest of a signature is what people want to see.
    while (
      this.samples.length > this.#limits.queuedSamplesMax ||
      this.#sampleBytes > this.#limits.queuedSampleBytesMax
    ) {
      const oldest = this.samples.shift();
      if (oldest === undefined) return;
      this.#sampleBytes -= oldest.bytes;
      this.#lost.samples++;
    }
  }
}
