// What the answers of today say of one signature: fixed, still differs, or cannot tell. Pure.
// Invariant: `fixed` rests on a sample that was wholly seen where the signature was; what hides the place is no proof.
import { assertNever } from "../core/assert.ts";
import type { Sample, Signature } from "../core/batch.ts";
import { OTHER } from "../core/other.ts";
import type { ReplayOutcome } from "./exchange.ts";
import type { SignedDifference } from "./replay-judge.ts";

export type SampleFinding =
  /** The signature is there. */
  | { readonly kind: "still"; readonly found: SignedDifference }
  /** Another difference is at its place or around it. */
  | { readonly kind: "otherwise"; readonly found: SignedDifference }
  | { readonly kind: "gone" }
  | { readonly kind: "unknown"; readonly why: string };

export type FixedVerdict = "fixed" | "still-differs" | "cannot-tell";

/** Why a signature cannot be replayed at all; undefined where it can. */
export function whyNotReplayable({ path }: Pick<Signature, "path">): string | undefined {
  return path === OTHER
    ? "it stands for all differences of its endpoint past limits.signaturesPerEndpointMax, not for one"
    : undefined;
}

/** Paths may be cut for display: the id is of the whole. */
function isSame(found: Signature, wanted: Signature): boolean {
  const isSamePlace = found.part === wanted.part && found.path === wanted.path && found.kind === wanted.kind;
  return found.id === wanted.id || isSamePlace;
}

/** Is `found` at the place of `wanted`, or around it? */
function isAround(found: Signature, wanted: Signature): boolean {
  if (found.part !== wanted.part) return false;
  return found.path === wanted.path || wanted.path.startsWith(`${found.path}/`);
}

/** What one stored exchange, sent again, says of the signature. */
export function findingOf(wanted: Signature, sample: Sample, outcome: ReplayOutcome): SampleFinding {
  const unknown = (why: string): SampleFinding => ({ kind: "unknown", why });
  switch (outcome.kind) {
    case "skipped":
      return unknown(outcome.detail);
    case "failed":
      return unknown(`${outcome.reason}${outcome.detail === "" ? "" : ` (${outcome.detail})`}`);
    case "judged":
      break;
    default:
      return assertNever(outcome);
  }
  const { verdict, differences } = outcome.judgement;
  const still = differences.find(({ signature }) => isSame(signature, wanted));
  if (still !== undefined) return { kind: "still", found: still };
  if (outcome.legacyStatus !== sample.legacy.status)
    return unknown(`the legacy answers ${outcome.legacyStatus} now, it was ${sample.legacy.status}`);
  const isBody = wanted.part === "body";
  // Under another status the bodies are others: what differs in them says nothing of these.
  const hadStatus = sample.differences.some(({ part }) => part === "status");
  if (isBody && !hadStatus && differences.some(({ signature: { part } }) => part === "status"))
    return unknown(
      `the candidate answers ${outcome.candidateStatus} where the legacy answers ${outcome.legacyStatus}`,
    );
  const otherwise = differences.find(({ signature }) => isAround(signature, wanted));
  if (otherwise !== undefined) return { kind: "otherwise", found: otherwise };
  // Heads are always wholly compared; bodies are not, where they are cut.
  if (!isBody) return { kind: "gone" };
  if (verdict.kind === "incomparable") return unknown(`incomparable: ${verdict.reason} (${verdict.detail})`);
  if (verdict.kind === "mismatch" && verdict.isCut)
    return unknown("the answers differ in more than could be listed");
  return { kind: "gone" };
}

export function verdictOf(findings: readonly SampleFinding[]): FixedVerdict {
  if (findings.some(({ kind }) => kind === "still" || kind === "otherwise")) return "still-differs";
  return findings.some(({ kind }) => kind === "gone") ? "fixed" : "cannot-tell";
}
