// The end of an exchange on the serving side: counted as skipped, or handed over the seam. The client already
// has its last byte. What is recorded crosses too, skipped or not: that changes no count of exchanges.
import { Buffer } from "node:buffer";
import type { Capture } from "../core/capture.ts";
import { isNotedByEndpoint, SKIP_REASONS, type SkipReason } from "../core/skip.ts";
import type { AnswerWriter } from "./answer-writer.ts";
import type { Decided } from "./decided.ts";
import type { OutgoingRequest } from "./outgoing-request.ts";
import type { ServingContext } from "./serving-context.ts";

const EMPTY = Buffer.alloc(0);

export interface EndedExchange {
  readonly slot: number;
  readonly epoch: number;
  readonly decided: Decided;
  readonly request: OutgoingRequest;
  readonly answer: AnswerWriter;
  /** 0: the answer was broken off. */
  readonly status: number;
  /** Whose answer it is, or would have been. */
  readonly servedBy: "legacy" | "candidate";
  /** The client has the whole answer of an upstream. */
  readonly isAnswered: boolean;
  readonly startedAtMs: number;
  readonly latencyMs: number;
}

/** A recording is of what the legacy answered. */
function isToRecord({ decided, request, servedBy, isAnswered }: EndedExchange): boolean {
  return decided.isRecorded && isAnswered && servedBy === "legacy" && request.isComplete;
}

/** Why it is not mirrored: what was decided, or what has come up since. */
function skipOf(
  { isKilled }: ServingContext,
  { decided, request, answer }: EndedExchange,
): SkipReason | undefined {
  if (decided.skip !== undefined) return decided.skip;
  // Half of a request is none to mirror.
  if (!request.isComplete) return "request-unfinished";
  return isKilled ? "killed" : captureSkip(request.capture, answer.capture);
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
  const isRecorded = isToRecord(ended);
  if (isRecorded) counters.add("recordBegun", 1);
  const skip = skipOf(context, ended);
  if (skip !== undefined) {
    counters.addSkipped(slot, skip);
    if (isRecorded || (ended.request.head.length > 0 && isNotedByEndpoint(skip))) {
      const written = write(context, ended, { skip: SKIP_REASONS.indexOf(skip), isRecorded });
      if (written === 0 && isRecorded) counters.add("recordLost", 1);
    }
    return;
  }
  const written = write(context, ended, { skip: -1, isRecorded });
  if (written === 0) {
    counters.addSkipped(slot, "seam-full");
    if (isRecorded) counters.add("recordLost", 1);
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
function write(
  context: ServingContext,
  ended: EndedExchange,
  { skip, isRecorded }: { readonly skip: number; readonly isRecorded: boolean },
): number {
  if (context.ring === undefined) return 0;
  const { decided, request, answer } = ended;
  const hasBytes = skip < 0 || isRecorded;
  return context.ring.write(
    {
      slot: ended.slot,
      epoch: ended.epoch,
      sequence: context.sequence++,
      skip,
      status: ended.status,
      servedBy: ended.servedBy,
      decidedBy: decided.reason,
      unit: decided.unit,
      isAdapted: decided.isAdapted,
      answerCapture: answer.capture.state,
      recordedRequest: isRecorded ? request.capture.state : undefined,
      startedAtMs: ended.startedAtMs,
      latencyMs: ended.latencyMs,
    },
    {
      requestHead: request.head,
      requestBody: hasBytes ? request.capture.parts() : [],
      answerHead: hasBytes ? answer.head : EMPTY,
      answerBody: hasBytes ? answer.capture.parts() : [],
    },
  );
}
