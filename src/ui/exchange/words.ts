// An exchange in words: its verdict, why it was judged so, what was cut, and what to do about it.

import { formatCount, formatNumber } from "../format.ts";
import { INCOMPARABLE, type Reason } from "../reasons.ts";
import type { Exchange, ExchangeAnswer, ExchangeMessage } from "./exchange.ts";

const KIB = 1024;
const MIB = KIB * KIB;

/** `64 KiB`, `1.2 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < KIB) return formatCount(bytes, "byte");
  const [size, unit] = bytes < MIB ? [bytes / KIB, "KiB"] : [bytes / MIB, "MiB"];
  return `${size >= 100 ? Math.round(size) : Number(size.toFixed(1))}\u00a0${unit}`;
}

/** Bytes of the body that are stored. */
export function storedBytes({ body, bodyEncoding }: Pick<ExchangeMessage, "body" | "bodyEncoding">): number {
  if (bodyEncoding === "utf8") return new TextEncoder().encode(body).length;
  const padding = body.endsWith("==") ? 2 : body.endsWith("=") ? 1 : 0;
  return Math.floor((body.length * 3) / 4) - padding;
}

/** How large the body is, and how much of it is stored. */
export function sizeWords(message: ExchangeMessage): string {
  const { body, bodyBytes, isBodyCut } = message;
  if (!isBodyCut) return bodyBytes === 0 ? "no body" : formatBytes(bodyBytes);
  if (body === "") return `not stored: of ${formatBytes(bodyBytes)} not all could be read`;
  return `cut at ${formatBytes(storedBytes(message))} of ${formatBytes(bodyBytes)}`;
}

export function statusWords({ status }: ExchangeAnswer): string {
  return status === 0 ? "no answer" : String(status);
}

export function verdictWords({ verdict, differences, isCut, hidden }: Exchange): string {
  const rules = hidden?.length ?? 0;
  switch (verdict) {
    case "match":
      return rules === 0 ? "Both answered the same." : "Both answered the same, under the rules.";
    case "mismatch": {
      const places = formatCount(differences.length, "place");
      return isCut
        ? `The candidate differs from the legacy in more than the ${places} listed.`
        : `The candidate differs from the legacy in ${places}.`;
    }
    case "incomparable":
      return "The two answers could not be compared. This is neither a match nor a mismatch.";
  }
}

type Note = NonNullable<Exchange["notes"]>[number];
const NOTES: Readonly<Record<Note, string>> = {
  "array-by-index":
    "The elements of an array were compared by their place: the two were too unlike to be aligned, or too costly to match in any order.",
  "array-keys":
    "The keys by which a rule pairs an array's elements were missing or not unique: equal elements were paired in any order instead.",
  "contract-legacy":
    "The legacy's answer breaks the contract as well; what both break alike is no difference.",
  "contract-unknown": "The contract does not have this path or method: the answer was not held against it.",
  "contract-unchecked":
    "A body could not be held against the contract: too large, not kept, or too many steps.",
};

export function noteWords(note: Note): string {
  return NOTES[note];
}

/** Undefined for a reason that another version stored, and this one does not know. */
export function incomparableReason(reason: string): Reason | undefined {
  const known: Readonly<Record<string, Reason | undefined>> = INCOMPARABLE;
  return known[reason];
}

/** `1.4 × as long`, `the same time`. */
export function ratioWords(legacyMs: number, candidateMs: number): string {
  if (legacyMs <= 0 || candidateMs <= 0) return "";
  const ratio = candidateMs / legacyMs;
  if (ratio > 0.95 && ratio < 1.05) return "The candidate took about the same time.";
  const times = (value: number) => (value >= 10 ? formatNumber(Math.round(value)) : value.toFixed(1));
  return ratio > 1
    ? `The candidate took ${times(ratio)}\u00a0times as long.`
    : `The candidate was ${times(1 / ratio)}\u00a0times as fast.`;
}
