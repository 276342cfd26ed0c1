// Two tapes → typed findings under rules, iteratively: members by key, elements by index, by the longest common
// subsequence, or as their rule says. Exact: a finding is never lost to a hash or a double. Bounded by findings,
// path text, trials and time. Depth must not recurse; nested trials do, up to a bound.
import type { DifferenceKind } from "../../core/verdict.ts";
import type { Deadline } from "../deadline.ts";
import type { CompiledArrayRule } from "../rules/rules.ts";
import { type PairingOutcome, pairArrays } from "./array-pairs.ts";
import { ElementSides, type Unequal } from "./element-sides.ts";
import { type Frame, FrameStack } from "./frames.ts";
import { Hiding } from "./hiding.ts";
import type { CompareHow, Finding, JsonComparison } from "./json-comparison.ts";
import { BYTES_FIRST_DEPTH_MAX, KnownSame } from "./known-same.ts";
import { hasSameHashes, matchElements } from "./multiset.ts";
import { pairObjects } from "./pair-unique.ts";
import { DUPLICATES, hasSameKeyOrder, type KeyGroup, NOBODY, PairStack, valueBehind } from "./pairs.ts";
import { type Move, Moves } from "./renames.ts";
import { isSameBytes, isSameScalar } from "./same-value.ts";
import { ARRAY, FALSE, OBJECT, STRIDE, type Tape, TRUE } from "./tape.ts";
import { WalkPath } from "./walk-path.ts";

/** Characters of all paths together: deep documents with long keys stop here, as cut. */
const PATH_CHARS_MAX = 4 << 20;
/** Trials within trials: arrays in any order nested deeper are paired by index. */
const TRIAL_NESTING_MAX = 64;
/** Values looked at in trials: so many for each value of both documents, and these at least; then by index. */
const TRIAL_STEPS_PER_NODE = 4;
const TRIAL_STEPS_MIN = 1 << 18;

const NOTHING: readonly number[] = [];

const pairs = new PairStack();

class Comparison {
  readonly #legacy: Tape;
  readonly #candidate: Tape;
  readonly #how: CompareHow;
  readonly #deadline: Deadline;
  readonly #path: WalkPath;
  readonly #known: KnownSame;
  readonly #hiding: Hiding;
  readonly #moves: Moves;
  readonly #sides: ElementSides;
  readonly #frames: FrameStack;
  readonly #findings: Finding[] = [];
  #pathChars = 0;
  #isCut = false;
  #isOverTime = false;
  #arraysByIndex = 0;
  #arraysPoorlyKeyed = 0;
  /** Trials under way, one in the other. */
  #trials = 0;
  #hasTrialFailed = false;
  #trialStepsLeft: number;

