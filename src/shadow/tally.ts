// Sums of verdicts since the last batch, by endpoint and signature, and the samples worth keeping.
// Bounded: endpoints and signatures past their limits are counted under `*other*`.
import type {
  EndpointDelta,
  PathDelta,
  RolloutDelta,
  Sample,
  Signature,
  SignatureDelta,
  VerdictBatch,
} from "../core/batch.ts";
import { latencyBucket } from "../core/latency-buckets.ts";
import { OTHER } from "../core/other.ts";
import type { Rule } from "../core/rule.ts";
import type { Limits, Snapshot } from "../core/snapshot.ts";
import { type Difference, differenceClassOf, type Judgement } from "../core/verdict.ts";
import { SAMPLE_BODY_BYTES_MAX } from "../diff/sample.ts";
import { signatureOf } from "../diff/signature.ts";
import { RuleTally } from "./rule-tally.ts";

/** Samples of one signature per batch; newer ones replace none: the next batch is a moment away. */
const SAMPLES_PER_SIGNATURE_AND_BATCH = 2;
export const SAMPLES_PER_BATCH = 200;
/**
 * Of the bodies of one batch: once it holds this much, the bodies of further samples are cut shorter. One exchange
 * with three of the largest bodies fits; a storm of them costs control, which writes them as JSON, 16 MiB a second.
 */
export const SAMPLED_BYTES_PER_BATCH = 4 * 1024 * 1024;
/** What a body is cut to then. */
export const CROWDED_BODY_BYTES_MAX = 64 * 1024;

type Counts = Record<string, number>;

interface EndpointSums {
  exchanges: number;
  match: number;
  mismatch: number;
  readonly incomparable: Counts;
  readonly skipped: Counts;
  readonly legacyStatus: Counts;
  readonly candidateStatus: Counts;
  readonly legacyLatency: Record<number, number>;
  readonly candidateLatency: Record<number, number>;
  noise: number;
  paired: number;
  lastSeenMs: number;
}

interface SignatureSums {
  readonly signature: Signature;
  count: number;
  breaking: number;
  exchanges: number;
  firstSeenMs: number;
  lastSeenMs: number;
  rechecked: number;
  transient: number;
  samples: number;
}

/** Where and when an exchange was, and what the one said that served it. */
export interface SeenExchange {
  readonly route: string;
  readonly endpoint: string;
  readonly atMs: number;
  readonly servedBy: "legacy" | "candidate";
  /** 0 when it gave none. */
  readonly status: number;
  readonly latencyMs: number;
}

/** What one of the two answered. */
interface Answered {
  readonly status: number;
  readonly latencyMs: number;
}

function bump(counts: Record<string | number, number>, key: string | number): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

/** Stands for all signatures of the endpoint past the limit, whatever their part and kind. */
function otherSignature(endpoint: string): Signature {
  return signatureOf(endpoint, {
    part: "body",
    path: OTHER, // no pointer: those begin with a slash
    kind: "changed",
    legacy: undefined,
    candidate: undefined,
  });
}

export class Tally {
  readonly #threadId: number;
  readonly #limits: Limits;
  readonly #samplesPerSignature: number;
  /** Endpoints and signatures ever seen by this thread: the limits are for good, not per batch. */
  readonly #knownEndpoints = new Set<string>();
  readonly #knownSignatures = new Map<string, Set<string>>();
  #endpoints = new Map<
    string,
    { readonly route: string; readonly endpoint: string; readonly sums: EndpointSums }
  >();
  #signatures = new Map<string, SignatureSums>();
  #samples: Sample[] = [];
  /** Of their bodies: units of text, each a byte at least. */
  #sampledBytes = 0;
  readonly #sampleBytesMax: number;
  readonly #rules = new RuleTally();

  constructor(
    threadId: number,
    {
      limits,
      samplesPerSignature,
      sampleBytesMax,
    }: Pick<Snapshot, "limits" | "samplesPerSignature" | "sampleBytesMax">,
  ) {
    this.#sampleBytesMax = sampleBytesMax;
    this.#threadId = threadId;
    this.#limits = limits;
    // More than are kept need not be built; 0 keeps none.
    this.#samplesPerSignature = Math.min(samplesPerSignature, SAMPLES_PER_SIGNATURE_AND_BATCH);
  }

