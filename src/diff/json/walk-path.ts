// Where a walk over two documents stands: the path on either side, the path with indices erased, and what rules
// stand there. Each is made only when a difference asks for it, and kept while the container is open.

import { escapeToken } from "../pointer.ts";
import type { PathState } from "../rules/path-pattern.ts";
import type { CompiledRules } from "../rules/rules.ts";
import { segmentText } from "../text.ts";
import type { Tape } from "./tape.ts";

/** Where the candidate has a value that a rename moved: below the container that both paths share. */
export interface MovedTo {
  /** Depth of that container. */
  readonly depth: number;
  readonly tokens: readonly string[];
}

/** How a child is reached: by key nodes, or by indices; -1 where a side has none. */
export interface Step {
  keyL: number;
  keyC: number;
  indexL: number;
  indexC: number;
  /** Set while the candidate's value is taken from another place. */
  movedTo: MovedTo | undefined;
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

/** A place as the rules see it. */
export interface Standing {
  readonly state: PathState;
  /** The shallowest `ignore` at or above the place: its rule, and the depth of what it stands at. */
  readonly ignored: { readonly index: number; readonly depth: number } | undefined;
}

export class WalkPath {
  readonly #legacy: Tape;
  readonly #candidate: Tape;
  readonly #rules: CompiledRules;
  /** Per open container; undefined until asked for. */
  readonly #places: (Place | undefined)[] = [];
  readonly #standings: (Standing | undefined)[] = [];
  readonly #steps: Step[] = [];

  constructor(legacy: Tape, candidate: Tape, rules: CompiledRules) {
    this.#legacy = legacy;
    this.#candidate = candidate;
    this.#rules = rules;
  }

  /** Enters a container; the step it returns is the current child's, for the caller to move. */
  open(depth: number): Step {
    this.#places[depth] = undefined;
    this.#standings[depth] = undefined;
    let step = this.#steps[depth];
    if (step === undefined) {
      step = { keyL: -1, keyC: -1, indexL: -1, indexC: -1, movedTo: undefined };
      this.#steps[depth] = step;
    } else {
      step.keyL = -1;
      step.keyC = -1;
      step.indexL = -1;
      step.indexC = -1;
      step.movedTo = undefined;
    }
    return step;
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
      candidate:
        step.movedTo === undefined ? `${parent.candidate}/${segment}` : this.#placeMovedTo(step.movedTo),
      erased: `${parent.erased}/${segment}`,
    };
  }

  #placeMovedTo({ depth, tokens }: MovedTo): string {
    const from = this.#places[depth] as Place;
    return from.candidate + tokens.map((token) => `/${escapeToken(token)}`).join("");
  }

  #nameOf(step: Step): string {
    return step.keyL >= 0 ? segmentText(this.#legacy, step.keyL) : segmentText(this.#candidate, step.keyC);
  }

  /** What rules stand at the current child of the container at `depth`; undefined without path rules. */
  standingOfChild(depth: number): Standing | undefined {
    const { paths } = this.#rules;
    if (paths === undefined) return undefined;
    let known = depth;
    while (known > 0 && this.#standings[known] === undefined) known--;
    if (known <= 0) this.#standings[0] = this.#stand(paths.start, 0, undefined);
    if (depth < 0) return this.#standings[0];
    for (let next = Math.max(known, 0); next < depth; next++) this.#standings[next + 1] = this.#descend(next);
    return this.#descend(depth);
  }

  /** As standingOfChild, of the open container at `depth` itself. */
  standingOf(depth: number): Standing | undefined {
    const known = this.#standings[depth];
    if (known !== undefined) return known;
    const standing = this.standingOfChild(depth - 1);
    this.#standings[depth] = standing;
    return standing;
  }

  /** From the container at `depth` to its current child. */
  #descend(depth: number): Standing {
    const { paths } = this.#rules;
    const { state, ignored } = this.#standings[depth] as Standing;
    const step = this.#steps[depth] as Step;
    if (paths === undefined) return { state, ignored };
    let next = paths.step(state, state.isDead ? "" : this.#segmentOf(step));
    // A moved value is under the rules of both its places.
    if (step.movedTo !== undefined) {
      let at = (this.#standings[step.movedTo.depth] as Standing).state;
      for (const token of step.movedTo.tokens) at = paths.step(at, token);
      next = paths.union(next, at);
    }
    return this.#stand(next, depth + 1, ignored);
  }

  #stand(state: PathState, depth: number, above: Standing["ignored"]): Standing {
    if (above !== undefined) return { state, ignored: above };
    const { ignore } = this.#rules.placeOf(state);
    return { state, ignored: ignore < 0 ? undefined : { index: ignore, depth } };
  }

  /** Indices in rules are the legacy's, except where only the candidate has the element. */
  #segmentOf(step: Step): string {
    if (step.indexL >= 0) return String(step.indexL);
    if (step.indexC >= 0) return String(step.indexC);
    return this.#nameOf(step);
  }
}
