// Sums of verdicts since the last batch, by endpoint and signature, and the samples worth keeping.
// Bounded: endpoints and signatures past their limits are counted under `*other*`.
import type { EndpointDelta, Sample, Signature, SignatureDelta, VerdictBatch } from "../core/batch.ts";
import { latencyBucket } from "../core/latency-buckets.ts";
import { OTHER } from "../core/other.ts";
import type { Rule } from "../core/rule.ts";
import type { Limits, Snapshot } from "../core/snapshot.ts";
import type { Judgement } from "../core/verdict.ts";
import { signatureOf } from "../diff/signature.ts";
import { RuleTally } from "./rule-tally.ts";

/** Samples of one signature per batch; newer ones replace none: the next batch is a moment away. */
const SAMPLES_PER_SIGNATURE_AND_BATCH = 2;
const SAMPLES_PER_BATCH = 200;

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
  exchanges: number;
  firstSeenMs: number;
  lastSeenMs: number;
  rechecked: number;
  transient: number;
  samples: number;
}

/** Where and when an exchange was, and what the legacy said. */
export interface SeenExchange {
  readonly route: string;
  readonly endpoint: string;
  readonly atMs: number;
  readonly legacyStatus: number;
  readonly legacyLatencyMs: number;
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
  readonly #rules = new RuleTally();

  constructor(
    threadId: number,
    { limits, samplesPerSignature }: Pick<Snapshot, "limits" | "samplesPerSignature">,
  ) {
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

  #sumsOf({ route, endpoint, atMs, legacyStatus, legacyLatencyMs }: SeenExchange): EndpointSums {
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
    const { sums } = entry;
    sums.exchanges++;
    sums.lastSeenMs = Math.max(sums.lastSeenMs, atMs);
    if (legacyStatus > 0) {
      bump(sums.legacyStatus, legacyStatus);
      bump(sums.legacyLatency, latencyBucket(legacyLatencyMs));
    }
    return sums;
  }

  addSkipped(seen: SeenExchange, reason: string): void {
    bump(this.#sumsOf(seen).skipped, reason);
  }

  addFailed(seen: SeenExchange, reason: string): void {
    bump(this.#sumsOf(seen).incomparable, reason);
  }

  /** Adds a judged exchange. `signatures` has one entry per difference. */
  addJudged(
    seen: SeenExchange,
    judged: {
      readonly exchangeId: string;
      /** Redacted, and the rules of the route that it was made under. */
      readonly judgement: Judgement;
      readonly rules: readonly Rule[];
      readonly candidateStatus: number;
      readonly candidateLatencyMs: number;
      readonly signatures: readonly Signature[];
    },
  ): void {
    const sums = this.#sumsOf(seen);
    const { verdict } = judged.judgement;
    bump(sums.candidateStatus, judged.candidateStatus);
    bump(sums.candidateLatency, latencyBucket(judged.candidateLatencyMs));
    if (verdict.kind === "match") sums.match++;
    else if (verdict.kind === "mismatch") sums.mismatch++;
    else bump(sums.incomparable, verdict.reason);
    if (judged.signatures.length > 0) this.#addSignatures(seen, judged.signatures);
    this.#rules.add({ ...seen, ...judged });
  }

  #addSignatures({ atMs }: SeenExchange, signatures: readonly Signature[]): void {
    const inThisExchange = new Set<string>();
    for (const found of signatures) {
      const signature = this.#isKnownOrAdmitted(found) ? found : otherSignature(found.endpoint);
      let sums = this.#signatures.get(signature.id);
      if (sums === undefined) {
        sums = {
          signature,
          count: 0,
          exchanges: 0,
          firstSeenMs: atMs,
          lastSeenMs: atMs,
          rechecked: 0,
          transient: 0,
          samples: 0,
        };
        this.#signatures.set(signature.id, sums);
      }
      sums.count++;
      if (!inThisExchange.has(signature.id)) sums.exchanges++;
      inThisExchange.add(signature.id);
      sums.lastSeenMs = Math.max(sums.lastSeenMs, atMs);
      sums.firstSeenMs = Math.min(sums.firstSeenMs, atMs);
    }
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

  #boundedId(id: string, endpoint: string): string {
    return this.#knownSignatures.get(endpoint)?.has(id) ? id : otherSignature(endpoint).id;
  }

  /** Keeps it under the signatures that it was counted under. */
  addSample(sample: Sample): void {
    const bounded = sample.signatureIds.map((id) => this.#boundedId(id, sample.endpoint));
    const signatureIds = [...new Set(bounded)];
    this.#samples.push({ ...sample, signatureIds });
    for (const id of signatureIds) {
      const sums = this.#signatures.get(id);
      if (sums !== undefined) sums.samples++;
    }
  }

  /** What was added since the last call; undefined when nothing was. */
  takeBatch(): VerdictBatch | undefined {
    if (this.#endpoints.size === 0) return undefined;
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
      paths: [],
    };
    this.#endpoints = new Map();
    this.#signatures = new Map();
    this.#samples = [];
    return batch;
  }
}
