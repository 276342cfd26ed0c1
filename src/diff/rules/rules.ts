// Rules compiled once per route: what each place of a document is under, asked only where something differs.
// A rule hides, it never deletes: each place it hid is counted under the rule's index.
import { assert, assertNever } from "../../core/assert.ts";
import { systemClock } from "../../core/clock.ts";
import type { ArrayMode, Rule, StatusPattern, StructureRule } from "../../core/rule.ts";
import { shortened } from "../../core/shortened.ts";
import type { Hidden } from "../../core/verdict.ts";
import { Deadline } from "../deadline.ts";
import { Tape } from "../json/tape.ts";
import { tokenize } from "../json/tokenize.ts";
import { formatPointer, parsePointer } from "../pointer.ts";
import { compilePathPatterns, type PathMatcher, type PathState } from "./path-pattern.ts";
import { type CompiledValueRule, compileValueRule } from "./value-rules.ts";

/** A rule about a member that one side has and the other has not. */
export type AbsenceRule =
  | { readonly kind: "nullIsAbsent"; readonly index: number }
  | { readonly kind: "default"; readonly index: number; readonly value: Tape }
  | { readonly kind: "additive"; readonly index: number };

export interface CompiledArrayRule {
  readonly index: number;
  readonly mode: ArrayMode;
  /** Tokens of each key's pointer below an element. */
  readonly by: readonly (readonly string[])[];
}

/** Both paths as seen from the deepest container that they share, `*` standing for the same segment in both. */
export interface CompiledRename {
  readonly index: number;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** All rules that stand at one place, each kind in the order of the list. */
export interface PlaceRules {
  /** The first `ignore`; -1 without one. */
  readonly ignore: number;
  /** `ignore` among them. */
  readonly values: readonly CompiledValueRule[];
  readonly absences: readonly AbsenceRule[];
  readonly array: CompiledArrayRule | undefined;
  readonly customs: readonly number[];
  /** Those that start here. */
  readonly renames: readonly CompiledRename[];
}

const NO_RULES_HERE: PlaceRules = {
  ignore: -1,
  values: [],
  absences: [],
  array: undefined,
  customs: [],
  renames: [],
};

export interface CompiledStatusRule {
  readonly index: number;
  readonly legacy: StatusPattern;
  readonly candidate: StatusPattern;
}

export interface CompiledRules {
  /** Undefined without path rules: the compare then keeps no states. */
  readonly paths: PathMatcher | undefined;
  /** What stands at a place, by its state in `paths`. */
  placeOf(state: PathState): PlaceRules;
  /** Lower-case header name → its value rules, in the order of the list. */
  readonly headers: ReadonlyMap<string, readonly CompiledValueRule[]>;
  readonly status: readonly CompiledStatusRule[];
  /** Any mode but `index`: elements may have to be compared out of order. */
  readonly hasArrayRules: boolean;
  readonly hasCustom: boolean;
  readonly hasRenames: boolean;
  readonly hasAdditive: boolean;
}

/** One rule at the places that its pattern accepts. */
type PlacedRule =
  | { readonly kind: "value"; readonly rule: CompiledValueRule }
  | { readonly kind: "absence"; readonly rule: AbsenceRule }
  | { readonly kind: "array"; readonly rule: CompiledArrayRule }
  | { readonly kind: "custom"; readonly index: number }
  | { readonly kind: "rename"; readonly rule: CompiledRename };

function tokensOf(pointer: string): readonly string[] {
  const tokens = parsePointer(pointer);
  assert(tokens !== undefined, `a path is a JSON pointer, found ${JSON.stringify(pointer)}`);
  return tokens;
}

/** A value that config holds is small: these only keep a mistake from hanging the start. */
const DEFAULT_DEPTH_MAX = 1000;
const DEFAULT_TIME_MS_MAX = 1000;

function tapeOf(value: unknown): Tape {
  const tape = new Tape();
  const deadline = new Deadline(systemClock, DEFAULT_TIME_MS_MAX);
  const text = Buffer.from(JSON.stringify(value) ?? "null");
  const outcome = tokenize(tape, text, { depthMax: DEFAULT_DEPTH_MAX, deadline });
  assert(outcome === "ok", `a default is a JSON value, found one past its bound: ${outcome}`);
  return tape;
}

/** The path at which a rename starts, and both tails below it: each keeps its last token at least. */
function splitRename(rule: StructureRule & { kind: "rename" }, index: number): [string, CompiledRename] {
  const from = tokensOf(rule.from);
  const to = tokensOf(rule.to);
  const sharedMax = Math.min(from.length, to.length) - 1;
  let shared = 0;
  while (shared < sharedMax && from[shared] === to[shared]) shared++;
  return [formatPointer(from.slice(0, shared)), { index, from: from.slice(shared), to: to.slice(shared) }];
}

/** A rule about bodies with the pattern of its places; undefined for one about heads. */
function placeRule(rule: Rule, index: number): [string, PlacedRule] | undefined {
  switch (rule.kind) {
    case "status":
      return undefined;
    case "array": {
      const by = (rule.by ?? []).map(tokensOf);
      return [rule.path, { kind: "array", rule: { index, mode: rule.mode, by } }];
    }
    case "nullIsAbsent":
      return [rule.path, { kind: "absence", rule: { kind: "nullIsAbsent", index } }];
    case "additive":
      // Every place below, at any depth.
      return [`${rule.path}/**/*`, { kind: "absence", rule: { kind: "additive", index } }];
    case "default": {
      return [rule.path, { kind: "absence", rule: { kind: "default", index, value: tapeOf(rule.value) } }];
    }
    case "rename": {
      const [path, compiled] = splitRename(rule, index);
      return [path, { kind: "rename", rule: compiled }];
    }
    case "custom":
      return [rule.path ?? "", { kind: "custom", index }];
    case "ignore":
    case "shape":
    case "tolerance":
    case "timestamp":
    case "coerce":
    case "case":
    case "trim": {
      const compiled = rule.path === undefined ? undefined : compileValueRule(rule, index);
      return compiled === undefined || rule.path === undefined
        ? undefined
        : [rule.path, { kind: "value", rule: compiled }];
    }
    default:
      return assertNever(rule);
  }
}

function gather(placed: readonly PlacedRule[]): PlaceRules {
  const values = placed.flatMap((one) => (one.kind === "value" ? [one.rule] : []));
  return {
    ignore: values.find(({ kind }) => kind === "ignore")?.index ?? -1,
    values,
    absences: placed.flatMap((one) => (one.kind === "absence" ? [one.rule] : [])),
    array: placed.find((one) => one.kind === "array")?.rule,
    customs: placed.flatMap((one) => (one.kind === "custom" ? [one.index] : [])),
    renames: placed.flatMap((one) => (one.kind === "rename" ? [one.rule] : [])),
  };
}

function compileHeaders(rules: readonly Rule[]): ReadonlyMap<string, readonly CompiledValueRule[]> {
  const headers = new Map<string, CompiledValueRule[]>();
  for (const [index, rule] of rules.entries()) {
    if (!("header" in rule) || rule.header === undefined) continue;
    const compiled = compileValueRule(rule, index);
    if (compiled === undefined) continue;
    const name = rule.header.toLowerCase();
    const known = headers.get(name);
    if (known === undefined) headers.set(name, [compiled]);
    else known.push(compiled);
  }
  return headers;
}

/** Compiles rules in the order of config. Throws on a path that is not a pointer: config refuses those. */
export function compileRules(rules: readonly Rule[]): CompiledRules {
  const patterns: string[] = [];
  const placed: PlacedRule[] = [];
  for (const [index, rule] of rules.entries()) {
    const one = placeRule(rule, index);
    if (one === undefined) continue;
    patterns.push(one[0]);
    placed.push(one[1]);
  }
  // By state: there are as many as the matcher keeps, and those it does not keep are let go with it.
  const known = new WeakMap<PathState, PlaceRules>();
  return {
    paths: patterns.length > 0 ? compilePathPatterns(patterns) : undefined,
    placeOf(state) {
      if (state.accepts.length === 0) return NO_RULES_HERE;
      let place = known.get(state);
      if (place === undefined) {
        place = gather(state.accepts.map((pattern) => placed[pattern] as PlacedRule));
        known.set(state, place);
      }
      return place;
    },
    headers: compileHeaders(rules),
    status: rules.flatMap((rule, index) =>
      rule.kind === "status" ? [{ index, legacy: rule.legacy, candidate: rule.candidate }] : [],
    ),
    hasArrayRules: placed.some((one) => one.kind === "array" && one.rule.mode !== "index"),
    hasCustom: placed.some((one) => one.kind === "custom"),
    hasRenames: placed.some((one) => one.kind === "rename"),
    hasAdditive: placed.some((one) => one.kind === "absence" && one.rule.kind === "additive"),
  };
}

/** Characters of either value in an example. */
const EXAMPLE_CHARS_MAX = 200;

/** Where a rule hid something, and what. */
export type HiddenPlace = Omit<Hidden, "ruleIndex">;

export const NO_HITS: ReadonlyMap<number, number> = new Map();
const NOTHING_HIDDEN: readonly Hidden[] = [];

function cut(text: string | undefined): string | undefined {
  return text === undefined ? undefined : shortened(text, EXAMPLE_CHARS_MAX);
}

/** What rules hid in one pair of answers. A trial that fails is taken back: what it hid was not hidden. */
export class RuleHits {
  /** Rule index → places it hid. Made when the first rule hits. */
  #counts: Map<number, number> | undefined;
  #examples: Map<number, Hidden> | undefined;
  /** Rules in the order of their hits: no more than the documents have values. */
  readonly #log: number[] = [];

