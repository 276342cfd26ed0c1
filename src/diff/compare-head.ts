// Status and chosen headers of two answers, under rules. Values of one header are compared in order and as they
// are, joined the way RFC 9110 §5.3 allows; Content-Type is compared by meaning, cookies by name.

import { isSameMediaType } from "../core/media-type.ts";
import type { StatusPattern } from "../core/rule.ts";
import type { DifferenceKind, DifferencePart } from "../core/verdict.ts";
import type { Judging } from "./judging.ts";
import { type CompiledValueRule, hideByValue, stringValue } from "./rules/value-rules.ts";
import { compareCookies } from "./set-cookie.ts";
import { cutValue } from "./text.ts";

function kindOf(legacy: string | undefined, candidate: string | undefined): DifferenceKind {
  if (legacy === undefined) return "added";
  return candidate === undefined ? "removed" : "changed";
}

/** One place of a head that differs, by its whole texts. */
interface HeadPlace {
  readonly part: DifferencePart;
  readonly path: string;
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
  /** A header, or a cookie, that nobody asked for before breaks nobody. */
  readonly isAdditive: boolean;
}

/** Notes a difference, unless rules hide it: then each of them keeps the place. */
function note(judging: Judging, place: HeadPlace, hiding: readonly number[]): void {
  const { part, path } = place;
  const texts = { legacy: cutValue(place.legacy), candidate: cutValue(place.candidate) };
  for (const index of hiding) judging.hits.hide(index, () => ({ part, path, ...texts }));
  if (hiding.length > 0) return;
  const kind = kindOf(place.legacy, place.candidate);
  judging.found.push({
    part,
    path,
    kind,
    ...texts,
    ...(place.isAdditive ? { class: "additive" } : undefined),
  });
}

function isStatus(pattern: StatusPattern, status: number): boolean {
  return typeof pattern === "number" ? pattern === status : Number(pattern[0]) === Math.floor(status / 100);
}

function compareStatus(judging: Judging): void {
  const { legacy, candidate, compiled } = judging;
  if (legacy.status === candidate.status) return;
  const isSameClass = Math.floor(legacy.status / 100) === Math.floor(candidate.status / 100);
  if (compiled.settings.status === "class" && isSameClass) return;
  const rule = compiled.rules.status.find(
    (pair) => isStatus(pair.legacy, legacy.status) && isStatus(pair.candidate, candidate.status),
  );
  note(
    judging,
    {
      part: "status",
      path: "",
      legacy: String(legacy.status),
      candidate: String(candidate.status),
      isAdditive: false,
    },
    rule === undefined ? NO_RULES_HIT : [rule.index],
  );
}

const NO_RULES: readonly CompiledValueRule[] = [];
const NO_RULES_HIT: readonly number[] = [];

function noteHeader(judging: Judging, name: string, place: Omit<HeadPlace, "part">): void {
  const rules = judging.compiled.rules.headers.get(name) ?? NO_RULES;
  const hiding = hideByValue(rules, stringValue(place.legacy), stringValue(place.candidate));
  note(judging, { part: "header", ...place }, hiding);
}

function compareHeader(judging: Judging, name: string): void {
  const valuesL = judging.legacy.headers.getAll(name);
  const valuesC = judging.candidate.headers.getAll(name);
  if (valuesL.length === 0 && valuesC.length === 0) return;
  if (name === "set-cookie") {
    for (const { path, legacy, candidate, isWhole } of compareCookies(valuesL, valuesC))
      noteHeader(judging, name, { path, legacy, candidate, isAdditive: isWhole && legacy === undefined });
    return;
  }
  const legacy = valuesL.length === 0 ? undefined : valuesL.join(", ");
  const candidate = valuesC.length === 0 ? undefined : valuesC.join(", ");
  if (legacy === candidate) return;
  const areBoth = legacy !== undefined && candidate !== undefined;
  if (name === "content-type" && areBoth && isSameMediaType(legacy, candidate)) return;
  noteHeader(judging, name, { path: name, legacy, candidate, isAdditive: legacy === undefined });
}

/** Appends the differences of status and of the chosen headers to what was found. */
export function compareHeads(judging: Judging): void {
  compareStatus(judging);
  for (const name of judging.compiled.settings.headers) compareHeader(judging, name);
}
