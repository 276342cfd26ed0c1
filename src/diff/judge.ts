// The judge: two answers of one exchange → match, mismatch with typed differences, or incomparable.
// Invariant: what was not wholly seen is never "match". It must not throw on any input, and equal bytes must
// cost a memcmp.
//
//  1 heads     status, then the chosen headers
//  2 captures  a body that was not wholly kept ends it here
//  3 bytes     the same bytes under the same coding are equal
//  4 decode    Content-Encoding undone, then bytes once more
//  5 values    JSON by value under rules; the rest by bytes
import { createHash } from "node:crypto";
import { type Clock, systemClock } from "../core/clock.ts";
import type { Answer } from "../core/exchange.ts";
import type { CompareSettings } from "../core/snapshot.ts";
import type { Difference, IncomparableReason, Judgement } from "../core/verdict.ts";
import { compareHeads } from "./compare-head.ts";
import { compareJson, type JsonComparison } from "./compare-json.ts";
import { Deadline } from "./deadline.ts";
import { decodeBody } from "./decode.ts";
import { bodyFormOf } from "./media-type.ts";
import { type CompiledRules, compileRules, NO_HITS, RuleHits } from "./rules.ts";
import { Tape } from "./tape.ts";
import { cutText, rawTexts } from "./text.ts";
import { tokenize } from "./tokenize.ts";

export interface CompiledCompare {
  readonly settings: CompareSettings;
  readonly rules: CompiledRules;
  readonly clock: Clock;
}

/** Compiles a route's settings, once. Throws on a rule path that is not a pointer: config refuses those. */
export function compileCompare(settings: CompareSettings, clock: Clock = systemClock): CompiledCompare {
  return { settings, rules: compileRules(settings.rules), clock };
}

/** Shared: an equal pair allocates nothing. */
const MATCH_BYTES: Judgement = { verdict: { kind: "match", how: "bytes" }, ruleHits: NO_HITS };

/** What comparing the bodies came to, before the heads are counted in. */
type BodyOutcome =
  | { readonly kind: "same"; readonly how: "bytes" | "values" }
  | { readonly kind: "different"; readonly isCut: boolean; readonly arraysByIndex: number }
  | { readonly kind: "incomparable"; readonly reason: IncomparableReason; readonly detail: string };

const SAME_BYTES: BodyOutcome = { kind: "same", how: "bytes" };
const SAME_VALUES: BodyOutcome = { kind: "same", how: "values" };
const DIFFERENT: BodyOutcome = { kind: "different", isCut: false, arraysByIndex: 0 };

/** Reused: the judge is synchronous, and one per thread. */
const legacyTape = new Tape();
const candidateTape = new Tape();

interface Judging {
  readonly legacy: Answer;
  readonly candidate: Answer;
  readonly compiled: CompiledCompare;
  readonly hits: RuleHits;
  readonly found: Difference[];
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
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

/** Length and hash of a body that is not shown; of an empty one, nothing but its length. */
function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "0 bytes";
  return `${bytes.length} bytes, sha256 ${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`;
}

/** Notes a difference of the whole bodies, unless a rule hides the root. */
function findAtRoot(judging: Judging, kind: "changed" | "unparseable", texts: [string, string]): BodyOutcome {
  const { rules } = judging.compiled;
  const accepted = rules.paths?.start.accept ?? -1;
  if (accepted >= 0) {
    judging.hits.add(rules.pathRules[accepted] as number);
    return SAME_VALUES;
  }
  judging.found.push({ part: "body", path: "", kind, legacy: texts[0], candidate: texts[1] });
  return DIFFERENT;
}

function noteFindings(judging: Judging, comparison: JsonComparison): void {
  for (const { kind, path, erasedPath, legacyNodes, candidateNodes } of comparison.findings) {
    judging.found.push({
      part: "body",
      path,
      kind,
      legacy: rawTexts(legacyTape, legacyNodes),
      candidate: rawTexts(candidateTape, candidateNodes),
      ...(erasedPath === path ? undefined : { erasedPath }),
    });
  }
}

function boundDetail(reason: "depth" | "nodes" | "time", settings: CompareSettings): string {
  if (reason === "depth") return `nested deeper than ${settings.depthMax}`;
  return reason === "time" ? `not done within ${settings.timeMsMax} ms` : "too many values";
}

/**
 * By value. With `isAsked` at least one side says it is JSON, and a side that is not is `unparseable`;
 * otherwise neither says anything, and they are JSON only if both are.
 */