  /** The endpoint's own name, or `*other*` once too many are known. */
  boundedEndpoint(endpoint: string): string {
    if (this.#knownEndpoints.has(endpoint)) return endpoint;
    if (this.#knownEndpoints.size >= this.#limits.endpointsMax) return OTHER;
    this.#knownEndpoints.add(endpoint);
    return endpoint;
  }

  /** Other names are in force: what several known endpoints were is one now, and there is room for others. */
  renameEndpoints(nameOf: (endpoint: string) => string): void {
    const known = new Set([...this.#knownEndpoints].map(nameOf));
    this.#knownEndpoints.clear();
    for (const endpoint of known) this.#knownEndpoints.add(endpoint);
    for (const endpoint of this.#knownSignatures.keys())
      if (!known.has(endpoint) && endpoint !== OTHER) this.#knownSignatures.delete(endpoint);
  }

  /** Counts the exchange in. */
  #begin(seen: SeenExchange): EndpointSums {
    const sums = this.#sumsOf(seen);
    sums.exchanges++;
    sums.lastSeenMs = Math.max(sums.lastSeenMs, seen.atMs);
    if (seen.status > 0) this.#addAnswer(sums, seen.servedBy, seen);
    return sums;
  }

  #addAnswer(sums: EndpointSums, of: SeenExchange["servedBy"], { status, latencyMs }: Answered): void {
    bump(of === "legacy" ? sums.legacyStatus : sums.candidateStatus, status);
    bump(of === "legacy" ? sums.legacyLatency : sums.candidateLatency, latencyBucket(latencyMs));
  }

  #sumsOf({ route, endpoint }: SeenExchange): EndpointSums {
    const key = `${route}\n${endpoint}`;
    let entry = this.#endpoints.get(key);
    if (entry === undefined) {
      const sums: EndpointSums = {
        exchanges: 0,
        match: 0,
        mismatch: 0,
        incomparable: {},
        skipped: {},
        legacyStatus: {},
        candidateStatus: {},
        legacyLatency: {},
        candidateLatency: {},
        noise: 0,
        paired: 0,
        lastSeenMs: 0,
      };
      entry = { route, endpoint, sums };
      this.#endpoints.set(key, entry);
    }
    return entry.sums;
  }

  addSkipped(seen: SeenExchange, reason: string): void {
    bump(this.#begin(seen).skipped, reason);
  }

  addFailed(seen: SeenExchange, reason: string): void {
    bump(this.#begin(seen).incomparable, reason);
  }

  /** Adds a judged exchange. `signatures` has one entry per difference. */
  addJudged(
    seen: SeenExchange,
    judged: {
      readonly exchangeId: string;
      /** Redacted, and the rules of the route that it was made under. */
      readonly judgement: Judgement;
      readonly rules: readonly Rule[];
      /** Of the one that did not serve. */
      readonly mirrored: Answered;
      readonly signatures: readonly Signature[];
      /** A mismatch whose every difference is noise as far as is known. */
      readonly isNoise: boolean;
    },
  ): void {
    const sums = this.#begin(seen);
    const { verdict } = judged.judgement;
    this.#addAnswer(sums, seen.servedBy === "legacy" ? "candidate" : "legacy", judged.mirrored);
    if (verdict.kind === "match") sums.match++;
    else if (verdict.kind === "mismatch") {
      sums.mismatch++;
      if (judged.isNoise) sums.noise++;
    }
    if (verdict.kind === "incomparable") bump(sums.incomparable, verdict.reason);
    if (verdict.kind === "mismatch") this.#addSignatures(seen, verdict.differences, judged.signatures);
    this.#rules.add({ ...seen, ...judged });
  }

  /** An exchange that was added as judged has a verdict on the legacy's second answer as well. */
  addPaired(seen: SeenExchange): void {
    this.#sumsOf(seen).paired++;
  }

  /** A mismatch was read again: `stays` are the ids of signatures that still differ. Answers whether all are gone. */
  addRechecked(
    { atMs }: SeenExchange,
    { signatures, stays }: { readonly signatures: readonly Signature[]; readonly stays: ReadonlySet<string> },
  ): boolean {
    let isGone = true;
    const counted = new Set<string>();
    for (const found of signatures) {
      const signature = this.#isKnownOrAdmitted(found) ? found : otherSignature(found.endpoint);
      const isTransient = !stays.has(found.id);
      isGone &&= isTransient;
      if (counted.has(signature.id)) continue;
      counted.add(signature.id);
      const sums = this.#signatureSums(signature, atMs);
      sums.rechecked++;
      if (isTransient) sums.transient++;
    }
    return isGone;
  }

  /** `signatures` has one entry per difference, in the same order. */
  #addSignatures(
    { atMs }: SeenExchange,
    differences: readonly Difference[],
    signatures: readonly Signature[],
  ): void {
    const inThisExchange = new Set<string>();
    for (const [index, found] of signatures.entries()) {
      const difference = differences[index];
      const signature = this.#isKnownOrAdmitted(found) ? found : otherSignature(found.endpoint);
      const sums = this.#signatureSums(signature, atMs);
      sums.count++;
      if (difference === undefined || differenceClassOf(difference) === "breaking") sums.breaking++;
      if (!inThisExchange.has(signature.id)) sums.exchanges++;
      inThisExchange.add(signature.id);
      sums.lastSeenMs = Math.max(sums.lastSeenMs, atMs);
      sums.firstSeenMs = Math.min(sums.firstSeenMs, atMs);
    }
  }

  #signatureSums(signature: Signature, atMs: number): SignatureSums {
    const known = this.#signatures.get(signature.id);
    if (known !== undefined) return known;
    const sums = {
      signature,
      count: 0,
      breaking: 0,
      exchanges: 0,
      firstSeenMs: atMs,
      lastSeenMs: atMs,
      rechecked: 0,
      transient: 0,
      samples: 0,
    };
    this.#signatures.set(signature.id, sums);
    return sums;
  }

  /** Signatures past the endpoint's limit share one group: see otherSignature. */
  #isKnownOrAdmitted({ id, endpoint }: Signature): boolean {
    let known = this.#knownSignatures.get(endpoint);
    if (known === undefined) {
      known = new Set();
      this.#knownSignatures.set(endpoint, known);
    }
    if (known.has(id)) return true;
    if (known.size >= this.#limits.signaturesPerEndpointMax) return false;
    known.add(id);
    return true;
  }

  /** Is a sample of such an exchange still of use in this batch? Building one costs more than judging. */
  wantsSample(signatures: readonly Signature[]): boolean {
    if (this.#samples.length >= SAMPLES_PER_BATCH) return false;
    return signatures.some(({ id, endpoint }) => {
      const sums = this.#signatures.get(this.#boundedId(id, endpoint));
      return sums !== undefined && sums.samples < this.#samplesPerSignature;
    });
  }

  /** How large the next sample may be. */
  get sampleLimits(): { readonly bodyBytesMax: number; readonly sampleBytesMax: number } {
    const isCrowded = this.#sampledBytes >= SAMPLED_BYTES_PER_BATCH;
    return {
      bodyBytesMax: isCrowded ? CROWDED_BODY_BYTES_MAX : SAMPLE_BODY_BYTES_MAX,
      sampleBytesMax: this.#sampleBytesMax,
    };
  }

  #boundedId(id: string, endpoint: string): string {
    return this.#knownSignatures.get(endpoint)?.has(id) ? id : otherSignature(endpoint).id;
  }

  /** Keeps it under the signatures that it was counted under. */
  addSample(sample: Sample): void {
    const bounded = sample.signatureIds.map((id) => this.#boundedId(id, sample.endpoint));
    const signatureIds = [...new Set(bounded)];
    this.#samples.push({ ...sample, signatureIds });
    for (const { body } of [sample.request, sample.legacy, sample.candidate])
      this.#sampledBytes += body.length;
    for (const id of signatureIds) {
      const sums = this.#signatures.get(id);
      if (sums !== undefined) sums.samples++;
    }
  }

  /** What was added since the last call, with what was counted beside it; undefined when nothing was. */
  takeBatch(
    paths: readonly PathDelta[] = [],
    rollout: readonly RolloutDelta[] = [],
  ): VerdictBatch | undefined {
    const isNothingBeside = paths.length === 0 && rollout.length === 0;
    if (this.#endpoints.size === 0 && this.#signatures.size === 0 && isNothingBeside) return undefined;
    const endpoints: EndpointDelta[] = [...this.#endpoints.values()].map(({ route, endpoint, sums }) => ({
      route,
      endpoint,
      ...sums,
    }));
    const signatures: SignatureDelta[] = [...this.#signatures.values()].map(
      ({ samples: _, ...delta }) => delta,
    );
    const batch = {
      threadId: this.#threadId,
      endpoints,
      signatures,
      samples: this.#samples,
      ruleHits: this.#rules.take(),
      paths,
      rollout,
    };
    this.#endpoints = new Map();
    this.#signatures = new Map();
    this.#samples = [];
    this.#sampledBytes = 0;
    return batch;
  }
}
