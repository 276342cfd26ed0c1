// Who stands on which side of a comparison: a verdict always reads legacy → candidate, whoever served the client.
import type { ErrorCode } from "../core/errors.ts";
import type { IncomparableReason } from "../core/verdict.ts";
import type { ExchangeRecord } from "../seam/record.ts";
import { incomparableReasonOf, type MirrorAnswer, statusOf } from "./mirror.ts";

export type Served = ExchangeRecord["servedBy"];

/** The exchange with the legacy's answer in it, and the candidate's beside it. */
export interface Sides {
  readonly record: ExchangeRecord;
  readonly candidate: MirrorAnswer;
}

/** `mirrored` is what the one answered that did not serve. Nothing is copied but references. */
export function sidesOf(record: ExchangeRecord, mirrored: MirrorAnswer): Sides {
  if (record.servedBy === "legacy") return { record, candidate: mirrored };
  const { answerHead, answerBody, answerCapture, latencyMs } = record;
  return {
    record: {
      ...record,
      bytesTotal:
        record.requestHead.length + record.requestBody.length + mirrored.head.length + mirrored.body.length,
      status: statusOf(mirrored),
      answerHead: mirrored.head,
      answerBody: mirrored.body,
      answerCapture: mirrored.capture,
      latencyMs: mirrored.latencyMs,
    },
    candidate: { head: answerHead, body: answerBody, capture: answerCapture, latencyMs },
  };
}

/** Why an exchange is incomparable when the mirror to the one that did not serve failed with `code`. */
export function unansweredReasonOf(servedBy: Served, code: ErrorCode): IncomparableReason {
  const reason = incomparableReasonOf(code);
  return servedBy === "legacy" || reason === "internal" ? reason : "legacy-failed";
}
