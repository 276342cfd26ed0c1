// What waited on control, as the store's thread takes it: one batch that is the sum of many.
import type { VerdictBatch } from "../core/batch.ts";
import { COUNT_KINDS, type CountKind, type HandOver, type PendingEndpoint } from "./pending.ts";

function countsOf({ counts }: PendingEndpoint): Record<CountKind, Record<string, number>> {
  const entries = COUNT_KINDS.map((kind) => [kind, Object.fromEntries(counts[kind])] as const);
  return Object.fromEntries(entries) as Record<CountKind, Record<string, number>>;
}

export function mergedBatchOf(handOver: HandOver): VerdictBatch & { readonly batches: number } {
  return {
    threadId: 0, // of no one shadow thread: the sum of all
    batches: handOver.batches,
    endpoints: handOver.endpoints.map((endpoint) => ({ ...endpoint, ...countsOf(endpoint) })),
    signatures: handOver.signatures,
    paths: handOver.paths.map((path) => ({ ...path, shapes: Object.fromEntries(path.shapes) })),
    ruleHits: handOver.rules,
    rollout: [], // of no use to the store: gates read it as it comes
    samples: handOver.documents.map((document) => JSON.parse(document)),
  };
}
