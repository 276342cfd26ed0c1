// The open containers in the walk of two documents: pairs, and those that only one side has and a rename emptied.
// Frames are reused by depth.
import { NOBODY, type PairStack } from "./pairs.ts";
import type { Move, Moves } from "./renames.ts";
import { OBJECT, STRIDE, type Tape } from "./tape.ts";
import type { Step, WalkPath } from "./walk-path.ts";

export interface Frame {
  legacy: number;
  candidate: number;
  isObject: boolean;
  /** Children in the same order on both sides, all paired: nothing is on the stack. */
  isInOrder: boolean;
  /** Next child by cell on the stack, or by node on both sides. */
  nextL: number;
  nextC: number;
  index: number;
  pairsStart: number;
  pairsEnd: number;
  step: Step;
  /** An array whose elements may turn out to be the same in another order. */
  canBeMoved: boolean;
  /** Findings before it, and when the last child was done. */
  findingsStart: number;
  findingsSeen: number;
  pathCharsStart: number;
  hitsStart: number;
  hasDifferent: boolean;
  /** Renames that start here. */
  moves: readonly Move[];
}

const NO_MOVES: readonly Move[] = [];

export class FrameStack {
  readonly #frames: Frame[] = [];
  readonly #pairs: PairStack;
  readonly #path: WalkPath;
  readonly #moves: Moves;
  /** Of the container on top; -1 without one. */
  depth = -1;

  constructor(pairs: PairStack, path: WalkPath, moves: Moves) {
    this.#pairs = pairs;
    this.#path = path;
    this.#moves = moves;
  }

  get top(): Frame {
    return this.#frames[this.depth] as Frame;
  }

  at(depth: number): Frame {
    return this.#frames[depth] as Frame;
  }

  open(legacy: number, candidate: number, isObject: boolean): Frame {
    const depth = ++this.depth;
    const frame = this.#frames[depth] ?? ({} as Frame);
    this.#frames[depth] = frame;
    frame.legacy = legacy;
    frame.candidate = candidate;
    frame.isObject = isObject;
    frame.isInOrder = false;
    frame.nextC = candidate + STRIDE;
    frame.index = 0;
    frame.pairsStart = this.#pairs.length;
    frame.step = this.#path.open(depth);
    frame.canBeMoved = false;
    frame.moves = NO_MOVES;
    return frame;
  }

  /** Opens a container that one side alone has, of which some moved away or came from elsewhere. Returns its size. */
  openShell(side: "legacy" | "candidate", tape: Tape, node: number): number {
    const isObject = tape.kind(node) === OBJECT;
    const isLegacy = side === "legacy";
    const frame = this.open(isLegacy ? node : NOBODY, isLegacy ? NOBODY : node, isObject);
    let index = 0;
    for (let at = node + STRIDE; at < tape.next(node); index++) {
      const place = isObject ? NOBODY : index;
      if (isLegacy) this.#pairs.push(at, NOBODY, place, NOBODY);
      else this.#pairs.push(NOBODY, at, NOBODY, place);
      at = tape.next(isObject ? at + STRIDE : at);
    }
    frame.nextL = frame.pairsStart;
    frame.pairsEnd = this.#pairs.length;
    return index;
  }

  pop(): void {
    const { moves, pairsStart } = this.top;
    if (moves.length > 0) this.#moves.leave(moves);
    this.#pairs.length = pairsStart;
    this.depth--;
  }

  popTo(depth: number): void {
    while (this.depth > depth) this.pop();
  }
}
