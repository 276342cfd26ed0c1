// Two bodies by value, as JSON: by bytes in step where they have one structure, else as trees under the route's
// rules. What differs is noted with its raw text. Not reentrant: the tapes are one pair per thread.
import type { CompareSettings } from "../../core/snapshot.ts";
import type { JudgementNote } from "../../core/verdict.ts";
import { Deadline } from "../deadline.ts";
import {
  type BodyOutcome,
  describeBytes,
  findAtRoot,
  type Judging,
  SAME_VALUES,
  timeIsUp,
} from "../judging.ts";
import { customFailureText } from "../rules/custom.ts";
import { cutText, rawTexts } from "../text.ts";
import { compareBytes } from "./compare-bytes.ts";
import { compareJson } from "./compare-json.ts";
import type { JsonComparison } from "./json-comparison.ts";
import { Tape } from "./tape.ts";
import { tokenize } from "./tokenize.ts";

/** Reused: the judge is synchronous, and one per thread. */
const legacyTape = new Tape();
const candidateTape = new Tape();

function noteFindings(judging: Judging, comparison: JsonComparison): void {
  for (const { kind, path, erasedPath, legacyNodes, candidateNodes, isMember } of comparison.findings) {
    judging.found.push({
      part: "body",
      path,
      kind,
      legacy: rawTexts(legacyTape, legacyNodes),
      candidate: rawTexts(candidateTape, candidateNodes),
      ...(erasedPath === path ? undefined : { erasedPath }),
      ...(kind === "added" && isMember ? { class: "additive" as const } : undefined),
    });
  }
}

function pastBound(reason: "depth" | "nodes" | "time", settings: CompareSettings): BodyOutcome {
  if (reason === "time") return timeIsUp(settings);
  const detail = reason === "depth" ? `nested deeper than ${settings.depthMax}` : "too many values";
  return { kind: "incomparable", reason, detail };
}

interface Bodies {
  readonly legacy: Uint8Array;
  readonly candidate: Uint8Array;
}

/**
 * By value. With `isAsked` at least one side says it is JSON, and a side that is not is `unparseable`;
 * otherwise neither says anything, and they are JSON only if both are.
 */
export function compareJsonBodies(
  judging: Judging,
  legacy: Uint8Array,
  candidate: Uint8Array,
  isAsked: boolean,
): BodyOutcome {
  const bodies = { legacy, candidate };
  const { settings, clock, firstTry } = judging.compiled;
  const deadline = new Deadline(clock, settings.timeMsMax);
  if (firstTry.isBytes()) {
    const outcome = compareBytes(judging, bodies, deadline);
    firstTry.learn(outcome === undefined);
    if (outcome !== undefined) return outcome;
  }
  return compareByTapes(judging, bodies, { isAsked, deadline });
}

interface How {
  readonly isAsked: boolean;
  readonly deadline: Deadline;
}

/** By trees: whatever the bodies are, it has an outcome. */
export function compareByTapes(judging: Judging, bodies: Bodies, how: How): BodyOutcome {
  const outcome = compareTapes(judging, bodies, how);
  legacyTape.release();
  candidateTape.release();
  return outcome;
}

function compareTapes(
  judging: Judging,
  { legacy, candidate }: Bodies,
  { isAsked, deadline }: How,
): BodyOutcome {
  const { settings, rules } = judging.compiled;
  const bounds = { depthMax: settings.depthMax, deadline };
  const outcomeL = tokenize(legacyTape, legacy, bounds);
  const outcomeC = tokenize(candidateTape, candidate, bounds);
  for (const outcome of [outcomeL, outcomeC])
    if (outcome !== "ok" && outcome !== "unparseable") return pastBound(outcome, settings);
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
    custom: judging.compiled.custom,
  });
  const { findings, isCut, isOverTime, failedRule } = comparison;
  // Nobody knows what the rule would have hidden: nothing of the body stands.
  if (failedRule !== undefined)
    return {
      kind: "incomparable",
      reason: "rule-failed",
      detail: customFailureText(settings.rules[failedRule]),
    };
  noteFindings(judging, comparison);
  // What was found in time is noted already and stands.
  if (isOverTime) return timeIsUp(settings);
  const notes = notesOf(comparison);
  if (findings.length > 0 || isCut) return { kind: "different", isCut, notes };
  return notes === undefined ? SAME_VALUES : { kind: "same", how: "values", notes };
}

function notesOf({ arraysByIndex, arraysPoorlyKeyed }: JsonComparison): readonly JudgementNote[] | undefined {
  if (arraysByIndex === 0 && arraysPoorlyKeyed === 0) return undefined;
  const byIndex = arraysByIndex > 0 ? (["array-by-index"] as const) : [];
  const byKeys = arraysPoorlyKeyed > 0 ? (["array-keys"] as const) : [];
  return [...byIndex, ...byKeys];
}
