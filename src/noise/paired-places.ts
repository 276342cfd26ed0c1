// Where candidate and legacy differ, and where the legacy differs from itself: paired counts per place (endpoint,
// part, path without indices), on the shadow thread. Bounded: the heaviest places of the heaviest endpoints are
// counted apart, all others as `*other*`, and what is counted there is never called noise.
import type { PathDelta } from "../core/batch.ts";
import { OTHER } from "../core/other.ts";
import type { Difference } from "../core/verdict.ts";
import { HeaviestKeys } from "./heaviest-keys.ts";
import { Place, type PlaceName, type PlacePair } from "./place.ts";

/** A signature's path is cut for display beyond this; such places are not counted apart. */
const PATH_CHARS_MAX = 512;

export interface PairedPlacesLimits {
  readonly pathsPerEndpointMax: number;
  readonly endpointsMax: number;
}

/** The differences of one exchange. */
export interface Pair extends PlacePair {
  /** When the candidate's answer was judged. */
  readonly atMs: number;
}

interface EndpointPlaces {
  readonly endpoint: string;
  readonly places: HeaviestKeys<Place>;
  readonly other: OtherCounts;
}

/** Places that are not kept apart, together. */
class OtherCounts {
  readonly #endpoint: string;
  #candidateOnly = 0;
  #baselineOnly = 0;
  #both = 0;
  #shapeBroken = 0;
  #lastSeenMs = 0;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  add({ candidate, baseline, atMs }: Pair): void {
    if (candidate.length > 0 && baseline.length > 0) this.#both++;
    else if (candidate.length > 0) this.#candidateOnly++;
    else this.#baselineOnly++;
    this.#lastSeenMs = Math.max(this.#lastSeenMs, atMs);
  }

  /** What was counted apart and has not been handed over. */
  merge(delta: PathDelta): void {
    this.#candidateOnly += delta.candidateOnly;
    this.#baselineOnly += delta.baselineOnly;
    this.#both += delta.both;
    this.#shapeBroken += delta.shapeBroken;
    this.#lastSeenMs = Math.max(this.#lastSeenMs, delta.lastSeenMs);
  }

  take(): PathDelta | undefined {
    const taken: PathDelta = {
      endpoint: this.#endpoint,
      part: "body",
      path: OTHER,
      candidateOnly: this.#candidateOnly,
      baselineOnly: this.#baselineOnly,
      both: this.#both,
      shapes: {},
      shapePairs: 0,
      shapeBroken: this.#shapeBroken,
      lastSeenMs: this.#lastSeenMs,
    };
    this.#candidateOnly = 0;
    this.#baselineOnly = 0;
    this.#both = 0;
    this.#shapeBroken = 0;
    return taken.candidateOnly + taken.baselineOnly + taken.both + taken.shapeBroken > 0 ? taken : undefined;
  }
}

/** Erased path and part in one text; the part has no colon. */
function keyOf(difference: Difference): string {
  return `${difference.part}:${difference.erasedPath ?? difference.path}`;
}

function nameOf(endpoint: string, key: string): PlaceName {
  const colon = key.indexOf(":");
  return { endpoint, part: key.slice(0, colon) as PlaceName["part"], path: key.slice(colon + 1) };
}

interface Sides {
  readonly candidate: Difference[];
  readonly baseline: Difference[];
}

/** Several differences at one place, in the elements of an array, are one event of the exchange. */
function groupByPlace(pair: PlacePair): Map<string, Sides> {
  const groups = new Map<string, Sides>();
  for (const side of ["candidate", "baseline"] as const) {
    for (const difference of pair[side]) {
      // A broken contract is no comparison: the legacy's answers are not held against it.
      if (difference.kind === "violation") continue;
      const key = keyOf(difference);
      let group = groups.get(key);
      if (group === undefined) {
        group = { candidate: [], baseline: [] };
        groups.set(key, group);
      }
      group[side].push(difference);
    }
  }
  return groups;
}

export class PairedPlaces {
  readonly #limits: PairedPlacesLimits;
  readonly #endpoints: HeaviestKeys<EndpointPlaces>;
  readonly #other = new OtherCounts(OTHER);

  constructor(limits: PairedPlacesLimits) {
    this.#limits = limits;
    this.#endpoints = new HeaviestKeys({
      max: limits.endpointsMax,
      create: (endpoint) => this.#newEndpoint(endpoint),
      evict: (evicted) => {
        for (const delta of takeAll(evicted)) this.#other.merge(delta);
      },
    });
  }

  /**
   * One exchange whose request the legacy answered twice: what the candidate's answer differed in from the legacy's
   * first one, and the legacy's second (as `candidate` of each difference) from its first. Exchanges without any
   * difference need not be added.
   */
  add(endpoint: string, pair: Pair): void {
    if (pair.candidate.length + pair.baseline.length === 0) return;
    const kept = endpoint === OTHER ? undefined : this.#endpoints.arrive(endpoint);
    if (kept === undefined) {
      this.#other.add(pair);
      return;
    }
    const other: Sides = { candidate: [], baseline: [] };
    for (const [key, sides] of groupByPlace(pair)) {
      const isLong = key.length - key.indexOf(":") - 1 > PATH_CHARS_MAX;
      const place = isLong ? undefined : kept.places.arrive(key);
      if (place !== undefined) place.add(sides, pair.atMs);
      else for (const side of ["candidate", "baseline"] as const) other[side].push(...sides[side]);
    }
    if (other.candidate.length + other.baseline.length > 0) kept.other.add({ ...other, atMs: pair.atMs });
  }

  /** The differences of one exchange that was not paired: counts values that lack the shape that is known by now. */
  checkShapes(endpoint: string, differences: readonly Difference[]): void {
    const kept = this.#endpoints.peek(endpoint);
    if (kept === undefined) return;
    for (const [key, { candidate }] of groupByPlace({ candidate: differences, baseline: [] }))
      kept.places.peek(key)?.checkShapes(candidate);
  }

  /** Whether this thread, by what it has seen itself, holds the difference to be noise. */
  isNoise(endpoint: string, difference: Difference): boolean {
    if (difference.kind === "violation") return false;
    return this.#endpoints.peek(endpoint)?.places.peek(keyOf(difference))?.isNoise(difference) ?? false;
  }

  /** Sums since it was last asked, of places where anything happened. */
  take(): readonly PathDelta[] {
    const other = this.#other.take();
    const taken = this.#endpoints.values().flatMap(takeAll);
    return other === undefined ? taken : [...taken, other];
  }

  #newEndpoint(endpoint: string): EndpointPlaces {
    const other = new OtherCounts(endpoint);
    const places = new HeaviestKeys<Place>({
      max: this.#limits.pathsPerEndpointMax,
      create: (key) => new Place(nameOf(endpoint, key)),
      evict: (place) => {
        const delta = place.take();
        if (delta !== undefined) other.merge(delta);
      },
    });
    return { endpoint, places, other };
  }
}

function takeAll({ places, other }: EndpointPlaces): PathDelta[] {
  const taken = places.values().flatMap((place) => place.take() ?? []);
  const rest = other.take();
  return rest === undefined ? taken : [...taken, rest];
}
