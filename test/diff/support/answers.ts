// Answers and settings for tests: what a test does not name is the plainest case.
import { type Answer, type CaptureState, fieldLinesFrom } from "../../../src/core/exchange.ts";
import type { CompareSettings } from "../../../src/core/snapshot.ts";

export function makeSettings(changes: Partial<CompareSettings> = {}): CompareSettings {
  return {
    headers: ["content-type"],
    status: "exact",
    rules: [],
    decodedBytesMax: 64 << 20,
    depthMax: 1000,
    differencesMax: 100,
    timeMsMax: 20_000,
    ...changes,
  };
}

export interface AnswerFacts {
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly capture?: CaptureState;
}

/** An answer with a JSON content type unless `headers` says otherwise. */
export function makeAnswer(body: string | Uint8Array, facts: AnswerFacts = {}): Answer {
  return {
    status: facts.status ?? 200,
    headers: fieldLinesFrom(facts.headers ?? [["content-type", "application/json"]]),
    body: typeof body === "string" ? Buffer.from(body) : body,
    capture: facts.capture ?? "complete",
  };
}
