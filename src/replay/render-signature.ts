// What came of one signature, for people and as JSON. Pure.
import { assertNever } from "../core/assert.ts";
import type { Signature } from "../core/batch.ts";
import type { Tier } from "../core/evidence.ts";
import type { FixedVerdict, SampleFinding } from "./is-fixed.ts";
import type { SignatureReplay } from "./replay-signature.ts";
import { counted, number, placeOf, safe, valuesOf } from "./wording.ts";

/** Raised when a reader of older output could misread newer one. */
export const REPLAY_SCHEMA_VERSION = 1;
const TARGET_CHARACTERS_MAX = 60;
const WHY_CHARACTERS_MAX = 120;

export interface SignatureOutput {
  readonly signature: Signature & { readonly tier: Tier };
  readonly replay: SignatureReplay;
  readonly legacy: string;
  readonly candidate: string;
  /** Where the rules came from, and what was left out of them. */
  readonly rules: string;
  readonly isUnsafe: boolean;
}

const WORDS: Readonly<Record<FixedVerdict, string>> = {
  fixed: "fixed",
  "still-differs": "still differs",
  "cannot-tell": "cannot tell",
};

function isDiffering({ kind }: SampleFinding): boolean {
  return kind === "still" || kind === "otherwise";
}

function countsOf({ samples }: SignatureReplay) {
  const differing = samples.filter(({ finding }) => isDiffering(finding)).length;
  const unknown = samples.filter(({ finding }) => finding.kind === "unknown").length;
  return { sent: samples.length, judged: samples.length - unknown, differing, unknown };
}

function headline(replay: SignatureReplay): string {
  const { sent, judged, differing, unknown } = countsOf(replay);
  const word = WORDS[replay.verdict];
  if (replay.why !== undefined) return `${word}: ${replay.why}`;
  const requests = counted(sent, "stored request");
  const untold = unknown === 0 ? "" : `; ${number(unknown)} of ${requests} tell nothing`;
  switch (replay.verdict) {
    case "fixed":
      return `${word}: gone from ${number(judged)} of ${number(judged)} answers${untold}`;
    case "still-differs":
      return `${word}: in ${number(differing)} of ${number(judged)} answers${untold}`;
    case "cannot-tell":
      return `${word}: none of ${requests} told anything`;
    default:
      return assertNever(replay.verdict);
  }
}

function findingText(finding: SampleFinding): string {
  switch (finding.kind) {
    case "still":
      return valuesOf(finding.found.difference);
    case "otherwise": {
      const { signature, difference } = finding.found;
      return `differs otherwise: ${placeOf(signature)} ${signature.kind}, ${valuesOf(difference)}`;
    }
    case "gone":
      return "";
    case "unknown":
      return safe(finding.why, WHY_CHARACTERS_MAX);
    default:
      return assertNever(finding);
  }
}

const MARKS: Readonly<Record<SampleFinding["kind"], string>> = {
  still: "differs",
  otherwise: "differs",
  gone: "gone",
  unknown: "unknown",
};

/** Lines ended by \n. */
export function renderSignatureText({
  signature,
  replay,
  legacy,
  candidate,
  rules,
  isUnsafe,
}: SignatureOutput): string {
  const lines = [
    headline(replay),
    "",
    `${safe(signature.endpoint)}  ${placeOf(signature)}  ${signature.kind}`,
    `  legacy ${legacy} · candidate ${candidate}`,
    `  ${rules}`,
  ];
  if (signature.tier === "noise")
    lines.push("  noise: the legacy differs from itself there, too; what it needs is a rule, not a fix");
  if (isUnsafe) lines.push("  --unsafe: writes were sent to both services");
  if (replay.samples.length > 0) lines.push("");
  for (const { method, target, finding } of replay.samples) {
    const request = safe(`${method} ${target}`, TARGET_CHARACTERS_MAX);
    const text = findingText(finding);
    lines.push(`  ${MARKS[finding.kind].padEnd(8)}${text === "" ? request : `${request}  ${text}`}`);
  }
  if (replay.freshTotal > 0) lines.push("", "New, not in the stored answers; part of no verdict here:");
  for (const { example, samples } of replay.fresh) {
    const { signature: found, difference } = example;
    lines.push(`  ${number(samples)}× ${found.kind} ${placeOf(found)}  ${valuesOf(difference)}`);
  }
  const more = replay.freshTotal - replay.fresh.length;
  if (more > 0) lines.push(`  … and ${counted(more, "more signature")}`);
  return `${lines.join("\n")}\n`;
}

export function renderSignatureJson({
  signature,
  replay,
  legacy,
  candidate,
  rules,
}: SignatureOutput): string {
  const { id, endpoint, part, path, kind } = signature;
  const output = {
    schemaVersion: REPLAY_SCHEMA_VERSION,
    verdict: replay.verdict,
    why: replay.why,
    signature: { id, endpoint, part, path, kind },
    legacy,
    candidate,
    rules,
    ...countsOf(replay),
    samples: replay.samples.map(({ exchangeId, method, target, finding }) => ({
      exchangeId,
      method,
      target,
      finding: finding.kind,
      ...(finding.kind === "unknown" ? { why: finding.why } : undefined),
      ...("found" in finding ? { difference: finding.found.difference } : undefined),
    })),
    new: replay.fresh.map(({ example, samples }) => ({
      signatureId: example.signature.id,
      samples,
      difference: example.difference,
    })),
    newTotal: replay.freshTotal,
  };
  return `${JSON.stringify(output, undefined, 2)}\n`;
}
