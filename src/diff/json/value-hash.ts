// Hashes of values under rules, so that array elements can be paired. Values that are equal under the rules hash
// alike: members in any order, what a rule may hide left out or folded. A hash only proposes a pair; it never
// decides that values are equal.
import type { Deadline } from "../deadline.ts";
import type { PathState } from "../rules/path-pattern.ts";
import { ruleValueOf } from "../rules/rule-value.ts";
import type { CompiledRules, PlaceRules } from "../rules/rules.ts";
import { normalText } from "../rules/value-rules.ts";
import { segmentText } from "../text.ts";
import { isSameJson } from "./same-json.ts";
import { begin, finish, hashPlainText, hashScalar, hashText, mix, mixHash } from "./scalar-hash.ts";
import { ARRAY, NULL, OBJECT, STRIDE, type Tape } from "./tape.ts";

/** What a value hashes to that a rule may hide, whatever it is. */
const FOLDED = 1;
/** The key of a member that a rename may have moved to a sibling's name, or from one. */
const RENAMED_KEY = 2;

/** Sums in any order stay exact below 2^53: rounding would depend on the order. */
const SUM_BASE = 2 ** 52;

function hashUnderRules(tape: Tape, node: number, place: PlaceRules | undefined): number {
  if (place === undefined || place.values.length === 0) return hashScalar(tape, node);
  return hashPlainText(normalText(place.values, ruleValueOf(tape, node)));
}

/** Hashes of all keys of a document. */
export function keyHashes(tape: Tape): ReadonlySet<number> {
  const names = new Set<number>();
  for (let node = 0; node < tape.length; node += STRIDE) {
    if (tape.kind(node) !== OBJECT) continue;
    for (let key = node + STRIDE; key < tape.next(node); key = tape.next(key + STRIDE))
      names.add(hashText(tape, key));
  }
  return names;
}

const NO_HASHES = new Float64Array(0);

interface OpenContainer {
  readonly node: number;
  readonly end: number;
  readonly isObject: boolean;
  /** Elements in any order. */
  readonly isUnordered: boolean;
  readonly state: PathState | undefined;
  readonly place: PlaceRules | undefined;
  /** Of the key that it stands behind. */
  readonly keyHash: number;
  /** An array's hash so far, in order; a sum of hashes, in any order. */
  sum: number;
  /** Children that count, and all of them. */
  counted: number;
  index: number;
}

export interface HashHow {
  readonly rules: CompiledRules;
  readonly deadline: Deadline;
  /** Keys that the other side has anywhere: with `additive`, others are left out. */
  readonly otherKeys: (() => ReadonlySet<number>) | undefined;
}

export class ValueHashes {
  readonly #tape: Tape;
  readonly #how: HashHow;
  /** By node number / STRIDE; 0 until asked for. Each node is hashed once, so that nesting costs nothing. */
  #hashes = NO_HASHES;
  #otherKeys: ReadonlySet<number> | undefined;

  constructor(tape: Tape, how: HashHow) {
    this.#tape = tape;
    this.#how = how;
  }

