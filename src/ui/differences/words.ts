// A signature in words: what differs, on what evidence it is called so, and what was decided about it. Pure.
import type { SignatureAnswer } from "../../admin/schemas.ts";
import { CONFIRMED_E } from "../../core/evidence.ts";
import { OTHER } from "../../core/other.ts";
import type { DifferenceClass } from "../../core/verdict.ts";
import { formatAgo, formatCount, formatDate, formatNumber } from "../format.ts";
import { seenPairs } from "../rules/seen-values.ts";

type Named = Pick<SignatureAnswer, "part" | "path">;

function segments(path: string): readonly string[] {
  return path
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** What differs, as a noun: `price`, `an element of items`, `the header etag`, `the status`. */
export function placeWords({ part, path }: Named): string {
  if (path === OTHER) return "differences past the limit of signatures";
  if (part === "status") return "the status";
  if (part === "header") return path === "" ? "the headers" : `the header ${path}`;
  const names = segments(path);
  const last = names.at(-1);
  if (last === undefined) return "the whole body";
  if (last !== "*") return last;
  const array = names.filter((name) => name !== "*").at(-1);
  return array === undefined ? "an element of the answer" : `an element of ${array}`;
}

/** The JSON type that a raw text has. */
function typeWords(text: string | undefined): string {
  if (text === undefined) return "missing";
  if (text.startsWith('"')) return "text";
  if (text.startsWith("{")) return "an object";
  if (text.startsWith("[")) return "a list";
  if (text === "null") return "null";
  return text === "true" || text === "false" ? "a boolean" : "a number";
}

/** At the beginning of a sentence. The name of a field stays as it is written. */
function subjectWords(signature: Named): string {
  const words = placeWords(signature);
  const isField = signature.part === "body" && segments(signature.path).at(-1) === words;
  return isField ? words : `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}

/** One sentence: `price is text in the candidate and a number in the legacy`. */
export function differenceWords(
  signature: Named & Pick<SignatureAnswer, "kind" | "values" | "example">,
): string {
  const { part, path, kind } = signature;
  const place = placeWords(signature);
  const [top] = seenPairs(signature);
  if (path === OTHER) return "Signatures past the limit are counted here, whatever they are.";
  switch (kind) {
    case "added":
      return `Only the candidate has ${place}.`;
    case "removed":
      return `The candidate lacks ${place}, which the legacy has.`;
    case "changed":
      if (part === "status" && top?.legacy !== undefined && top.candidate !== undefined)
        return `The status is ${top.candidate} in the candidate and ${top.legacy} in the legacy.`;
      return `${subjectWords(signature)} has another value in the candidate.`;
    case "type":
      if (top === undefined) return `${subjectWords(signature)} has another type in the candidate.`;
      return `${subjectWords(signature)} is ${typeWords(top.candidate)} in the candidate and ${typeWords(top.legacy)} in the legacy.`;
    case "moved":
      return `${subjectWords(signature)} has the same elements in another order in the candidate.`;
    case "unparseable":
      return `${subjectWords(signature)} is not what its content type says, on one side.`;
    case "duplicate-key":
      return `${subjectWords(signature)} is there twice in one object, on one side.`;
    case "violation":
      return `${subjectWords(signature)} breaks the route's contract in the candidate.`;
    default:
      return kind satisfies never;
  }
}

/** Mixed where some of its differences can break a client and others cannot. */
export function classOf({
  breaking,
  count,
}: Pick<SignatureAnswer, "breaking" | "count">): DifferenceClass | "mixed" {
  if (breaking === 0) return "additive";
  return breaking < count ? "mixed" : "breaking";
}

export const CLASS_WORDS = {
  additive: "only the candidate has it: clients of the legacy go on",
  breaking: "can break a client that lives with the legacy's answers",
  mixed: "some of its differences can break a client, others only add",
} as const satisfies Record<DifferenceClass | "mixed", string>;

export const TIER_WORDS = {
  confirmed: "the candidate differs where the legacy does not differ from itself",
  suspect: "not enough is known yet to say whether it is noise",
  noise: "the legacy differs from itself here as well",
  transient: "most were gone when they were read again: the two were not in the same state",
} as const satisfies Record<SignatureAnswer["tier"], string>;

