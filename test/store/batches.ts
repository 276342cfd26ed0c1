// Batches as a shadow thread would send them.
import type {
  EndpointDelta,
  PathDelta,
  RuleHit,
  Sample,
  SignatureDelta,
  VerdictBatch,
} from "../../src/core/batch.ts";

export const START_MS = Date.UTC(2026, 0, 1);

export function endpointDelta(changes: Partial<EndpointDelta> = {}): EndpointDelta {
  return {
    endpoint: "GET /users/{id}",
    route: "users",
    exchanges: 10,
    match: 6,
    mismatch: 2,
    incomparable: { overflow: 1 },
    skipped: { "seam-full": 1 },
    legacyStatus: { "200": 9, "404": 1 },
    candidateStatus: { "200": 8 },
    legacyLatency: { 40: 9, 60: 1 },
    candidateLatency: { 50: 8 },
    noise: 0,
    paired: 0,
    lastSeenMs: START_MS,
    ...changes,
  };
}

export function signatureDelta(
  changes: Partial<SignatureDelta["signature"]> = {},
  count = 2,
  seenMs = START_MS,
): SignatureDelta {
  return {
    signature: {
      id: "00000000000000aa",
      endpoint: "GET /users/{id}",
      part: "body",
      path: "/items/*/price",
      kind: "changed",
      ...changes,
    },
    count,
    breaking: count,
    exchanges: count,
    firstSeenMs: seenMs,
    lastSeenMs: seenMs,
    rechecked: 0,
    transient: 0,
  };
}

export function pathDelta(changes: Partial<PathDelta> = {}): PathDelta {
  return {
    endpoint: "GET /users/{id}",
    part: "body",
    path: "/items/*/price",
    candidateOnly: 0,
    baselineOnly: 0,
    both: 0,
    shapes: {},
    shapePairs: 0,
    shapeBroken: 0,
    lastSeenMs: START_MS,
    ...changes,
  };
}

export function sample(id: string, changes: Partial<Sample> = {}): Sample {
  const message = { headers: [], body: "{}", bodyEncoding: "utf8", bodyBytes: 2, isBodyCut: false } as const;
  return {
    id,
    atMs: START_MS,
    route: "users",
    endpoint: "GET /users/{id}",
    request: { ...message, method: "GET", target: "/users/7" },
    legacy: { ...message, status: 200, latencyMs: 3 },
    candidate: { ...message, status: 200, latencyMs: 4 },
    verdict: "mismatch",
    differences: [
      { part: "body", path: "/name", kind: "changed", legacy: '"a"', candidate: '"b"' },
      {
        part: "body",
        path: "/items/3/price",
        erasedPath: "/items/*/price",
        kind: "changed",
        legacy: "1.5",
        candidate: "1.6",
      },
    ],
    isCut: false,
    patch: [],
    signatureIds: ["00000000000000aa"],
    ...changes,
  };
}

export function batch(changes: Partial<VerdictBatch> = {}): VerdictBatch {
  return {
    threadId: 1,
    endpoints: [],
    signatures: [],
    samples: [],
    ruleHits: [],
    paths: [],
    rollout: [],
    ...changes,
  };
}

export function ruleHit(changes: Partial<RuleHit> = {}): RuleHit {
  return {
    ruleId: "0123456789ab",
    route: "users",
    endpoint: "GET /users/{id}",
    hits: 2,
    lastHitMs: START_MS,
    examples: [],
    ...changes,
  };
}
