// The end of an exchange on the serving side: counted as skipped, or handed over the seam. The client already
// has its last byte. What is recorded crosses too, skipped or not: that changes no count of exchanges.
import { Buffer } from "node:buffer";
import type { Capture } from "../core/capture.ts";
import { isNotedByEndpoint, SKIP_REASONS, type SkipReason } from "../core/skip.ts";
import type { ServingContext } from "./serving-context.ts";

const EMPTY = Buffer.alloc(0);

export interface EndedExchange {
  readonly slot: number;
  readonly epoch: number;
  /** Why it is not mirrored, as far as the decision and the serving know. */
  readonly skip: SkipReason | undefined;
  /** The legacy's answer is whole, and to be recorded. */
  readonly isRecorded: boolean;
  readonly status: number;
  readonly servedBy: "legacy" | "candidate";
  readonly decidedBy: number;
  readonly unit: number;
  readonly startedAtMs: number;
  readonly latencyMs: number;
  /** As it went to the legacy; empty when the request never got that far. */
  readonly requestHead: Buffer;
  readonly requestCapture: Capture;
  /** As the legacy sent it. */
  readonly answerHead: Buffer;
  readonly answerCapture: Capture;
}

/** What the captures say against mirroring. An answer over its own limit is the judge's to name. */
function captureSkip(request: Capture, answer: Capture): SkipReason | undefined {
  if (request.state === "overflow") return request.isOverBudget ? "capture-budget" : "request-overflow";
  return answer.state === "overflow" && answer.isOverBudget ? "capture-budget" : undefined;
}

/** Counts the exchange exactly once: as published, or as skipped. */
export function publish(context: ServingContext, ended: EndedExchange): void {
  const { counters } = context;
  const { slot } = ended;
  if (ended.isRecorded) counters.add("recordBegun", 1);
  const skip = ended.skip ?? captureSkip(ended.requestCapture, ended.answerCapture);
  if (skip !== undefined) {
    counters.addSkipped(slot, skip);
    if (ended.isRecorded || (ended.requestHead.length > 0 && isNotedByEndpoint(skip))) {
      const written = write(context, ended, SKIP_REASONS.indexOf(skip));
      if (written === 0 && ended.isRecorded) counters.add("recordLost", 1);
    }
    return;
  }
  const written = write(context, ended, -1);
  if (written === 0) {
    counters.addSkipped(slot, "seam-full");
    if (ended.isRecorded) counters.add("recordLost", 1);
    return;
  }
  counters.addPublished(slot);
  counters.add("seamPublished", 1);
  counters.add("seamPublishedBytes", written);
}

/**
 * `skip` -1 is to be mirrored; otherwise the facts alone cross, to be noted under the endpoint, unless the exchange
 * is recorded. Answers the bytes written, 0 where there is no room.
 */
function write(context: ServingContext, ended: EndedExchange, skip: number): number {
  if (context.ring === undefined) return 0;
  const hasBytes = skip < 0 || ended.isRecorded;
  return context.ring.write(
    {
      slot: ended.slot,
      epoch: ended.epoch,
      sequence: context.sequence++,
      skip,
      status: ended.status,
      servedBy: ended.servedBy,
      decidedBy: ended.decidedBy,
      unit: ended.unit,
      answerCapture: ended.answerCapture.state,
      recordedRequest: ended.isRecorded ? ended.requestCapture.state : undefined,
      startedAtMs: ended.startedAtMs,
      latencyMs: ended.latencyMs,
    },
    {
      requestHead: ended.requestHead,
      requestBody: hasBytes ? ended.requestCapture.parts() : [],
      answerHead: hasBytes ? ended.answerHead : EMPTY,
      answerBody: hasBytes ? ended.answerCapture.parts() : [],
    },
  );
}