function compareAsJson(
  judging: Judging,
  legacy: Uint8Array,
  candidate: Uint8Array,
  isAsked: boolean,
): BodyOutcome {
  const { settings, clock, rules } = judging.compiled;
  const deadline = new Deadline(clock, settings.timeMsMax);
  const bounds = { depthMax: settings.depthMax, deadline };
  const outcomeL = tokenize(legacyTape, legacy, bounds);
  const outcomeC = tokenize(candidateTape, candidate, bounds);
  for (const outcome of [outcomeL, outcomeC])
    if (outcome !== "ok" && outcome !== "unparseable")
      return { kind: "incomparable", reason: outcome, detail: boundDetail(outcome, settings) };
  if (outcomeL === "unparseable" || outcomeC === "unparseable") {
    if (!isAsked) return findAtRoot(judging, "changed", [describeBytes(legacy), describeBytes(candidate)]);
    return findAtRoot(judging, "unparseable", [
      cutText(legacyTape.bytes, 0, legacy.length),
      cutText(candidateTape.bytes, 0, candidate.length),
    ]);
  }
  const comparison = compareJson(legacyTape, candidateTape, {
    rules,
    hits: judging.hits,
    bounds: { differencesMax: settings.differencesMax, deadline },
  });
  noteFindings(judging, comparison);
  const { findings, isCut, isOverTime, arraysByIndex } = comparison;
  // What was found in time is noted already and stands.
  if (isOverTime) return { kind: "incomparable", reason: "time", detail: boundDetail("time", settings) };
  return findings.length > 0 || isCut ? { kind: "different", isCut, arraysByIndex } : SAME_VALUES;
}

function compareBodies(judging: Judging): BodyOutcome {
  const { legacy, candidate, compiled } = judging;
  const lacking = uncaptured(legacy, candidate);
  if (lacking !== undefined) return lacking;
  if (isSameBytes(legacy.body, candidate.body) && hasSameCoding(legacy, candidate)) return SAME_BYTES;
  const formL = bodyFormOf(legacy.headers.get("content-type"));
  const formC = bodyFormOf(candidate.headers.get("content-type"));
  if (formL === "not-compared" || formC === "not-compared")
    return { kind: "incomparable", reason: "not-compared", detail: "event stream or multipart" };
  const { decodedBytesMax } = compiled.settings;
  const decodedL = decodeBody(legacy.body, legacy.headers.getAll("content-encoding"), decodedBytesMax);
  const decodedC = decodeBody(candidate.body, candidate.headers.getAll("content-encoding"), decodedBytesMax);
  if (decodedL.kind === "failed")
    return { kind: "incomparable", reason: decodedL.reason, detail: `legacy: ${decodedL.detail}` };
  if (decodedC.kind === "failed")
    return { kind: "incomparable", reason: decodedC.reason, detail: `candidate: ${decodedC.detail}` };
  if (isSameBytes(decodedL.bytes, decodedC.bytes)) return SAME_VALUES;
  const isAsked = formL === "json" || formC === "json";
  if (isAsked || (formL === "unsaid" && formC === "unsaid")) {
    const outcome = compareAsJson(judging, decodedL.bytes, decodedC.bytes, isAsked);
    legacyTape.release();
    candidateTape.release();
    return outcome;
  }
  return findAtRoot(judging, "changed", [describeBytes(decodedL.bytes), describeBytes(decodedC.bytes)]);
}

/**
 * Judges one exchange. A difference of status or headers stands whatever the bodies are; bodies alone that
 * cannot be compared are `incomparable`. Not reentrant. Never throws for what upstreams send.
 */
export function judge(legacy: Answer, candidate: Answer, compiled: CompiledCompare): Judgement {
  const hits = new RuleHits();
  const found: Difference[] = [];
  const judging: Judging = { legacy, candidate, compiled, hits, found };
  compareHeads(judging, { headers: compiled.settings.headers, rules: compiled.rules, hits }, found);
  const body = compareBodies(judging);
  const ruleHits = hits.counts;
  if (body.kind === "same" && found.length === 0)
    return body.how === "bytes" && ruleHits === NO_HITS
      ? MATCH_BYTES
      : { verdict: { kind: "match", how: body.how }, ruleHits };
  if (found.length === 0 && body.kind === "incomparable") return { verdict: body, ruleHits };
  const isCut = body.kind === "incomparable" || (body.kind === "different" && body.isCut);
  const isByIndex = body.kind === "different" && body.arraysByIndex > 0;
  return {
    verdict: { kind: "mismatch", differences: found, isCut },
    ruleHits,
    ...(isByIndex ? { notes: ARRAY_NOTES } : undefined),
  };
}

const ARRAY_NOTES = ["array-by-index"] as const;
