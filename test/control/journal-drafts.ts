// An entry for a journal that is told apart by its number.
import type { JournalDraft } from "../../src/rollout/journal.ts";
import { beginState } from "../../src/rollout/state.ts";
import { SHADOW, type Step } from "../../src/rollout/step.ts";

export function journalDraft(
  route: string,
  number: number,
  changes: Partial<JournalDraft> = {},
): JournalDraft {
  const to: Step = { stage: "ramp", basisPoints: number };
  return {
    atMs: 1_000 + number,
    route,
    epoch: number,
    event: "promote",
    who: "anna",
    role: "operator",
    reason: `the ${number}th: wie geplant ✓`,
    from: SHADOW,
    to,
    isForced: false,
    gate: null,
    state: { ...beginState("shadow", 1), at: to, since: number },
    ...changes,
  };
}