  /** The hash of a value; `state` is its place, undefined without path rules. */
  of(root: number, state: PathState | undefined): number {
    const tape = this.#tape;
    // Most documents have no array to be paired: the table is made when first asked.
    if (this.#hashes === NO_HASHES) this.#hashes = new Float64Array(tape.nodes);
    const known = this.#hashes[root / STRIDE] as number;
    if (known !== 0) return known;
    const open: OpenContainer[] = [];
    let node = root;
    for (;;) {
      const top = open.at(-1);
      if (top !== undefined && node === top.end) {
        open.pop();
        const hash = this.#close(top);
        const around = open.at(-1);
        if (around === undefined) return hash;
        this.#add(around, top.keyHash, hash);
        continue;
      }
      let keyHash = 0;
      let at = state;
      if (top !== undefined) {
        const key = node;
        if (top.isObject) {
          keyHash = hashText(tape, key);
          node += STRIDE;
        }
        at = top.state === undefined ? undefined : this.#step(top.state, top, key);
        top.index++;
      }
      const place = at === undefined ? undefined : this.#how.rules.placeOf(at);
      if (place !== undefined && this.#isLeftOut(node, keyHash, { place, parent: top })) {
        if (top === undefined) return FOLDED;
        node = tape.next(node);
        continue;
      }
      if (top?.place !== undefined && top.isObject && top.place.renames.length > 0) {
        const name = segmentText(tape, node - STRIDE);
        const renaming = top.place.renames.filter((one) => isEndOf(one.from, name) || isEndOf(one.to, name));
        if (renaming.some(({ from, to }) => from.length > 1 || to.length > 1)) {
          node = tape.next(node);
          continue;
        }
        if (renaming.length > 0) keyHash = RENAMED_KEY;
      }
      if (this.#how.deadline.spend(1)) return FOLDED;
      let hash = this.#hashes[node / STRIDE] as number;
      if (hash === 0 && tape.kind(node) >= ARRAY) {
        open.push(this.#open(node, keyHash, { state: at, place }));
        node += STRIDE;
        continue;
      }
      if (hash === 0) {
        hash = hashUnderRules(tape, node, place);
        this.#hashes[node / STRIDE] = hash;
      }
      if (top === undefined) return hash;
      this.#add(top, keyHash, hash);
      node = tape.next(node);
    }
  }

  #step(state: PathState, parent: OpenContainer, key: number): PathState | undefined {
    const { paths } = this.#how.rules;
    if (state.isDead) return paths?.step(state, "");
    return paths?.step(state, parent.isObject ? segmentText(this.#tape, key) : String(parent.index));
  }

  #open(
    node: number,
    keyHash: number,
    at: { readonly state: PathState | undefined; readonly place: PlaceRules | undefined },
  ): OpenContainer {
    const isObject = this.#tape.kind(node) === OBJECT;
    const mode = at.place?.array?.mode;
    return {
      node,
      end: this.#tape.next(node),
      isObject,
      isUnordered: !isObject && (mode === "unordered" || mode === "keyed"),
      ...at,
      keyHash,
      sum: 0,
      counted: 0,
      index: 0,
    };
  }

  #close(container: OpenContainer): number {
    begin(container.isObject ? OBJECT : ARRAY);
    mixHash(container.sum);
    mix(container.counted);
    const hash = finish();
    this.#hashes[container.node / STRIDE] = hash;
    return hash;
  }

  #add(parent: OpenContainer, keyHash: number, hash: number): void {
    const isSum = parent.isObject || parent.isUnordered;
    begin(parent.isObject ? OBJECT : ARRAY);
    mixHash(parent.isObject ? keyHash : parent.isUnordered ? 0 : parent.sum);
    mixHash(hash);
    const mixed = finish();
    parent.sum = isSum ? (parent.sum + (mixed % SUM_BASE)) % SUM_BASE : mixed;
    parent.counted++;
  }

  /** Whether a value's being there, or what it is, may make no difference. */
  #isLeftOut(
    node: number,
    keyHash: number,
    at: { readonly place: PlaceRules; readonly parent: OpenContainer | undefined },
  ): boolean {
    const { place, parent } = at;
    if (place.ignore >= 0 || place.customs.length > 0) return true;
    if (parent?.isObject !== true) return false;
    for (const rule of place.absences) {
      if (rule.kind === "additive") {
        if (this.#how.otherKeys === undefined) continue;
        this.#otherKeys ??= this.#how.otherKeys();
        if (!this.#otherKeys.has(keyHash)) return true;
      } else if (place.values.length > 0) return true;
      else if (
        rule.kind === "nullIsAbsent" ? this.#tape.kind(node) === NULL : this.#isDefault(node, rule.value)
      )
        return true;
    }
    return false;
  }

  #isDefault(node: number, value: Tape): boolean {
    return isSameJson({ tape: this.#tape, node }, { tape: value, node: 0 }, this.#how.deadline);
  }
}

/** Whether a rename's path begins with a member of this name. */
function isEndOf(tokens: readonly string[], name: string): boolean {
  return tokens[0] === "*" || tokens[0] === name;
}