function roundE(eValue: number): string {
  if (eValue >= 1e6) return "over a million";
  return eValue >= 10 ? formatNumber(Math.floor(eValue)) : eValue.toFixed(1);
}

type Evidence = Pick<
  SignatureAnswer,
  "tier" | "paired" | "pairs" | "eValue" | "rechecked" | "transient" | "shapeBroken"
>;

/** What speaks for the tier, a sentence each, with the numbers that decided first. */
export function evidenceWords(signature: Evidence): readonly string[] {
  const { paired, pairs, eValue, rechecked, transient, shapeBroken } = signature;
  const sentences: string[] = [];
  if (paired === 0)
    sentences.push(
      "Nothing was compared with a second answer of the legacy yet, so noise cannot be told from a real difference.",
    );
  else {
    const legacyDiffers = pairs.baselineOnly + pairs.both;
    sentences.push(
      `Of ${formatCount(paired, "exchange")} that the legacy answered twice, the candidate alone differed here in ${formatNumber(pairs.candidateOnly)}, and the legacy differed from itself in ${formatNumber(legacyDiffers)}.`,
      eValue >= CONFIRMED_E
        ? `E is ${roundE(eValue)}: were both services alike here, evidence this strong would come up at most once in ${roundE(eValue)} places.`
        : `E is ${roundE(eValue)}: ${CONFIRMED_E} would confirm it, 1 says nothing.`,
    );
  }
  if (rechecked > 0)
    sentences.push(
      `${formatCount(rechecked, "exchange was", "exchanges were")} read again shortly after: the difference was gone in ${formatNumber(transient)}.`,
    );
  if (shapeBroken > 0)
    sentences.push(
      `${formatCount(shapeBroken, "value")} of the candidate ${shapeBroken === 1 ? "lacks" : "lack"} the shape that the legacy's always have here.`,
    );
  return sentences;
}

/** What the last decision means now; empty where there is none to tell of. */
export function decisionWords(
  { state, triage, lastSeenMs }: Pick<SignatureAnswer, "state" | "triage" | "lastSeenMs">,
  nowMs: number,
): string {
  if (triage === null) return "";
  const by = `by ${triage.who} on ${formatDate(triage.atMs)}`;
  const expires = triage.expiresMs;
  switch (state) {
    case "reopened":
      return `Was fixed ${by}; came back, last seen ${formatAgo(lastSeenMs, nowMs)}.`;
    case "accepted":
      return `Accepted ${by}${expires === undefined ? "" : `, until ${lastDay(expires)}`}.`;
    case "bug":
      return `Called a bug ${by}.`;
    case "fixed":
      return `Called fixed ${by}; not seen since.`;
    case "new":
      return expires === undefined
        ? `Put back to new ${by}.`
        : `Was accepted ${by}, until ${lastDay(expires)}: that is over.`;
    default:
      return state satisfies never;
  }
}

/** An acceptance ends with its last day, at the first moment of the next. */
function lastDay(expiresMs: number): string {
  return formatDate(expiresMs - 1);
}

/** Sends the stored requests of the signature again: `--candidate` is the build that may have mended it. */
export function replayLine(id: string): string {
  return `npx parallax replay --signature ${id} --candidate http://127.0.0.1:8081`;
}

/** One sentence: what somebody who sees it for the first time does now. */
export function stepWords({ state, tier, path }: Pick<SignatureAnswer, "state" | "tier" | "path">): string {
  if (path === OTHER)
    return "Decide about the other signatures of this endpoint, or raise limits.signaturesPerEndpointMax.";
  if (state === "accepted" || state === "fixed") return "Nothing, unless you know better: it is decided.";
  if (state === "bug") return "Wait for the mend, then ask with the command below whether it is fixed.";
  if (state === "reopened")
    return "It was fixed and is back. Look at a stored sample: is it the same fault, or another one?";
  switch (tier) {
    case "confirmed":
      return "Look at a stored sample. Is it wanted? Accept it, until a day to look again. If not, call it a bug, with a link.";
    case "suspect":
      return "Look at a stored sample. Is the value made anew for each answer? Then a rule below says so. If not, treat it as real.";
    case "noise":
      return "The legacy does the same to itself. A rule below takes it out of the counts; look at what it would hide first.";
    case "transient":
      return "The two services were not in the same state for a moment. Watch it; a rule is rarely right.";
    default:
      return tier satisfies never;
  }
}
