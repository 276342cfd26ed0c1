// Where a walk over two documents stands: the path on either side, the path with indices erased, and the state
// of the path rules. Each is made only when a difference asks for it, and kept while the container is open.
import type { PathMatcher, PathState } from "./path-pattern.ts";
import { escapeToken } from "./pointer.ts";
import type { Tape } from "./tape.ts";
import { segmentText } from "./text.ts";

/** How a child is reached: by key nodes, or by indices; -1 where a side has none. */
export interface Step {
  keyL: number;
  keyC: number;
  indexL: number;
  indexC: number;
}

export interface Place {
  readonly legacy: string;
  readonly candidate: string;
  /** Array indices as `*`. */
  readonly erased: string;
}

const ROOT: Place = { legacy: "", candidate: "", erased: "" };

/** What an array index is in an erased path: a rule's path can be made of it as it is. */
export const ERASED_INDEX = "*";

export class WalkPath {
  readonly #legacy: Tape;
  readonly #candidate: Tape;
  readonly #matcher: PathMatcher | undefined;
  /** Per open container; undefined until asked for. */
  readonly #places: (Place | undefined)[] = [];
  readonly #states: (PathState | undefined)[] = [];
  readonly #steps: Step[] = [];

  constructor(legacy: Tape, candidate: Tape, matcher: PathMatcher | undefined) {
    this.#legacy = legacy;
    this.#candidate = candidate;
    this.#matcher = matcher;
  }

  /** Enters a container; the step it returns is the current child's, for the caller to move. */
  open(depth: number): Step {
    this.#places[depth] = undefined;
    this.#states[depth] = undefined;
    const step = this.#steps[depth];
    if (step !== undefined) return step;
    const fresh: Step = { keyL: -1, keyC: -1, indexL: -1, indexC: -1 };
    this.#steps[depth] = fresh;
    return fresh;
  }

  /** The current child of the container at `depth`; the root at -1. */
  placeOfChild(depth: number): Place {
    if (depth < 0) return ROOT;
    let known = depth;
    while (known > 0 && this.#places[known] === undefined) known--;
    this.#places[0] = ROOT;
    for (let next = Math.max(known, 0); next < depth; next++)
      this.#places[next + 1] ??= this.#extend(this.#places[next] as Place, this.#steps[next] as Step);
    return this.#extend(this.#places[depth] as Place, this.#steps[depth] as Step);
  }

  #extend(parent: Place, step: Step): Place {
    if (step.indexL >= 0 || step.indexC >= 0) {
      return {
        legacy: `${parent.legacy}/${step.indexL}`,
        candidate: `${parent.candidate}/${step.indexC}`,
        erased: `${parent.erased}/${ERASED_INDEX}`,
      };
    }
    const segment = escapeToken(this.#nameOf(step));
    return {
      legacy: `${parent.legacy}/${segment}`,
      candidate: `${parent.candidate}/${segment}`,
      erased: `${parent.erased}/${segment}`,
    };
  }

  #nameOf(step: Step): string {
    return step.keyL >= 0 ? segmentText(this.#legacy, step.keyL) : segmentText(this.#candidate, step.keyC);
  }

  /**
   * The shallowest place that a pattern accepts on the way to the current child of `depth`: the pattern's
   * number, and the depth of the ignored container (`depth + 1` for the child itself); undefined without one.
   */
  acceptedAt(depth: number): { readonly pattern: number; readonly depth: number } | undefined {
    const matcher = this.#matcher;
    if (matcher === undefined) return undefined;
    let known = depth;
    while (known > 0 && this.#states[known] === undefined) known--;
    this.#states[0] = matcher.start;
    let state = depth < 0 ? matcher.start : (this.#states[known] as PathState);
    if (state.accept >= 0) return { pattern: state.accept, depth: Math.max(known, 0) };
    for (let next = Math.max(known, 0); next <= depth; next++) {
      if (state.isDead) return undefined;
      state = matcher.step(state, this.#segmentOf(this.#steps[next] as Step));
      if (next < depth) this.#states[next + 1] = state;
      if (state.accept >= 0) return { pattern: state.accept, depth: next + 1 };
    }
    return undefined;
  }

  /** Indices in rules are the legacy's, except where only the candidate has the element. */
  #segmentOf(step: Step): string {
    if (step.indexL >= 0) return String(step.indexL);
    if (step.indexC >= 0) return String(step.indexC);
    return this.#nameOf(step);
  }
}
