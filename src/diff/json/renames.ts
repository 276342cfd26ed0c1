// Values that renames moved: found when a pair of objects is entered that both paths of a rename run through, and
// forgotten when it is left. A rename that would take a value from where both sides still have it does nothing.
import type { Deadline } from "../deadline.ts";
import type { CompiledRename } from "../rules/rules.ts";
import { segmentText } from "../text.ts";
import { DUPLICATES, NOBODY, type PairStack, valueBehind } from "./pairs.ts";
import { isSameJson } from "./same-json.ts";
import { OBJECT, STRIDE, type Tape } from "./tape.ts";
import type { MovedTo } from "./walk-path.ts";

/** A value of the legacy and where the candidate has it. */
export interface Move {
  readonly index: number;
  readonly legacy: number;
  readonly candidate: number;
  readonly to: MovedTo;
  /** Containers on the way: what only one side has of them is a shell around a moved value. */
  readonly aroundLegacy: readonly number[];
  readonly aroundCandidate: readonly number[];
}

/** A move that may be: what either side has at the other's place decides. */
interface Proposal extends Move {
  /** The candidate's value at the old place, the legacy's at the new one; undefined where there is none. */
  readonly candidateAtFrom: number | undefined;
  readonly legacyAtTo: number | undefined;
}

interface Found {
  readonly node: number;
  readonly around: readonly number[];
  /** What the path's `*` stood for, in order. */
  readonly bound: readonly string[];
}

/** Children by name, made once per container that a rename looks into. */
class Children {
  readonly #tape: Tape;
  readonly #known = new Map<number, ReadonlyMap<string, number>>();

  constructor(tape: Tape) {
    this.#tape = tape;
  }

  /** A key that stands twice names nothing. */
  of(node: number): ReadonlyMap<string, number> {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const tape = this.#tape;
    const children = new Map<string, number>();
    const twice = new Set<string>();
    const isObject = tape.kind(node) === OBJECT;
    let index = 0;
    for (let at = node + STRIDE; at < tape.next(node); ) {
      const name = isObject ? segmentText(tape, at) : String(index++);
      const child = isObject ? at + STRIDE : at;
      if (children.has(name)) twice.add(name);
      children.set(name, child);
      at = tape.next(child);
    }
    for (const name of twice) children.delete(name);
    this.#known.set(node, children);
    return children;
  }

