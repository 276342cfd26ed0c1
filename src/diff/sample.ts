// One exchange made fit to store: decoded, redacted, cut. Nothing reaches a sample but through redaction.
import { isUtf8 } from "node:buffer";
import type { Sample, SampleHidden, SampleMessage } from "../core/batch.ts";
import type { Answer, CaptureState, FieldLines } from "../core/exchange.ts";
import { answersFormOf, bodyFormOf } from "../core/media-type.ts";
import { type Rule, ruleIdsOf } from "../core/rule.ts";
import { shortened } from "../core/shortened.ts";
import type { Difference, Judgement } from "../core/verdict.ts";
import { decodeBody } from "./decode.ts";
import { fitSample } from "./fit-sample.ts";
import { patchText } from "./patch.ts";
import type { Redaction } from "./redact.ts";
import { signatureOf } from "./signature.ts";
import { characterEnd } from "./text.ts";

/** Bytes of a body that a sample keeps; the rest is cut, after redaction. */
export const SAMPLE_BODY_BYTES_MAX = 1024 * 1024;

/** Differences that a sample keeps; the first of each signature before further ones. */
export const SAMPLE_DIFFERENCES_MAX = 200;

/** Of a place that a rule hid: it is shown, never followed. */
const PATH_CHARACTERS_MAX = 512;

export interface SampledMessage {
  readonly headers: FieldLines;
  readonly body: Uint8Array;
  readonly capture: CaptureState;
}

/** The facts of one exchange, as they were seen. */
export interface ExchangeFacts {
  readonly id: string;
  readonly atMs: number;
  readonly route: string;
  readonly endpoint: string;
  readonly servedBy: "legacy" | "candidate";
  readonly request: SampledMessage & { readonly method: string; readonly target: string };
  readonly legacy: Answer & { readonly latencyMs: number };
  readonly candidate: Answer & { readonly latencyMs: number };
  readonly judgement: Judgement;
  /** Those that it was judged under: a rule's index is its place in here. */
  readonly rules: readonly Rule[];
}

export interface MessageSettings {
  readonly redaction: Redaction;
  readonly decodedBytesMax: number;
  /** Of each body, SAMPLE_BODY_BYTES_MAX or less. */
  readonly bodyBytesMax: number;
}

export interface SampleSettings extends MessageSettings {
  /** Of the whole sample as JSON. */
  readonly sampleBytesMax: number;
}

/** A body whose bytes cannot be searched for secrets; only its size is told. */
interface Opened {
  readonly bytes: Uint8Array;
  /** Bytes of the whole decoded body. */
  readonly size: number;
  readonly isWhole: boolean;
}

const EMPTY = new Uint8Array(0);

/** Decoded and redacted. A body that was not wholly kept, or cannot be decoded, is not shown at all. */
export function openBody(message: SampledMessage, settings: MessageSettings): Opened {
  const { headers, body, capture } = message;
  if (capture === "absent") return { bytes: EMPTY, size: 0, isWhole: true };
  if (capture !== "complete") return { bytes: EMPTY, size: body.length, isWhole: false };
  const decoded = decodeBody(body, headers.getAll("content-encoding"), settings.decodedBytesMax);
  if (decoded.kind === "failed") return { bytes: EMPTY, size: body.length, isWhole: false };
  const bytes = settings.redaction.body(decoded.bytes, headers.get("content-type"));
  return { bytes, size: decoded.bytes.length, isWhole: true };
}

export function toSampleMessage(
  message: SampledMessage,
  opened: Opened,
  { redaction, bodyBytesMax }: MessageSettings,
): SampleMessage {
  const { bytes, size, isWhole } = opened;
  const isUtf8Text = isUtf8(bytes);
  const isLong = bytes.length > bodyBytesMax;
  const end = isLong && isUtf8Text ? characterEnd(bytes, bodyBytesMax) : bodyBytesMax;
  const kept = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, end));
  const bodyEncoding = isUtf8Text ? "utf8" : "base64";
  return {
    headers: redaction.headers(message.headers.entries()),
    body: kept.toString(bodyEncoding),
    bodyEncoding,
    bodyBytes: size,
    isBodyCut: isLong || !isWhole,
  };
}

function isJsonish(headers: FieldLines): boolean {
  const form = bodyFormOf(headers.get("content-type"));
  return form === "json" || form === "unsaid";
}

