// The judge: two answers of one exchange → match, mismatch with typed differences, or incomparable.
// Invariant: what was not wholly seen is never "match". It must not throw on any input, and equal bytes must
// cost a memcmp.
//
//  1 heads     status, then the chosen headers
//  2 captures  a body that was not wholly kept ends it here
//  3 bytes     the same bytes under the same coding are equal
//  4 decode    Content-Encoding undone, charset made UTF-8, then bytes once more
//  5 values    by the form that the content types say, under rules; what has none by bytes

import { assertNever } from "../core/assert.ts";
import type { Answer } from "../core/exchange.ts";
import { type BodyForm, bodyFormOf, charsetOf, pairFormOf } from "../core/media-type.ts";
import type { Difference, Judgement } from "../core/verdict.ts";
import { compareHeads } from "./compare-head.ts";
import { type Decoded, decodeBody, toUtf8 } from "./decode.ts";
import { compareForms } from "./forms/compare-form.ts";
import { compareLines } from "./forms/compare-lines.ts";
import { compareRecords } from "./forms/compare-ndjson.ts";
import { askAboutWhole } from "./forms/flat-findings.ts";
import { compareJsonBodies } from "./json/compare-json-bodies.ts";
import {
  type BodyOutcome,
  type CompiledCompare,
  describeBytes,
  findAtRoot,
  type Judging,
  SAME_BYTES,
  SAME_VALUES,
} from "./judging.ts";
import { NO_HITS, RuleHits } from "./rules/rules.ts";

/** Shared: an equal pair allocates nothing. */
const MATCH_BYTES: Judgement = { verdict: { kind: "match", how: "bytes" }, ruleHits: NO_HITS };

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