  /** Counts a hit. `place` is asked for the rule's first hit alone. */
  hide(index: number, place: () => HiddenPlace): void {
    this.#counts ??= new Map();
    const count = this.#counts.get(index) ?? 0;
    this.#counts.set(index, count + 1);
    this.#log.push(index);
    if (count > 0) return;
    const { part, path, legacy, candidate } = place();
    this.#examples ??= new Map();
    this.#examples.set(index, {
      ruleIndex: index,
      part,
      path,
      legacy: cut(legacy),
      candidate: cut(candidate),
    });
  }

  /** For `takeBack`: what was hidden until now stays. */
  mark(): number {
    return this.#log.length;
  }

  /** Forgets the hits from one mark to another, or until now. */
  takeBack(from: number, until: number = this.#log.length): void {
    for (const index of this.#log.splice(from, until - from)) {
      const left = (this.#counts?.get(index) ?? 1) - 1;
      if (left > 0) this.#counts?.set(index, left);
      else {
        this.#counts?.delete(index);
        this.#examples?.delete(index);
      }
    }
  }

  get counts(): ReadonlyMap<number, number> {
    return this.#counts === undefined || this.#counts.size === 0 ? NO_HITS : this.#counts;
  }

  /** The first place of each rule that hit, in the order of first hits. */
  get hidden(): readonly Hidden[] {
    return this.#examples === undefined ? NOTHING_HIDDEN : [...this.#examples.values()];
  }
}
