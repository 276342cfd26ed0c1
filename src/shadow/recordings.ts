// Exchanges that cross the seam to be recorded, as lines: redacted as stored samples are. Invariant: it changes no
// count of an exchange and nothing that is mirrored.

import type { Counters } from "../core/counters.ts";
import { RECORDING_SCHEMA_VERSION, type RecordedExchange } from "../core/recording.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { openBody, SAMPLE_BODY_BYTES_MAX, type SampledMessage, toSampleMessage } from "../diff/sample.ts";
import type { ExchangeRecord } from "../seam/record.ts";
import type { HeadLimits } from "../wire/head.ts";
import type { RequestHead } from "../wire/request-head.ts";
import { ResponseHead } from "../wire/response-head.ts";
import type { ExchangeContext } from "./judgement.ts";
import { FLUSH_MS, Recorder } from "./recorder.ts";

const HEAD_GROWTH_BYTES = 16 * 1024;

export class Recordings {
  readonly #recorder: Recorder;
  readonly #counters: Counters;
  readonly #answerHead: ResponseHead;
  readonly #timer: NodeJS.Timeout;
  readonly #reportFailure: (code: string, detail: string) => void;

  constructor(parts: {
    readonly recorder: Recorder;
    readonly counters: Counters;
    readonly limits: HeadLimits;
    readonly reportFailure: (code: string, detail: string) => void;
  }) {
    this.#reportFailure = parts.reportFailure;
    this.#recorder = parts.recorder;
    this.#counters = parts.counters;
    this.#answerHead = new ResponseHead(parts.limits);
    this.#timer = setInterval(() => void this.#recorder.flush(), FLUSH_MS).unref();
  }

  take(record: ExchangeRecord, context: ExchangeContext & { readonly head: RequestHead }): void {
    if (!this.#recorder.hasRoom) {
      this.#counters.add("recordLost", 1);
      return;
    }
    try {
      this.#recorder.add(JSON.stringify(this.#exchangeOf(record, context)));
    } catch (error) {
      // A bug here costs a line of a recording, never the exchange its verdict.
      this.#reportFailure("internal", `recording: ${String(error)}`);
      this.#counters.add("internalErrors", 1);
      this.#counters.add("recordLost", 1);
    }
  }

  #exchangeOf(
    record: ExchangeRecord,
    { id, seen, compiled, head }: ExchangeContext & { readonly head: RequestHead },
  ): RecordedExchange {
    const { redaction, route } = compiled;
    const settings = {
      redaction,
      decodedBytesMax: route.compare.decodedBytesMax,
      bodyBytesMax: SAMPLE_BODY_BYTES_MAX,
    };
    const messageOf = (message: SampledMessage) =>
      toSampleMessage(message, openBody(message, settings), settings);
    const answer = this.#answerHead;
    answer.parse(record.answerHead, 0, record.answerHead.length);
    const { recordedRequest: capture = "absent" } = record;
    return {
      schemaVersion: RECORDING_SCHEMA_VERSION,
      id,
      atMs: seen.atMs,
      route: seen.route,
      endpoint: seen.endpoint,
      request: {
        ...messageOf({ headers: head, body: record.requestBody, capture }),
        method: head.methodText(),
        target: redaction.target(head.targetText()),
      },
      legacy: {
        ...messageOf({ headers: answer, body: record.answerBody, capture: record.answerCapture }),
        status: record.status,
        latencyMs: record.latencyMs,
      },
    };
  }

  /** What was taken is on disk, or lost and counted. */
  close(): Promise<void> {
    clearInterval(this.#timer);
    return this.#recorder.close();
  }
}

/** Undefined where nothing is to be recorded. */
export function startRecordings(
  { record, limits }: Snapshot,
  parts: {
    readonly threadId: number;
    readonly counters: Counters;
    readonly reportFailure: (code: string, detail: string) => void;
  },
): Recordings | undefined {
  if (record === undefined) return undefined;
  const { counters } = parts;
  const recorder = new Recorder(record, {
    ...parts,
    now: Date.now,
    onWritten: (lines, bytes) => {
      counters.add("recorded", lines);
      counters.add("recordedBytes", bytes);
    },
    onFile: () => counters.add("recordedFiles", 1),
    onLost: (lines) => counters.add("recordLost", lines),
  });
  const headLimits = { ...limits, headBytesMax: limits.headBytesMax + HEAD_GROWTH_BYTES };
  return new Recordings({ ...parts, recorder, limits: headLimits });
}