/** Over redacted bodies: a secret that differs is in no operation. Digits past double range are kept in bodies alone. */
function patchOf(facts: ExchangeFacts, legacy: Opened, candidate: Opened): readonly unknown[] | undefined {
  if (!isJsonish(facts.legacy.headers) || !isJsonish(facts.candidate.headers)) return undefined;
  const text = patchText(legacy.bytes, candidate.bytes);
  return text === undefined ? undefined : (JSON.parse(text) as unknown[]);
}

interface Shown {
  readonly differences: readonly Difference[];
  /** Of the differences shown, each once. */
  readonly signatureIds: readonly string[];
}

/** The differences to keep, in their order: no signature goes without one while there is room. */
function chooseDifferences(endpoint: string, found: readonly Difference[]): Shown {
  const ids = found.map((difference) => signatureOf(endpoint, difference).id);
  const firsts = new Set<string>();
  const chosen = new Set<number>();
  for (const [index, id] of ids.entries()) {
    if (chosen.size >= SAMPLE_DIFFERENCES_MAX) break;
    if (firsts.has(id)) continue;
    firsts.add(id);
    chosen.add(index);
  }
  for (let index = 0; index < found.length && chosen.size < SAMPLE_DIFFERENCES_MAX; index++)
    chosen.add(index);
  return { differences: found.filter((_, index) => chosen.has(index)), signatureIds: [...firsts] };
}

/** Why it was judged so: what each rule hid, with the first place, and what the judge noted. Of a redacted judgement. */
function reasonsOf(
  { verdict, ruleHits, hidden, notes, bodies }: Judgement,
  { rules, redaction }: { readonly rules: readonly Rule[]; readonly redaction: Redaction },
): Pick<Sample, "hidden" | "notes" | "incomparable"> {
  const ids = ruleIdsOf(rules);
  const incomparable = verdict.kind === "incomparable" ? verdict : bodies;
  return {
    hidden: (hidden ?? []).flatMap(({ ruleIndex, part, path, legacy, candidate }): SampleHidden[] => {
      const ruleId = ids[ruleIndex];
      if (ruleId === undefined) return [];
      const places = ruleHits.get(ruleIndex) ?? 1;
      return [{ ruleId, places, part, path: shortened(path, PATH_CHARACTERS_MAX), legacy, candidate }];
    }),
    notes: notes ?? [],
    ...(incomparable === undefined
      ? undefined
      : { incomparable: { reason: incomparable.reason, detail: redaction.text(incomparable.detail) } }),
  };
}

/** Builds the sample to store. Bodies are judged before, and redacted here: the differences still stand. */
export function buildSample(facts: ExchangeFacts, settings: SampleSettings): Sample {
  const { redaction } = settings;
  const form = answersFormOf(facts.legacy, facts.candidate);
  const judgement = redaction.judgement(facts.judgement, form);
  const { verdict } = judgement;
  const found = verdict.kind === "mismatch" ? verdict.differences : [];
  const shown = chooseDifferences(facts.endpoint, found);
  const request = openBody(facts.request, settings);
  const legacy = openBody(facts.legacy, settings);
  const candidate = openBody(facts.candidate, settings);
  const { method, target } = facts.request;
  const sample: Sample = {
    id: facts.id,
    atMs: facts.atMs,
    route: facts.route,
    endpoint: facts.endpoint,
    servedBy: facts.servedBy,
    request: {
      ...toSampleMessage(facts.request, request, settings),
      method,
      target: redaction.target(target),
    },
    legacy: {
      ...toSampleMessage(facts.legacy, legacy, settings),
      status: facts.legacy.status,
      latencyMs: facts.legacy.latencyMs,
    },
    candidate: {
      ...toSampleMessage(facts.candidate, candidate, settings),
      status: facts.candidate.status,
      latencyMs: facts.candidate.latencyMs,
    },
    verdict: verdict.kind,
    differences: shown.differences.map((difference) => redaction.difference(difference, form)),
    isCut: verdict.kind === "mismatch" && (verdict.isCut || shown.differences.length < found.length),
    patch: verdict.kind === "mismatch" ? patchOf(facts, legacy, candidate) : undefined,
    signatureIds: shown.signatureIds,
    ...reasonsOf(judgement, { rules: facts.rules, redaction }),
  };
  return fitSample(sample, settings.sampleBytesMax);
}
