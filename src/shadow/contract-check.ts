// The candidate's answer held against the route's contract, after the judge: what it breaks becomes differences of
// kind `violation`. What the legacy breaks in the same way is the contract's fault: noted, and no difference.
import { crc32 } from "node:zlib";
import {
  type AnswerCheck,
  type CheckedRequest,
  type CompiledContract,
  type ContractFault,
  compileContract,
} from "../contract/check-answer.ts";
import type { ContractDocument } from "../contract/contract-document.ts";
import type { Counters, ThreadCell } from "../core/counters.ts";
import type { Answer } from "../core/exchange.ts";
import type { CompareSettings, Snapshot } from "../core/snapshot.ts";
import type { Difference, Hidden, Judgement, JudgementNote, Verdict } from "../core/verdict.ts";
import { decodeBody } from "../diff/decode.ts";
import { compilePathPatterns, type PathMatcher } from "../diff/rules/path-pattern.ts";

/** Answers of equal bytes whose check is remembered; then the cache begins anew. */
const CHECKED_MAX = 1024;

export interface ContractExchange {
  /** Asked for where the route has a contract alone. */
  readonly request: () => CheckedRequest;
  readonly legacy: Answer;
  readonly candidate: Answer;
  readonly judgement: Judgement;
}

/** The contracts of a snapshot's routes. Compiled once per document, however often the config is read. */
export class ContractChecks {
  readonly #counters: Counters;
  readonly #reportFailure: (detail: string) => void;
  #compiled = new Map<string, CompiledContract>();
  #routes = new Map<number, RouteContract>();

  constructor(counters: Counters, reportFailure: (detail: string) => void) {
    this.#counters = counters;
    this.#reportFailure = reportFailure;
  }

  apply(snapshot: Snapshot): void {
    const compiled = new Map<string, CompiledContract>();
    const routes = new Map<number, RouteContract>();
    for (const { slot, contract, compare } of snapshot.routes) {
      if (contract === undefined) continue;
      const known = compiled.get(contract.digest) ?? this.#compiled.get(contract.digest);
      // Config made it of a document that it had read: core, in between, does not know the type.
      const fresh = known ?? compileContract(contract.document as ContractDocument);
      compiled.set(contract.digest, fresh);
      routes.set(slot, new RouteContract(fresh, compare));
    }
    this.#compiled = compiled;
    this.#routes = routes;
  }

  /** The judgement with what the contract adds to it. A bug in here costs the exchange its check, never its verdict. */
  refine(slot: number, exchange: ContractExchange): Judgement {
    const route = this.#routes.get(slot);
    if (route === undefined) return exchange.judgement;
    try {
      const refined = route.refine(exchange);
      if (refined !== exchange.judgement) this.#count(exchange.judgement, refined);
      return refined;
    } catch (error) {
      this.#counters.add("internalErrors", 1);
      this.#counters.add("contractUnchecked", 1);
      this.#reportFailure(`contract: ${String(error)}`);
      return { ...exchange.judgement, notes: [...(exchange.judgement.notes ?? []), "contract-unchecked"] };
    }
  }

  #count(judged: Judgement, { verdict, notes = [] }: Judgement): void {
    if (verdict !== judged.verdict) this.#counters.add("contractViolated", 1);
    for (const note of notes) {
      const cell = NOTE_CELLS[note];
      if (cell !== undefined) this.#counters.add(cell, 1);
    }
  }
}

const NOTE_CELLS: Readonly<Partial<Record<JudgementNote, ThreadCell>>> = {
  "contract-legacy": "contractLegacy",
  "contract-unknown": "contractUnknown",
  "contract-unchecked": "contractUnchecked",
};

class RouteContract {
  readonly #contract: CompiledContract;
  readonly #compare: CompareSettings;
  readonly #ignore: IgnoreRules;
  #checked = new Map<string, readonly JudgementNote[]>();

  constructor(contract: CompiledContract, compare: CompareSettings) {
    this.#contract = contract;
    this.#compare = compare;
    this.#ignore = compileIgnoreRules(compare.rules);
  }

  refine(exchange: ContractExchange): Judgement {
    const { judgement, candidate, legacy } = exchange;
    const request = exchange.request();
    const key = equalKey(request, exchange);
    const known = key === undefined ? undefined : this.#checked.get(key);
    const isBodyKnown = known !== undefined;
    const ofCandidate = this.#check(request, candidate, isBodyKnown);
    const ofLegacy = ofCandidate.faults.length === 0 ? NOTHING : this.#check(request, legacy, isBodyKnown);
    const notes = new Set([...(known ?? []), ...notesOf(ofCandidate, ofLegacy)]);
    if (key !== undefined && !isBodyKnown)
      this.#remember(key, notesOf(bodyOf(ofCandidate), bodyOf(ofLegacy)));
    const broken = new Set(ofLegacy.faults.map(placeOf));
    // Where the legacy's body could not be looked at, nothing is known of who is at fault.
    const isBlind = ofLegacy.unchecked !== undefined;
    const own = ofCandidate.faults.filter(
      (fault) => !broken.has(placeOf(fault)) && !(isBlind && fault.part === "body"),
    );
    const refined = own.length === 0 ? judgement : this.#withViolations(judgement, own);
    return notes.size === 0 ? refined : { ...refined, notes: [...(refined.notes ?? []), ...notes] };
  }