function hasSameValues(legacy: Answer, candidate: Answer, header: string): boolean {
  const a = legacy.headers.getAll(header);
  const b = candidate.headers.getAll(header);
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** What most pairs are: the same to the byte. It asks first what tells most apart, and allocates next to nothing. */
function isSameAnswer(legacy: Answer, candidate: Answer, { settings }: CompiledCompare): boolean {
  if (legacy.status !== candidate.status || !isSameBytes(legacy.body, candidate.body)) return false;
  if (uncaptured(legacy, candidate) !== undefined) return false;
  for (const name of settings.headers) if (!hasSameValues(legacy, candidate, name)) return false;
  return hasSameValues(legacy, candidate, "content-encoding");
}

function hasSameCoding(legacy: Answer, candidate: Answer): boolean {
  const a = legacy.headers.getAll("content-encoding");
  const b = candidate.headers.getAll("content-encoding");
  if (a.length === 0 && b.length === 0) return true;
  return a.join().toLowerCase() === b.join().toLowerCase();
}

/** The reason why a body that was not wholly kept cannot be compared; undefined where both were. */
function uncaptured(legacy: Answer, candidate: Answer): BodyOutcome | undefined {
  if (legacy.capture === "overflow" || candidate.capture === "overflow") {
    const side = legacy.capture === "overflow" ? "legacy" : "candidate";
    return {
      kind: "incomparable",
      reason: "overflow",
      detail: `the ${side}'s body is over the capture limit`,
    };
  }
  if (candidate.capture === "aborted")
    return { kind: "incomparable", reason: "candidate-broken", detail: "the candidate's body broke off" };
  // Exchanges without a whole legacy answer are skipped before they are judged.
  if (legacy.capture === "aborted")
    return { kind: "incomparable", reason: "internal", detail: "the legacy's body broke off" };
  return undefined;
}

/** The bytes that a body stands for. Most have no coding: nothing is asked of the decoder then. */
function decode({ headers, body }: Answer, decodedBytesMax: number): Decoded {
  const codings = headers.getAll("content-encoding");
  if (codings.length === 0 && body.length <= decodedBytesMax) return { kind: "decoded", bytes: body };
  return decodeBody(body, codings, decodedBytesMax);
}

function compareBodies(judging: Judging): BodyOutcome {
  const { legacy, candidate, compiled } = judging;
  const lacking = uncaptured(legacy, candidate);
  if (lacking !== undefined) return lacking;
  const isSameAsSent = isSameBytes(legacy.body, candidate.body);
  if (isSameAsSent && hasSameCoding(legacy, candidate)) return SAME_BYTES;
  const formL = bodyFormOf(legacy.headers.get("content-type"));
  const formC = bodyFormOf(candidate.headers.get("content-type"));
  const form = pairFormOf(formL, formC);
  if (form === "not-compared")
    return { kind: "incomparable", reason: "not-compared", detail: "event stream or multipart" };
  const { decodedBytesMax } = compiled.settings;
  const decodedL = decode(legacy, decodedBytesMax);
  const decodedC = decode(candidate, decodedBytesMax);
  if (decodedL.kind === "failed")
    return { kind: "incomparable", reason: decodedL.reason, detail: `legacy: ${decodedL.detail}` };
  if (decodedC.kind === "failed")
    return { kind: "incomparable", reason: decodedC.reason, detail: `candidate: ${decodedC.detail}` };
  const decoded = { legacy: decodedL.bytes, candidate: decodedC.bytes };
  const isAsSent = decoded.legacy === legacy.body && decoded.candidate === candidate.body;
  if (isAsSent ? isSameAsSent : isSameBytes(decoded.legacy, decoded.candidate)) return SAME_VALUES;
  return compareDecoded(judging, decoded, form);
}

interface BodyPair {
  readonly legacy: Uint8Array;
  readonly candidate: Uint8Array;
}

/** Two bodies that differ. Texts are compared in UTF-8. What cannot be read as what it says is compared by bytes, and says so. */
function compareDecoded(judging: Judging, raw: BodyPair, form: BodyForm): BodyOutcome {
  const charsetL = charsetOf(judging.legacy.headers.get("content-type"));
  const charsetC = charsetOf(judging.candidate.headers.get("content-type"));
  if (form === "other") return compareByBytes(judging, raw, "");
  // JSON is UTF-8 whatever it says (RFC 8259 §8.1): what is not in the charset that it says may still be JSON, and
  // a mark of UTF-16 alone makes none of it: clients read UTF-8.
  const isJson = form !== "lines" && form !== "form";
  const legacy = toUtf8(raw.legacy, charsetL, !isJson) ?? (isJson ? raw.legacy : undefined);
  const candidate = toUtf8(raw.candidate, charsetC, !isJson) ?? (isJson ? raw.candidate : undefined);
  if (legacy === undefined || candidate === undefined)
    return compareByBytes(judging, raw, `, not text in ${legacy === undefined ? charsetL : charsetC}`);
  const { decodedBytesMax } = judging.compiled.settings;
  if (Math.max(legacy.length, candidate.length) > decodedBytesMax)
    return {
      kind: "incomparable",
      reason: "decoded-overflow",
      detail: `over ${decodedBytesMax} bytes of UTF-8`,
    };
  const isRaw = legacy === raw.legacy && candidate === raw.candidate;
  if (!isRaw && isSameBytes(legacy, candidate)) return SAME_VALUES;
  return compareText(judging, { legacy, candidate }, form);
}

function compareByBytes(judging: Judging, { legacy, candidate }: BodyPair, note: string): BodyOutcome {
  return findAtRoot(judging, "changed", [describeBytes(legacy) + note, describeBytes(candidate) + note]);
}

function compareText(judging: Judging, pair: BodyPair, form: BodyForm): BodyOutcome {
  const { legacy, candidate } = pair;
  switch (form) {
    case "json":
      return compareJsonBodies(judging, legacy, candidate, true);
    case "unsaid":
      return compareJsonBodies(judging, legacy, candidate, false);
    case "ndjson":
    case "json-seq":
      return compareRecords(judging, pair, form);
    case "form":
      return askAboutWhole(judging, legacy, candidate) ?? compareForms(judging, legacy, candidate);
    case "lines":
      return askAboutWhole(judging, legacy, candidate) ?? compareLines(judging, legacy, candidate);
    case "other":
    case "not-compared":
      return compareByBytes(judging, pair, "");
    default:
      return assertNever(form);
  }
}

/**
 * Judges one exchange. A difference of status or headers stands whatever the bodies are; bodies alone that
 * cannot be compared are `incomparable`. Not reentrant. Never throws for what upstreams send.
 */
export function judge(legacy: Answer, candidate: Answer, compiled: CompiledCompare): Judgement {
  if (isSameAnswer(legacy, candidate, compiled)) return MATCH_BYTES;
  const hits = new RuleHits();
  const found: Difference[] = [];
  const judging: Judging = { legacy, candidate, compiled, hits, found };
  compareHeads(judging);
  const body = compareBodies(judging);
  const ruleHits = hits.counts;
  const notes = body.kind === "incomparable" ? undefined : body.notes;
  const noted = notes === undefined ? undefined : { notes };
  if (body.kind === "same" && found.length === 0) {
    if (body.how === "bytes" && ruleHits === NO_HITS) return MATCH_BYTES;
    return { verdict: { kind: "match", how: body.how }, ruleHits, hidden: hits.hidden, ...noted };
  }
  if (found.length === 0 && body.kind === "incomparable")
    return { verdict: body, ruleHits, hidden: hits.hidden };
  const isCut = body.kind === "incomparable" || (body.kind === "different" && body.isCut);
  return {
    verdict: { kind: "mismatch", differences: found, isCut },
    ruleHits,
    hidden: hits.hidden,
    ...noted,
    ...(body.kind === "incomparable" ? { bodies: { reason: body.reason, detail: body.detail } } : undefined),
  };
}
