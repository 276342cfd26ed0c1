// Pointers with `*` (one segment) and `**` (any number, none included), matched while a document is walked.
// All patterns run as one automaton whose states are made when first met: a step is one map look-up, however
// many patterns there are. A member whose name is literally `*` cannot be named apart from its siblings.
import { assert } from "../../core/assert.ts";
import { parsePointer } from "../pointer.ts";

/** States kept; patterns with many `**` could ask for more, which are then made anew each time. */
const STATES_MAX = 4096;
const ANY_ONE = "*";
const ANY_MANY = "**";

export type PathPattern = readonly string[];

/** The pattern's segments; undefined where the text is not a pointer. `**` twice in a row means the same as once. */
export function parsePathPattern(text: string): PathPattern | undefined {
  return parsePointer(text)?.filter(
    (token, index, tokens) => token !== ANY_MANY || tokens[index - 1] !== ANY_MANY,
  );
}

/** Where a walk stands in all patterns at once. */
export interface PathState {
  /** The first pattern that matches the path so far; -1 without one. */
  readonly accept: number;
  /** Every pattern that matches it, ascending. */
  readonly accepts: readonly number[];
  /** No pattern can match anything deeper. */
  readonly isDead: boolean;
  readonly positions: readonly number[];
  /** Other states may remember this one; false past STATES_MAX, so that memory is bounded. */
  readonly isKept: boolean;
  /** Next states by segments that patterns name. */
  readonly byName: Map<string, PathState>;
  /** The next state for every other segment. */
  other: PathState | undefined;
}

export class PathMatcher {
  /** All patterns end to end, each closed by undefined. A position is an index in here. */
  readonly #tokens: readonly (string | undefined)[];
  readonly #patternAt: readonly number[];
  readonly #names: ReadonlySet<string>;
  readonly #states = new Map<string, PathState>();
  readonly start: PathState;

  constructor(patterns: readonly PathPattern[]) {
    this.#tokens = patterns.flatMap((pattern) => [...pattern, undefined]);
    this.#patternAt = patterns.flatMap((pattern, index) => [...pattern.map(() => index), index]);
    this.#names = new Set(patterns.flat().filter((token) => token !== ANY_ONE && token !== ANY_MANY));
    let at = 0;
    const starts = patterns.map((pattern) => {
      const start = at;
      at += pattern.length + 1;
      return start;
    });
    this.start = this.#stateOf(starts);
  }

  /** The state after one more segment: a member's name, or an index as text. */
  step(state: PathState, segment: string): PathState {
    return this.#advance(state, this.#names.has(segment) ? segment : undefined);
  }

  /** Where two walks stand that are at the same value by two paths. */
  union(a: PathState, b: PathState): PathState {
    return a === b ? a : this.#stateOf([...a.positions, ...b.positions]);
  }

  #advance(state: PathState, name: string | undefined): PathState {
    const known = name === undefined ? state.other : state.byName.get(name);
    if (known !== undefined) return known;
    const after: number[] = [];
    for (const position of state.positions) {
      const token = this.#tokens[position];
      if (token === undefined) continue;
      if (token === ANY_MANY) after.push(position);
      else if (token === ANY_ONE || token === name) after.push(position + 1);
    }
    const next = this.#stateOf(after);
    if (!next.isKept) return next;
    if (name === undefined) state.other = next;
    else state.byName.set(name, next);
    return next;
  }

  #stateOf(seeds: readonly number[]): PathState {
    const closed = new Set(seeds);
    // `**` may stand for nothing: what follows it is reached too. The set grows while it is walked.
    for (const position of closed) if (this.#tokens[position] === ANY_MANY) closed.add(position + 1);
    const positions = [...closed].sort((a, b) => a - b);
    const key = positions.join();
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const accepts = positions
      .filter((position) => this.#tokens[position] === undefined)
      .map((position) => this.#patternAt[position] as number);
    const isKept = this.#states.size < STATES_MAX;
    const state: PathState = {
      accept: accepts[0] ?? -1,
      accepts,
      isDead: positions.every((position) => this.#tokens[position] === undefined),
      positions,
      isKept,
      byName: new Map(),
      other: undefined,
    };
    if (isKept) this.#states.set(key, state);
    return state;
  }
}

/** Compiles pattern texts. Throws on one that is not a pointer: config refuses those before they get here. */
export function compilePathPatterns(texts: readonly string[]): PathMatcher {
  return new PathMatcher(
    texts.map((text) => {
      const pattern = parsePathPattern(text);
      assert(pattern !== undefined, `a path pattern is a JSON pointer, found ${JSON.stringify(text)}`);
      return pattern;
    }),
  );
}