  constructor(legacy: Tape, candidate: Tape, how: CompareHow) {
    const { rules, bounds } = how;
    this.#legacy = legacy;
    this.#candidate = candidate;
    this.#how = how;
    this.#deadline = bounds.deadline;
    this.#path = new WalkPath(legacy, candidate, rules);
    this.#known = new KnownSame(legacy, candidate);
    const { deadline } = bounds;
    this.#hiding = new Hiding(legacy, candidate, {
      rules,
      hits: how.hits,
      deadline,
      path: this.#path,
      custom: how.custom,
    });
    this.#moves = new Moves(legacy, candidate, bounds.deadline);
    this.#frames = new FrameStack(pairs, this.#path, this.#moves);
    this.#sides = new ElementSides(legacy, candidate, { rules, deadline });
    this.#trialStepsLeft = TRIAL_STEPS_MIN + TRIAL_STEPS_PER_NODE * (legacy.nodes + candidate.nodes);
  }

  run(): JsonComparison {
    this.#visit(0, 0);
    while (this.#frames.depth >= 0 && !this.#isStopped()) {
      if (this.#deadline.spend(1)) this.#isOverTime = true;
      else this.#visitNextChild(this.#frames.top);
    }
    pairs.clear();
    return {
      findings: this.#findings,
      isCut: this.#isCut,
      isOverTime: this.#isOverTime,
      arraysByIndex: this.#arraysByIndex,
      arraysPoorlyKeyed: this.#arraysPoorlyKeyed,
      failedRule: this.#hiding.failedRule,
    };
  }

  #isStopped(): boolean {
    return this.#isCut || this.#isOverTime || this.#hiding.failedRule !== undefined;
  }

  #visitNextChild(frame: Frame): void {
    if (frame.isInOrder) this.#visitInOrder(frame);
    else if (frame.nextL >= frame.pairsEnd) this.#frames.pop();
    else this.#visitPair(frame);
  }

  #visitInOrder(frame: Frame): void {
    const { step } = frame;
    if (frame.canBeMoved && this.#findings.length > frame.findingsSeen && this.#isMoved(frame)) return;
    if (frame.nextL >= this.#legacy.next(frame.legacy)) {
      this.#frames.pop();
      return;
    }
    let childL = frame.nextL;
    let childC = frame.nextC;
    if (frame.isObject) {
      step.keyL = childL;
      step.keyC = childC;
      childL += STRIDE;
      childC += STRIDE;
    } else {
      step.indexL = frame.index;
      step.indexC = frame.index;
      frame.index++;
    }
    frame.nextL = this.#legacy.next(childL);
    frame.nextC = this.#candidate.next(childC);
    this.#visit(childL, childC);
  }

  #visitPair(frame: Frame): void {
    const { step } = frame;
    const at = frame.nextL;
    frame.nextL = at + 4;
    const nodeL = pairs.get(at, 0);
    const nodeC = pairs.get(at, 1);
    step.movedTo = undefined;
    if (!frame.isObject) {
      step.indexL = pairs.get(at, 2);
      step.indexC = pairs.get(at, 3);
      if (nodeL === NOBODY) this.#visitAdded(nodeC);
      else if (nodeC === NOBODY) this.#visitRemoved(nodeL);
      else this.#visit(nodeL, nodeC);
      return;
    }
    step.keyL = nodeL;
    step.keyC = nodeC;
    if (pairs.get(at, 2) === DUPLICATES) {
      const { legacy, candidate } = pairs.duplicates[pairs.get(at, 3)] as KeyGroup;
      this.#find("duplicate-key", legacy.map(valueBehind), candidate.map(valueBehind));
    } else if (nodeL === NOBODY) this.#visitAdded(nodeC + STRIDE);
    else if (nodeC === NOBODY) this.#visitRemoved(nodeL + STRIDE);
    else this.#visit(nodeL + STRIDE, nodeC + STRIDE);
  }

  #visitRemoved(node: number): void {
    const move = this.#moves.fromLegacy(node);
    if (move !== undefined) this.#visitMove(move);
    else if (this.#moves.isShellInLegacy(node))
      this.#deadline.spend(this.#frames.openShell("legacy", this.#legacy, node));
    else this.#find("removed", [node], NOTHING);
  }

  #visitAdded(node: number): void {
    if (this.#moves.isTakenInCandidate(node)) return;
    if (this.#moves.isShellInCandidate(node))
      this.#deadline.spend(this.#frames.openShell("candidate", this.#candidate, node));
    else this.#find("added", NOTHING, [node]);
  }

  #visitMove({ index, legacy, candidate, to }: Move): void {
    this.#frames.top.step.movedTo = to;
    const { depth } = this.#frames;
    this.#hiding.hide(index, { depth, legacyNodes: [legacy], candidateNodes: [candidate] });
    this.#visit(legacy, candidate);
  }

  #visit(nodeL: number, nodeC: number): void {
    const kindL = this.#legacy.kind(nodeL);
    const kindC = this.#candidate.kind(nodeC);
    if (kindL !== kindC) {
      const areBooleans = (kindL === TRUE || kindL === FALSE) && (kindC === TRUE || kindC === FALSE);
      this.#find(areBooleans ? "changed" : "type", [nodeL], [nodeC]);
    } else if (kindL < ARRAY) {
      if (!isSameScalar(this.#legacy, nodeL, this.#candidate, nodeC)) this.#find("changed", [nodeL], [nodeC]);
    } else if (!this.#known.has(nodeL, nodeC, this.#frames.depth) && !this.#isSameForCustom(nodeL, nodeC)) {
      this.#push(nodeL, nodeC, kindL === OBJECT);
    }
  }

  #isSameForCustom(nodeL: number, nodeC: number): boolean {
    if (this.#how.custom === undefined || !this.#how.rules.hasCustom) return false;
    if (isSameBytes(this.#legacy, nodeL, this.#candidate, nodeC)) return false;
    return this.#hiding.isHiddenByCustom({
      depth: this.#frames.depth,
      legacyNodes: [nodeL],
      candidateNodes: [nodeC],
    });
  }

  #push(nodeL: number, nodeC: number, isObject: boolean): void {
    const frame = this.#frames.open(nodeL, nodeC, isObject);
    const { rules } = this.#how;
    this.#deadline.spend(isObject ? this.#legacy.count(nodeL) : 0);
    if (isObject) {
      if (rules.hasRenames) this.#enterRenames(frame);
      frame.isInOrder =
        this.#moves.size === 0 && hasSameKeyOrder(this.#legacy, nodeL, this.#candidate, nodeC);
      if (!frame.isInOrder) {
        const objects = { legacy: this.#legacy, objectL: nodeL, candidate: this.#candidate, objectC: nodeC };
        this.#deadline.spend(pairObjects(pairs, objects));
        if (this.#moves.size > 0) this.#moves.part(pairs, frame.pairsStart);
      }
    } else {
      const rule = this.#arrayRule();
      const isSameLength = this.#legacy.count(nodeL) === this.#candidate.count(nodeC);
      frame.isInOrder = isSameLength && (rule === undefined || rule.mode === "index");
      if (frame.isInOrder && rule === undefined && this.#trials === 0 && this.#how.detectsMoves !== false)
        this.#watchForMoves(frame);
      if (!frame.isInOrder) this.#pairArrays(frame, rule);
    }
    frame.nextL = frame.isInOrder ? nodeL + STRIDE : frame.pairsStart;
    frame.pairsEnd = pairs.length;
  }

  #enterRenames(frame: Frame): void {
    const standing = this.#path.standingOf(this.#frames.depth);
    if (standing === undefined || standing.ignored !== undefined) return;
    const { renames } = this.#how.rules.placeOf(standing.state);
    if (renames.length === 0) return;
    const { legacy, candidate } = frame;
    frame.moves = this.#moves.enter({ legacy, candidate, depth: this.#frames.depth }, renames);
  }

  /** The rule for the array at the top; none within an ignored container: the first difference ends that. */
  #arrayRule(): CompiledArrayRule | undefined {
    const standing = this.#path.standingOf(this.#frames.depth);
    if (standing === undefined || standing.ignored !== undefined) return undefined;
    return this.#how.rules.placeOf(standing.state).array;
  }

  #pairArrays(frame: Frame, rule: CompiledArrayRule | undefined): void {
    const depth = this.#frames.depth;
    const sides = this.#sides.of(frame.legacy, frame.candidate, this.#path.standingOf(depth));
    const isNestedTooDeep = this.#trials >= TRIAL_NESTING_MAX;
    const { rules } = this.#how;
    const outcome: PairingOutcome = pairArrays(pairs, sides, {
      rule,
      isBytesFirst: depth < BYTES_FIRST_DEPTH_MAX,
      isSame: ([nodeL, indexL], [nodeC, indexC]) => {
        frame.step.indexL = indexL;
        frame.step.indexC = indexC;
        return this.#isSameUnderRules(nodeL, nodeC);
      },
      isSpent: () => isNestedTooDeep || this.#trialStepsLeft <= 0 || this.#isStopped(),
      isLoose: rules.hasAdditive || rules.hasRenames,
    });
    if (outcome.isReordered && rule !== undefined) {
      const [legacyNodes, candidateNodes] = [[frame.legacy], [frame.candidate]];
      this.#hiding.hide(rule.index, { depth: depth - 1, legacyNodes, candidateNodes });
    }
    // A trial only proves equality: one that fails is looked at again, and what was given up is noted then.
    if (outcome.isByIndex && this.#trials === 0) this.#arraysByIndex++;
    if (outcome.hasPoorKeys) this.#arraysPoorlyKeyed++;
    this.#deadline.spend(this.#legacy.count(frame.legacy) + this.#candidate.count(frame.candidate));
  }

  /** Compares a pair of elements apart from the rest; what rules hid in one that differs was not hidden. */
  #isSameUnderRules(nodeL: number, nodeC: number): boolean {
    const base = this.#frames.depth;
    const mark = this.#how.hits.mark();
    this.#trials++;
    this.#hasTrialFailed = false;
    this.#visit(nodeL, nodeC);
    while (this.#frames.depth > base && !this.#hasTrialFailed && !this.#isStopped()) {
      if (this.#deadline.spend(1)) this.#isOverTime = true;
      else if (--this.#trialStepsLeft < 0) this.#hasTrialFailed = true;
      else this.#visitNextChild(this.#frames.top);
    }
    this.#trialStepsLeft--;
    const isSame = !this.#hasTrialFailed && !this.#isStopped();
    this.#frames.popTo(base);
    this.#hasTrialFailed = false;
    this.#trials--;
    if (!isSame) this.#how.hits.takeBack(mark);
    return isSame;
  }

  #watchForMoves(frame: Frame): void {
    frame.canBeMoved = true;
    frame.findingsStart = this.#findings.length;
    frame.findingsSeen = this.#findings.length;
    frame.pathCharsStart = this.#pathChars;
    frame.hitsStart = this.#how.hits.mark();
    frame.hasDifferent = false;
  }

  /** After a child with findings: whether the array on top has turned out to be `moved`. */
  #isMoved(frame: Frame): boolean {
    frame.findingsSeen = this.#findings.length;
    if (!frame.hasDifferent) {
      frame.hasDifferent = true;
      return false;
    }
    const unequal = this.#movedElements(this.#frames.depth);
    return unequal !== undefined && this.#foldMoved(frame, unequal);
  }

  /** The elements of the array at `depth` that are not where they were, if they are likely the same ones. */
  #movedElements(depth: number): Unequal | undefined {
    const frame = this.#frames.at(depth);
    frame.canBeMoved = false;
    const sides = this.#sides.of(frame.legacy, frame.candidate, this.#path.standingOf(depth));
    const unequal = this.#sides.unequal(sides, depth < BYTES_FIRST_DEPTH_MAX);
    this.#deadline.spend(this.#legacy.count(frame.legacy));
    const { hashesL, hashesC } = unequal;
    return hashesL.length > 1 && hasSameHashes(hashesL, hashesC) ? unequal : undefined;
  }

  /** Confirms that the elements are the same; then they are one difference, in place of what was found of them. */
  #foldMoved(frame: Frame, { legacy, candidate, indices, hashesL, hashesC }: Unequal): boolean {
    const { hits } = this.#how;
    const mark = hits.mark();
    const { partner } = matchElements({
      legacy: hashesL,
      candidate: hashesC,
      isSame: (l, c) => {
        frame.step.indexL = indices[l] as number;
        frame.step.indexC = indices[c] as number;
        return this.#isSameUnderRules(legacy[l] as number, candidate[c] as number);
      },
      isSpent: () => this.#trialStepsLeft <= 0 || this.#isStopped(),
      isLoose: false,
    });
    if (partner.includes(NOBODY)) {
      hits.takeBack(mark);
      return false;
    }
    hits.takeBack(frame.hitsStart, mark);
    this.#findings.length = frame.findingsStart;
    this.#pathChars = frame.pathCharsStart;
    this.#frames.pop();
    this.#find("moved", [frame.legacy], [frame.candidate]);
    return true;
  }

  /** At the bound on findings: whether an open array has turned out to be `moved`, the outermost first. */
  #makesRoomByMoves(): boolean {
    for (let depth = 0; depth <= this.#frames.depth; depth++) {
      const frame = this.#frames.at(depth);
      if (!frame.canBeMoved || this.#findings.length === frame.findingsStart) continue;
      const unequal = this.#movedElements(depth);
      if (unequal === undefined) continue;
      this.#frames.popTo(depth);
      return this.#foldMoved(frame, unequal);
    }
    return false;
  }

  /** Notes a finding at the current child, unless a rule hides it or a container around it. */
  #find(kind: DifferenceKind, legacyNodes: readonly number[], candidateNodes: readonly number[]): void {
    const { depth } = this.#frames;
    const isMember = depth >= 0 && this.#frames.top.isObject;
    const hiddenAt = this.#hiding.decide({ depth, kind, legacyNodes, candidateNodes, isMember });
    if (hiddenAt !== undefined) {
      // All else in an ignored container is ignored with it: one hit, one place.
      this.#frames.popTo(hiddenAt - 1);
      return;
    }
    if (this.#trials > 0) {
      this.#hasTrialFailed = true;
      return;
    }
    if (this.#findings.length >= this.#how.bounds.differencesMax || this.#pathChars > PATH_CHARS_MAX) {
      if (!this.#makesRoomByMoves()) this.#isCut = true;
      return;
    }
    const place = this.#path.placeOfChild(depth);
    const path = legacyNodes.length === 0 ? place.candidate : place.legacy;
    this.#pathChars += path.length;
    const erasedPath = place.erased;
    this.#findings.push({ kind, path, erasedPath, legacyNodes, candidateNodes, isMember });
  }
}

/** Compares two whole documents. Both tapes must be `ok`. */
export function compareJson(legacy: Tape, candidate: Tape, how: CompareHow): JsonComparison {
  return new Comparison(legacy, candidate, how).run();
}
