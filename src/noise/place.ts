// What is known of one place of an endpoint: paired counts, and the shapes of the values that the legacy itself
// changes there. Shapes are learnt from earlier pairs alone, so that a pair is judged by what was known before it.
import type { PathDelta } from "../core/batch.ts";
import { tierOf } from "../core/evidence.ts";
import { LEARNT_SHAPES, type LearntShape, type ShapedValue, shapeValue } from "../core/value-shape.ts";
import type { Difference, DifferencePart } from "../core/verdict.ts";

/** Pairs in which the legacy differed from itself and always had a shape, before a value without it is broken. */
export const SHAPE_PAIRS_MIN = 20;
/** What is farther apart than this many times the farthest of the legacy's own is broken too. */
const APART_FACTOR = 10;
/** Two reads of the legacy follow each other at once, the candidate's clock is another: so much is always allowed. */
const APART_MS_FREE = 60_000;

export interface PlaceName {
  readonly endpoint: string;
  readonly part: DifferencePart;
  readonly path: string;
}

/** What one pair found at a place. */
export interface PlacePair {
  readonly candidate: readonly Difference[];
  readonly baseline: readonly Difference[];
}

interface Side {
  readonly shapes: ReadonlySet<LearntShape>;
  readonly apartMs: number | undefined;
  readonly apartShare: number | undefined;
}

const REORDERED: Side = { shapes: new Set(["reordered"]), apartMs: undefined, apartShare: undefined };

function distance(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.abs(a - b);
}

function shareOf(legacy: ShapedValue, other: ShapedValue): number | undefined {
  const apart = distance(legacy.number, other.number);
  if (apart === undefined) return undefined;
  const largest = Math.max(Math.abs(legacy.number as number), Math.abs(other.number as number));
  return largest === 0 || largest === Number.POSITIVE_INFINITY ? 0 : apart / largest;
}

/** The second value of a difference, and how far it is from the first. */
function sideOf(difference: Difference): Side {
  if (difference.kind === "moved") return REORDERED;
  const { part } = difference;
  const legacy = shapeValue(part, difference.legacy);
  const other = shapeValue(part, difference.candidate);
  return {
    shapes: other.shapes,
    apartMs: distance(legacy.timeMs, other.timeMs),
    apartShare: shareOf(legacy, other),
  };
}

function largest(before: number | undefined, found: number | undefined): number | undefined {
  return before === undefined || (found !== undefined && found > before) ? found : before;
}

function newDelta(name: PlaceName) {
  return {
    ...name,
    candidateOnly: 0,
    baselineOnly: 0,
    both: 0,
    shapes: {} as Record<string, number>,
    shapePairs: 0,
    shapeBroken: 0,
    lastSeenMs: 0,
  };
}

export class Place {
  readonly name: PlaceName;
  #pending: ReturnType<typeof newDelta> | undefined;
  /** Since the place is known here. */
  readonly #counts = { candidateOnly: 0, baselineOnly: 0, both: 0 };
  #always: readonly LearntShape[] = LEARNT_SHAPES;
  #learntPairs = 0;
  #apartMsMax: number | undefined;
  #apartShareMax: number | undefined;

  constructor(name: PlaceName) {
    this.name = name;
  }

  add(pair: PlacePair, atMs: number): void {
    const delta = this.#delta(atMs);
    const isCandidateBroken = pair.candidate.some((difference) => this.#isBroken(difference));
    const isBaselineBroken = pair.baseline.some((difference) => this.#isBroken(difference));
    if (isCandidateBroken) delta.shapeBroken++;
    const isCandidateAlone = pair.baseline.length === 0 || (isCandidateBroken && !isBaselineBroken);
    const isBaselineAlone = pair.candidate.length === 0 || (isBaselineBroken && !isCandidateBroken);
    const count = isCandidateAlone ? "candidateOnly" : isBaselineAlone ? "baselineOnly" : "both";
    this.#counts[count]++;
    delta[count]++;
    if (pair.baseline.length > 0) this.#learn(pair.baseline, delta);
  }

  /** One exchange that was not paired. Nothing is learnt of it, and no evidence is made of it. */
  checkShapes(differences: readonly Difference[]): void {
    if (!differences.some((difference) => this.#isBroken(difference))) return;
    const delta = this.#delta(0);
    delta.shapeBroken++;
  }

  isNoise(difference: Difference): boolean {
    // Fewer pairs are enough to doubt: what is not noise is merely looked at.
    return tierOf(this.#counts) === "noise" && !this.#lacksShape(difference);
  }

  take(): PathDelta | undefined {
    const taken = this.#pending;
    this.#pending = undefined;
    if (taken === undefined) return undefined;
    return { ...taken, timeApartMsMax: this.#apartMsMax, numberApartMax: this.#apartShareMax };
  }

  #delta(atMs: number): ReturnType<typeof newDelta> {
    this.#pending ??= newDelta(this.name);
    this.#pending.lastSeenMs = Math.max(this.#pending.lastSeenMs, atMs);
    return this.#pending;
  }

  #isBroken(difference: Difference): boolean {
    return this.#learntPairs >= SHAPE_PAIRS_MIN && this.#lacksShape(difference);
  }

  #lacksShape(difference: Difference): boolean {
    const side = sideOf(difference);
    if (this.#always.some((shape) => !side.shapes.has(shape))) return true;
    return this.#isFar(side);
  }

  /** An hour off is not the same noise as a second off, though both are times. */
  #isFar(side: Side): boolean {
    const isTime = this.#always.includes("iso-time") || this.#always.includes("epoch");
    if (!isTime || this.#apartMsMax === undefined || side.apartMs === undefined) return false;
    return side.apartMs > Math.max(APART_MS_FREE, APART_FACTOR * this.#apartMsMax);
  }

  #learn(baseline: readonly Difference[], delta: ReturnType<typeof newDelta>): void {
    this.#learntPairs++;
    delta.shapePairs++;
    let shared: readonly LearntShape[] = LEARNT_SHAPES;
    for (const difference of baseline) {
      const side = sideOf(difference);
      const first =
        difference.kind === "moved" ? side.shapes : shapeValue(difference.part, difference.legacy).shapes;
      shared = shared.filter((shape) => first.has(shape) && side.shapes.has(shape));
      this.#apartMsMax = largest(this.#apartMsMax, side.apartMs);
      this.#apartShareMax = largest(this.#apartShareMax, side.apartShare);
    }
    for (const shape of shared) delta.shapes[shape] = (delta.shapes[shape] ?? 0) + 1;
    this.#always = this.#always.filter((shape) => shared.includes(shape));
  }
}
