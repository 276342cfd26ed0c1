// Whether elements of an array may only have changed places, told by the scalars that differ: then both sides hold
// the same ones. It may say so where nothing moved, which costs time; it must not miss a move.
import type { ScalarPlaces } from "./compare-bytes-places.ts";
import { mixNumber } from "./number-value.ts";
import type { JsonText } from "./scan.ts";
import { CodePoints } from "./string-value.ts";
import { NUMBER, STRING } from "./tape.ts";

const points = new CodePoints();
let hash = 0;

function mix(value: number): void {
  hash = Math.imul(hash ^ value, 0x01000193);
  hash ^= hash >>> 15;
}

/** Equal values have equal hashes. */
function hashScalar(kind: number, { bytes }: JsonText, start: number, end: number): number {
  hash = Math.imul(kind, 0x85ebca6b);
  if (kind === NUMBER) mixNumber({ bytes, start, end }, mix);
  else if (kind === STRING) {
    points.open(bytes, start, end);
    for (let point = points.next(); point >= 0; point = points.next()) mix(point);
  }
  return hash;
}

/** A container with two or more children that differ, in a walk over the places. */
interface Branch {
  readonly level: number;
  readonly isArray: boolean;
  /** The sum over all places before its first. */
  readonly sumBefore: number;
}

/** `visible` are the places that no rule hides, in document order. */
export function mayHaveMoved(
  found: ScalarPlaces,
  visible: readonly number[],
  { legacy, candidate }: { readonly legacy: JsonText; readonly candidate: JsonText },
): boolean {
  if (visible.length < 2) return false;
  const branches: Branch[] = [];
  /** Of all places before the current one: the legacy's hashes less the candidate's. */
  let sum = 0;
  let sumBeforeLast = 0;
  const closeTo = (level: number): { readonly isMoved: boolean; readonly sumBefore: number } => {
    let sumBefore = sumBeforeLast;
    for (let top = branches.at(-1); top !== undefined && top.level > level; top = branches.at(-1)) {
      branches.pop();
      if (top.isArray && top.sumBefore === sum) return { isMoved: true, sumBefore };
      sumBefore = top.sumBefore;
    }
    return { isMoved: false, sumBefore };
  };
  for (let index = 0; index < visible.length; index++) {
    const place = visible[index] as number;
    if (index > 0) {
      const level = found.sharedSteps(visible[index - 1] as number, place);
      const { isMoved, sumBefore } = closeTo(level);
      if (isMoved) return true;
      if (branches.at(-1)?.level !== level)
        branches.push({ level, isArray: found.step(place, level) < 0, sumBefore });
    }
    sumBeforeLast = sum;
    const hashL = hashScalar(found.kindL(place), legacy, found.span(place, 0), found.span(place, 1));
    const hashC = hashScalar(found.kindC(place), candidate, found.span(place, 2), found.span(place, 3));
    sum = (sum + hashL - hashC) | 0;
  }
  return closeTo(-1).isMoved;
}
