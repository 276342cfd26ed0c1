// One stored exchange sent again: to both services, or to the candidate alone beside what the legacy once answered.
// Every exchange ends in exactly one outcome.
import { type Answer, fieldLinesFrom } from "../core/exchange.ts";
import type { RecordedExchange } from "../core/recording.ts";
import type { MirrorSettings, RouteSettings, UpstreamSettings } from "../core/snapshot.ts";
import { type Filler, isRedacted } from "./fill.ts";
import type { ReplayJudge, ReplayJudgement } from "./replay-judge.ts";
import { type LegEdits, prepareRequest, requestFor, type SkipReason } from "./request.ts";
import type { ReplayUpstream, SendFailure, Sent } from "./upstream.ts";

export type FailureReason = `${"legacy" | "candidate"}-${SendFailure}`;

export type ReplayOutcome =
  | { readonly kind: "skipped"; readonly reason: SkipReason; readonly detail: string }
  | { readonly kind: "failed"; readonly reason: FailureReason; readonly detail: string }
  | {
      readonly kind: "judged";
      readonly judgement: ReplayJudgement;
      readonly legacyStatus: number;
      readonly candidateStatus: number;
      /** Undefined where it is the recorded answer. */
      readonly legacyLatencyMs: number | undefined;
      readonly candidateLatencyMs: number;
    };

/** What every exchange of one replay is sent with. */
export interface ReplayParts {
  /** Undefined where recorded answers are judged against. */
  readonly legacy: ReplayUpstream | undefined;
  readonly candidate: ReplayUpstream;
  readonly legacyHost: UpstreamSettings["hostHeader"];
  readonly filler: Filler;
  readonly judge: ReplayJudge;
  readonly isUnsafeSent: boolean;
  /** Beats the route's own. */
  readonly deadlineMs: number | undefined;
}

export interface PlacedExchange {
  readonly stored: Pick<RecordedExchange, "request" | "legacy">;
  readonly route: RouteSettings;
  readonly endpoint: string;
}

const legacyEdits = (hostHeader: MirrorSettings["hostHeader"]): LegEdits => ({
  setHeaders: [],
  removeHeaders: [],
  credentials: "keep",
  hostHeader,
  pathRewrite: undefined,
});

/** Sends and judges one exchange. Never rejects for what services do. */
export async function replayExchange(
  { stored, route, endpoint }: PlacedExchange,
  parts: ReplayParts,
): Promise<ReplayOutcome> {
  const prepared = prepareRequest(stored.request, parts);
  if (prepared.kind === "skipped") return prepared;
  const recorded = parts.legacy === undefined ? recordedAnswer(stored.legacy) : undefined;
  if (typeof recorded === "string")
    return { kind: "skipped", reason: "no-recorded-answer", detail: recorded };
  const { mirror } = route;
  const limits = {
    deadlineMs: parts.deadlineMs ?? mirror.deadlineMs,
    answerBytesMax: mirror.answerBytesMax,
  };
  const { request } = prepared;
  const [legacy, candidate] = await Promise.all([
    recorded ?? parts.legacy?.send(requestFor(request, legacyEdits(parts.legacyHost)), limits),
    parts.candidate.send(requestFor(request, mirror), limits),
  ]);
  // The legacy's failure first: without its answer the candidate's says nothing.
  if (legacy === undefined || legacy.kind === "failed") return failedOn("legacy", legacy);
  if (candidate.kind === "failed") return failedOn("candidate", candidate);
  return {
    kind: "judged",
    judgement: parts.judge.judge({
      route,
      endpoint,
      request,
      legacy: legacy.answer,
      candidate: candidate.answer,
      isRecorded: recorded !== undefined,
    }),
    legacyStatus: legacy.answer.status,
    candidateStatus: candidate.answer.status,
    legacyLatencyMs: recorded === undefined ? legacy.latencyMs : undefined,
    candidateLatencyMs: candidate.latencyMs,
  };
}

function failedOn(
  name: "legacy" | "candidate",
  sent: Extract<Sent, { kind: "failed" }> | undefined,
): ReplayOutcome {
  return { kind: "failed", reason: `${name}-${sent?.failure ?? "broken"}`, detail: sent?.detail ?? "" };
}

/** The recorded answer, or why it cannot be judged against. */
function recordedAnswer(legacy: RecordedExchange["legacy"]): Extract<Sent, { kind: "answered" }> | string {
  if (legacy === undefined) return "the recording has no answer of the legacy";
  if (legacy.isBodyCut) return "the recorded answer's body was not wholly kept";
  const isWhollyRedacted = legacy.body.startsWith("[redacted") && isRedacted(legacy.body);
  if (isWhollyRedacted) return "the recorded answer's body is redacted";
  const answer: Answer = {
    status: legacy.status,
    // Recorded bodies are decoded.
    headers: fieldLinesFrom(legacy.headers.filter(([name]) => name.toLowerCase() !== "content-encoding")),
    body: Buffer.from(legacy.body, legacy.bodyEncoding),
    capture: "complete",
  };
  return { kind: "answered", answer, latencyMs: legacy.latencyMs };
}