  /** The member at the end of a path without `*`; elements are not moved. */
  find(anchor: number, tokens: readonly string[]): Found | undefined {
    let node = anchor;
    const around: number[] = [];
    for (const [at, token] of tokens.entries()) {
      if (at > 0) around.push(node);
      if (at === tokens.length - 1 && this.#tape.kind(node) !== OBJECT) return undefined;
      const child = this.#tape.next(node) === node + STRIDE ? undefined : this.of(node).get(token);
      if (child === undefined) return undefined;
      node = child;
    }
    return { node, around, bound: [] };
  }

  /** All members that a path with `*` names. */
  findAll(anchor: number, tokens: readonly string[], deadline: Deadline): readonly Found[] {
    let found: Found[] = [{ node: anchor, around: [], bound: [] }];
    for (const [at, token] of tokens.entries()) {
      const isLast = at === tokens.length - 1;
      const next: Found[] = [];
      for (const { node, around, bound } of found) {
        if (deadline.spend(1)) return [];
        if (this.#tape.next(node) === node + STRIDE) continue;
        if (isLast && this.#tape.kind(node) !== OBJECT) continue;
        const within = at > 0 ? [...around, node] : around;
        const children = this.of(node);
        if (token !== "*") {
          const child = children.get(token);
          if (child !== undefined) next.push({ node: child, around: within, bound });
        } else {
          for (const [name, child] of children)
            next.push({ node: child, around: within, bound: [...bound, name] });
        }
      }
      found = next;
    }
    return found;
  }
}

function fill(tokens: readonly string[], bound: readonly string[]): readonly string[] {
  let star = 0;
  return tokens.map((token) => (token === "*" ? (bound[star++] ?? token) : token));
}

export class Moves {
  readonly #legacy: Tape;
  readonly #candidate: Tape;
  readonly #deadline: Deadline;
  readonly #byLegacy = new Map<number, Move>();
  readonly #byCandidate = new Map<number, Move>();
  /** Container → moves that it holds one end of. */
  readonly #shellsL = new Map<number, number>();
  readonly #shellsC = new Map<number, number>();

  constructor(legacy: Tape, candidate: Tape, deadline: Deadline) {
    this.#legacy = legacy;
    this.#candidate = candidate;
    this.#deadline = deadline;
  }

  get size(): number {
    return this.#byLegacy.size;
  }

  fromLegacy(node: number): Move | undefined {
    return this.#byLegacy.get(node);
  }

  isTakenInCandidate(node: number): boolean {
    return this.#byCandidate.has(node);
  }

  isShellInLegacy(node: number): boolean {
    return this.#shellsL.has(node);
  }

  isShellInCandidate(node: number): boolean {
    return this.#shellsC.has(node);
  }

  /** Takes pairs of members apart, from `start` to the top, where one of the two moved. */
  part(pairs: PairStack, start: number): void {
    const end = pairs.length;
    for (let at = start; at < end; at += 4) {
      const keyL = pairs.get(at, 0);
      const keyC = pairs.get(at, 1);
      if (keyL === NOBODY || keyC === NOBODY || pairs.get(at, 2) === DUPLICATES) continue;
      if (!this.#byLegacy.has(valueBehind(keyL)) && !this.#byCandidate.has(valueBehind(keyC))) continue;
      pairs.part(at);
      pairs.push(NOBODY, keyC, NOBODY, NOBODY);
    }
  }

  /** Enters a pair of objects at `depth`; the moves are for `leave`. */
  enter(
    anchor: { readonly legacy: number; readonly candidate: number; readonly depth: number },
    renames: readonly CompiledRename[],
  ): readonly Move[] {
    const moves = this.#keepPossible(this.#propose(anchor, renames));
    for (const move of moves) {
      this.#byLegacy.set(move.legacy, move);
      this.#byCandidate.set(move.candidate, move);
      for (const node of move.aroundLegacy) this.#shellsL.set(node, (this.#shellsL.get(node) ?? 0) + 1);
      for (const node of move.aroundCandidate) this.#shellsC.set(node, (this.#shellsC.get(node) ?? 0) + 1);
    }
    return moves;
  }

  leave(moves: readonly Move[]): void {
    const release = (shells: Map<number, number>, node: number): void => {
      const left = (shells.get(node) ?? 1) - 1;
      if (left > 0) shells.set(node, left);
      else shells.delete(node);
    };
    for (const move of moves) {
      this.#byLegacy.delete(move.legacy);
      this.#byCandidate.delete(move.candidate);
      for (const node of move.aroundLegacy) release(this.#shellsL, node);
      for (const node of move.aroundCandidate) release(this.#shellsC, node);
    }
  }

  #propose(
    anchor: { readonly legacy: number; readonly candidate: number; readonly depth: number },
    renames: readonly CompiledRename[],
  ): readonly Proposal[] {
    const childrenL = new Children(this.#legacy);
    const childrenC = new Children(this.#candidate);
    const proposals: Proposal[] = [];
    const sources = new Set<number>();
    const targets = new Set<number>();
    for (const rename of renames) {
      for (const source of childrenL.findAll(anchor.legacy, rename.from, this.#deadline)) {
        const tokens = fill(rename.to, source.bound);
        const target = childrenC.find(anchor.candidate, tokens);
        if (target === undefined) continue;
        // The first rename of a value, and the first to a place, wins.
        if (sources.has(source.node) || targets.has(target.node)) continue;
        if (this.#byLegacy.has(source.node) || this.#byCandidate.has(target.node)) continue;
        sources.add(source.node);
        targets.add(target.node);
        const candidateAtFrom = childrenC.find(anchor.candidate, fill(rename.from, source.bound))?.node;
        const legacyAtTo = childrenL.find(anchor.legacy, tokens)?.node;
        proposals.push({
          index: rename.index,
          legacy: source.node,
          candidate: target.node,
          to: { depth: anchor.depth, tokens },
          aroundLegacy: source.around,
          aroundCandidate: target.around,
          // A container around the value itself is no value that is still there.
          candidateAtFrom: target.around.includes(candidateAtFrom ?? -1) ? undefined : candidateAtFrom,
          legacyAtTo: source.around.includes(legacyAtTo ?? -1) ? undefined : legacyAtTo,
        });
      }
    }
    return proposals;
  }

  /** Without those whose place is held by a value that does not move itself; each pass drops one at least. */
  #keepPossible(proposals: readonly Proposal[]): readonly Move[] {
    let kept = proposals.filter(
      ({ legacy, candidateAtFrom }) =>
        candidateAtFrom === undefined ||
        !isSameJson(
          { tape: this.#legacy, node: legacy },
          { tape: this.#candidate, node: candidateAtFrom },
          this.#deadline,
        ),
    );
    for (;;) {
      const sources = new Set(kept.map(({ legacy }) => legacy));
      const targets = new Set(kept.map(({ candidate }) => candidate));
      const still = kept.filter(
        ({ candidateAtFrom, legacyAtTo }) =>
          (candidateAtFrom === undefined || targets.has(candidateAtFrom)) &&
          (legacyAtTo === undefined || sources.has(legacyAtTo)),
      );
      if (still.length === kept.length || this.#deadline.spend(kept.length)) return still;
      kept = still;
    }
  }
}