  #check(request: CheckedRequest, answer: Answer, isBodyKnown: boolean): AnswerCheck {
    const { status, headers, body, capture } = answer;
    const isKept = capture === "complete" || capture === "absent";
    const decoded =
      isKept && !isBodyKnown
        ? decodeBody(body, headers.getAll("content-encoding"), this.#compare.decodedBytesMax)
        : undefined;
    return this.#contract.check(request, {
      status,
      headers,
      body: decoded?.kind === "decoded" ? decoded.bytes : undefined,
      isBodyKnown,
    });
  }

  #withViolations(judgement: Judgement, faults: readonly ContractFault[]): Judgement {
    const ruleHits = new Map(judgement.ruleHits);
    const hidden: Hidden[] = [...(judgement.hidden ?? [])];
    const violations: Difference[] = [];
    for (const fault of faults) {
      const rule = this.#ignore.ruleOf(fault);
      if (rule === undefined) {
        violations.push(violationOf(fault));
        continue;
      }
      ruleHits.set(rule, (ruleHits.get(rule) ?? 0) + 1);
      const { part, path, asked, found } = fault;
      if (!hidden.some(({ ruleIndex }) => ruleIndex === rule))
        hidden.push({ ruleIndex: rule, part, path, legacy: asked, candidate: found });
    }
    return {
      ...judgement,
      verdict: withDifferences(judgement.verdict, violations, this.#compare.differencesMax),
      ruleHits,
      ...(hidden.length > 0 ? { hidden } : undefined),
    };
  }

  #remember(key: string, notes: readonly JudgementNote[]): void {
    if (this.#checked.size >= CHECKED_MAX) this.#checked = new Map();
    this.#checked.set(key, notes);
  }
}

/**
 * What an exchange with equal bodies is remembered under; undefined for any other. Equal bodies of one type break a
 * contract alike, so nothing but a note hangs on two of them having the same checksum.
 */
function equalKey(
  { method, target }: CheckedRequest,
  { legacy, candidate, judgement }: ContractExchange,
): string | undefined {
  const { verdict } = judgement;
  if (verdict.kind !== "match" || verdict.how !== "bytes" || legacy.status !== candidate.status)
    return undefined;
  const media = candidate.headers.get("content-type");
  if (media !== legacy.headers.get("content-type")) return undefined;
  const path = target.split("?", 1)[0] ?? "";
  return `${method} ${path} ${candidate.status} ${media} ${candidate.body.length} ${crc32(candidate.body)}`;
}

const NOTHING: AnswerCheck = { faults: [], unchecked: undefined };

function bodyOf({ faults, unchecked }: AnswerCheck): AnswerCheck {
  return { faults: faults.filter(({ part }) => part === "body"), unchecked };
}

function placeOf({ part, erasedPath, keyword }: ContractFault): string {
  return `${part} ${keyword} ${erasedPath}`;
}

function notesOf(candidate: AnswerCheck, legacy: AnswerCheck): readonly JudgementNote[] {
  const notes: JudgementNote[] = [];
  if (legacy.faults.length > 0) notes.push("contract-legacy");
  if (candidate.unchecked === "no-operation") notes.push("contract-unknown");
  else if (candidate.unchecked !== undefined || legacy.unchecked !== undefined)
    notes.push("contract-unchecked");
  return notes;
}

function violationOf({ part, path, erasedPath, asked, found }: ContractFault): Difference {
  const erased = erasedPath === path ? undefined : { erasedPath };
  return { part, path, kind: "violation", legacy: asked, candidate: found, ...erased };
}

/** What breaks the contract is breaking, whatever the judge could know of it. */
function withDifferences(
  verdict: Verdict,
  violations: readonly Difference[],
  differencesMax: number,
): Verdict {
  if (violations.length === 0) return verdict;
  const places = new Set(violations.map(({ part, path }) => `${part} ${path}`));
  const judged = (verdict.kind === "mismatch" ? verdict.differences : []).map((difference) => {
    if (difference.class === undefined || !places.has(`${difference.part} ${difference.path}`))
      return difference;
    const { class: _class, ...rest } = difference;
    return rest;
  });
  // Violations first: where the list is full they are what it must not lose.
  const differences = [...violations, ...judged];
  const wasCut = verdict.kind === "incomparable" || (verdict.kind === "mismatch" && verdict.isCut);
  return {
    kind: "mismatch",
    differences: differences.slice(0, differencesMax),
    isCut: wasCut || differences.length > differencesMax,
  };
}

/** The `ignore` rules, which hide violations too. A rule on a place hides all that lies below it. */
interface IgnoreRules {
  /** The index of the first rule that hides the fault. */
  ruleOf(fault: ContractFault): number | undefined;
}

function compileIgnoreRules(rules: CompareSettings["rules"]): IgnoreRules {
  const paths: { readonly path: string; readonly index: number }[] = [];
  const headers = new Map<string, number>();
  for (const [index, rule] of rules.entries()) {
    if (rule.kind !== "ignore") continue;
    if (rule.path !== undefined) paths.push({ path: rule.path, index });
    else if (!headers.has(rule.header)) headers.set(rule.header, index);
  }
  const matcher = paths.length === 0 ? undefined : compilePathPatterns(paths.map(({ path }) => path));
  return {
    ruleOf: ({ part, path }) => {
      if (part === "header") return headers.get(path);
      if (part !== "body" || matcher === undefined) return undefined;
      const pattern = firstPattern(matcher, path);
      return pattern === undefined ? undefined : paths[pattern]?.index;
    },
  };
}

function firstPattern(matcher: PathMatcher, path: string): number | undefined {
  let state = matcher.start;
  for (const token of path.split("/").slice(1)) {
    if (state.accept >= 0 || state.isDead) break;
    state = matcher.step(state, token.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  return state.accept >= 0 ? state.accept : undefined;
}
