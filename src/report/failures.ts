// What `--fail-on` finds. Pure. docs/reports.md says the same in words.
import type { SignatureAnswer } from "../admin/schemas.ts";
import { assertNever } from "../core/assert.ts";
import { UNTRIAGED_STATES } from "../core/triage.ts";

export const FAIL_ON = ["mismatch", "untriaged", "breaking"] as const;
export type FailOn = (typeof FAIL_ON)[number];
/** Signatures that each finds. */
export type FailureCounts = Readonly<Record<FailOn, number>>;

/**
 * - `mismatch`: every difference, noise as well: the strict one, that needs no judgement of what noise is.
 * - `untriaged`: nobody decided on it yet, or it came back after it was fixed; and the evidence does not say that it is
 *   noise or gone a moment later.
 * - `breaking`: can break a client, and is not noise. A transient one counts: a candidate that fails now and then
 *   looks like that where nothing is paired.
 */
export function isFailure(
  failOn: FailOn,
  { state, tier, breaking }: Pick<SignatureAnswer, "state" | "tier" | "breaking">,
): boolean {
  switch (failOn) {
    case "mismatch":
      return true;
    case "untriaged":
      return UNTRIAGED_STATES.includes(state) && (tier === "confirmed" || tier === "suspect");
    case "breaking":
      return breaking > 0 && tier !== "noise";
    default:
      return assertNever(failOn);
  }
}
