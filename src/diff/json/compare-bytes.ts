// Two JSON bodies by value, as long as they have the same structure: scalars that differ become differences, and
// equal parts cost one reading of one side. It says exactly what the compare of tapes says, or nothing.
import type { Difference } from "../../core/verdict.ts";
import type { Deadline } from "../deadline.ts";
import { type BodyOutcome, DIFFERENT, type Judging, SAME_VALUES, timeIsUp } from "../judging.ts";
import { scalarRuleValue } from "../rules/rule-value.ts";
import { cutText } from "../text.ts";
import { mayHaveMoved } from "./compare-bytes-moved.ts";
import { PlacePaths } from "./compare-bytes-paths.ts";
import { ScalarPlaces } from "./compare-bytes-places.ts";
import { PlaceRulesWalk } from "./compare-bytes-rules.ts";
import { walkInStep } from "./compare-bytes-walk.ts";
import { type JsonText, jsonTextOf } from "./scan.ts";
import { NODES_MAX } from "./tape.ts";

/** A value takes two bytes or more: below this the bound on values cannot be met. */
const BODY_BYTES_MAX = NODES_MAX * 2;
/** Characters of all paths together; more are left to the tapes, which make paths from one another. */
const PATH_CHARS_MAX = 1 << 20;

/** Reused: the judge is synchronous, and one per thread. */
const found = new ScalarPlaces();

interface Texts {
  readonly legacy: JsonText;
  readonly candidate: JsonText;
}

interface Hit {
  readonly rule: number;
  readonly place: number;
  readonly path: string;
}

/** What the places come to once the rules have been asked. */
interface Decided {
  /** Places that no rule hides. */
  readonly visible: number[];
  readonly differences: Difference[];
  /** One for each rule that hid a place, and all below where it stands. */
  readonly hits: Hit[];
}

/**
 * Undefined: the structures differ, or a bound of this compare is met, and nothing has been noted; the compare of
 * tapes has to look.
 */
export function compareBytes(
  judging: Judging,
  bodies: { readonly legacy: Uint8Array; readonly candidate: Uint8Array },
  deadline: Deadline,
): BodyOutcome | undefined {
  const { settings } = judging.compiled;
  if (Math.max(bodies.legacy.length, bodies.candidate.length) >= BODY_BYTES_MAX) return undefined;
  const texts = { legacy: jsonTextOf(bodies.legacy), candidate: jsonTextOf(bodies.candidate) };
  const bounds = {
    depthMax: settings.depthMax,
    // With rules, places that are hidden do not count as differences.
    placesMax: judging.compiled.rules.paths === undefined ? settings.differencesMax : Number.MAX_SAFE_INTEGER,
    deadline,
  };
  const walked = walkInStep(texts.legacy, texts.candidate, found, bounds);
  const outcome = walked === "other-structure" ? undefined : report(judging, texts, walked === "time");
  found.clear();
  return outcome;
}

function report(judging: Judging, texts: Texts, isOverTime: boolean): BodyOutcome | undefined {
  if (found.count > 0 && isLeftToTapes(judging)) return undefined;
  const decided = decide(judging, texts);
  if (decided === undefined || decided.differences.length > judging.compiled.settings.differencesMax)
    return undefined;
  if (!isOverTime && mayHaveMoved(found, decided.visible, texts)) return undefined;
  for (const { rule, place, path } of decided.hits)
    judging.hits.hide(rule, () => ({ part: "body", path, ...rawTextsAt(place, texts) }));
  for (const difference of decided.differences) judging.found.push(difference);
  if (isOverTime) return timeIsUp(judging.compiled.settings);
  return decided.differences.length > 0 ? DIFFERENT : SAME_VALUES;
}

/** Whether the route has rules that see more of a document than the scalars that differ. */
function isLeftToTapes(judging: Judging): boolean {
  const { hasCustom, hasRenames, hasArrayRules } = judging.compiled.rules;
  if (hasCustom || hasRenames) return true;
  if (!hasArrayRules) return false;
  for (let place = 0; place < found.count; place++)
    for (let level = 0; level < found.depth(place); level++) if (found.step(place, level) < 0) return true;
  return false;
}

/** Undefined past the bound on paths. */
function decide({ compiled }: Judging, texts: Texts): Decided | undefined {
  const { rules } = compiled;
  const decided: Decided = { visible: [], differences: [], hits: [] };
  const paths = new PlacePaths(found, texts.legacy);
  const standing = rules.paths === undefined ? undefined : new PlaceRulesWalk(rules, rules.paths);
  /** The place that was hidden last, and how many steps lead to the container that the rule stands at. */
  let hiddenPlace = -1;
  let hiddenDepth = 0;
  let pathChars = 0;
  for (let place = 0; place < found.count; place++) {
    if (hiddenPlace >= 0 && found.sharedSteps(hiddenPlace, place) >= hiddenDepth) continue;
    const shared = paths.moveTo(place);
    const { path } = paths;
    pathChars += path.length;
    if (pathChars > PATH_CHARS_MAX) return undefined;
    const kind = found.differenceKind(place);
    if (standing !== undefined) {
      standing.moveTo(paths.tokens, shared);
      const hidden = standing.hiddenHere(kind, () => ruleValuesAt(place, texts));
      if (hidden !== undefined) {
        for (const rule of hidden.hiding) decided.hits.push({ rule, place, path });
        hiddenPlace = place;
        hiddenDepth = hidden.depth;
        continue;
      }
    }
    const { legacy, candidate } = rawTextsAt(place, texts);
    decided.visible.push(place);
    decided.differences.push(
      paths.hasIndex
        ? { part: "body", path, kind, legacy, candidate, erasedPath: paths.erasedPath }
        : { part: "body", path, kind, legacy, candidate },
    );
  }
  return decided;
}

function rawTextsAt(place: number, { legacy, candidate }: Texts) {
  return {
    legacy: cutText(legacy.bytes, found.span(place, 0), found.span(place, 1)),
    candidate: cutText(candidate.bytes, found.span(place, 2), found.span(place, 3)),
  };
}

function ruleValuesAt(place: number, { legacy, candidate }: Texts) {
  return {
    legacy: scalarRuleValue(legacy.bytes, found.span(place, 0), found.span(place, 1)),
    candidate: scalarRuleValue(candidate.bytes, found.span(place, 2), found.span(place, 3)),
  };
}
