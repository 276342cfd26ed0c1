// Judges two answers as the shadow thread does: the route's rules, its contract, then redaction, then signatures.
// Invariant: no value leaves here before redaction.
import type { Signature } from "../core/batch.ts";
import { systemClock } from "../core/clock.ts";
import { Counters } from "../core/counters.ts";
import { type Answer, fieldLinesFrom } from "../core/exchange.ts";
import { answersFormOf } from "../core/media-type.ts";
import type { RouteSettings, Snapshot } from "../core/snapshot.ts";
import type { Difference, Judgement, Verdict } from "../core/verdict.ts";
import { decodeBody } from "../diff/decode.ts";
import { judge } from "../diff/judge.ts";
import { type CompiledCompare, compileCompare } from "../diff/judging.ts";
import { compileRedaction, REDACTED, type Redaction } from "../diff/redact.ts";
import { signatureOf } from "../diff/signature.ts";
import { ContractChecks } from "../shadow/contract-check.ts";
import { type CustomModules, functionsOf } from "../shadow/custom-modules.ts";

/** One difference as it may be shown, with the group it belongs to. */
export interface SignedDifference {
  readonly signature: Signature;
  readonly difference: Difference;
}

export interface ReplayJudgement {
  readonly verdict: Verdict;
  /** Redacted; empty unless a mismatch. */
  readonly differences: readonly SignedDifference[];
}

export interface JudgedPair {
  readonly route: RouteSettings;
  readonly endpoint: string;
  readonly request: { readonly method: string; readonly target: string };
  readonly legacy: Answer;
  readonly candidate: Answer;
  /** The legacy's answer is a recorded one: redacted, its body decoded. */
  readonly isRecorded: boolean;
}

interface CompiledRoute {
  readonly compare: CompiledCompare;
  readonly redaction: Redaction;
}

export class ReplayJudge {
  readonly #routes: ReadonlyMap<string, CompiledRoute>;
  readonly #contracts: ContractChecks;

  constructor(snapshot: Snapshot, modules: CustomModules) {
    this.#routes = new Map(
      snapshot.routes.map(({ name, compare }) => [
        name,
        {
          compare: compileCompare(compare, systemClock, functionsOf(compare, modules)),
          redaction: compileRedaction(snapshot.redact, compare.rules),
        },
      ]),
    );
    // What it counts is in no book here; what it cannot check is a note of the judgement.
    this.#contracts = new ContractChecks(new Counters(), () => undefined);
    this.#contracts.apply(snapshot);
  }

  judge(pair: JudgedPair): ReplayJudgement {
    const compiled = this.#routes.get(pair.route.name);
    if (compiled === undefined)
      return {
        verdict: { kind: "incomparable", reason: "internal", detail: "no such route" },
        differences: [],
      };
    const { redaction } = compiled;
    const { legacy } = pair;
    const candidate = pair.isRecorded ? asRecorded(pair.candidate, compiled) : pair.candidate;
    if ("reason" in candidate) return { verdict: candidate, differences: [] };
    const found = judge(legacy, candidate, compiled.compare);
    const refined = this.#contracts.refine(pair.route.slot, {
      request: () => pair.request,
      legacy,
      candidate,
      judgement: found,
    });
    const form = answersFormOf(legacy, candidate);
    const shown = redaction.judgement(pair.isRecorded ? withoutRedacted(refined) : refined, form);
    const { verdict } = shown;
    if (verdict.kind !== "mismatch") return { verdict, differences: [] };
    return {
      verdict,
      differences: verdict.differences.map((difference) => ({
        signature: signatureOf(pair.endpoint, difference),
        difference: redaction.difference(difference, form),
      })),
    };
  }
}

/** An answer in the form in which recordings have theirs: decoded, and redacted as they are. */
function asRecorded(
  answer: Answer,
  { compare, redaction }: CompiledRoute,
): Answer | Extract<Verdict, { kind: "incomparable" }> {
  if (answer.capture !== "complete") return answer;
  const codings = answer.headers.getAll("content-encoding");
  const decoded = decodeBody(answer.body, codings, compare.settings.decodedBytesMax);
  if (decoded.kind === "failed")
    return { kind: "incomparable", reason: decoded.reason, detail: `candidate: ${decoded.detail}` };
  const headers = answer.headers.entries().filter(([name]) => name !== "content-encoding");
  return {
    ...answer,
    headers: fieldLinesFrom(redaction.headers(headers)),
    body: redaction.body(decoded.bytes, answer.headers.get("content-type")),
  };
}

/** A value that the recording does not have cannot be compared: where nothing else differs, nothing can be told. */
function withoutRedacted(judgement: Judgement): Judgement {
  const { verdict } = judgement;
  if (verdict.kind !== "mismatch") return judgement;
  const differences = verdict.differences.filter(({ legacy }) => legacy?.includes(REDACTED) !== true);
  if (differences.length === verdict.differences.length) return judgement;
  return {
    ...judgement,
    verdict:
      differences.length > 0
        ? { ...verdict, differences }
        : {
            kind: "incomparable",
            reason: "not-compared",
            detail: "differs only where the recording is redacted",
          },
  };
}
