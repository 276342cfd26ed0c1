// The line of truth: how much, how alike, what is open, and what clients get of all this. Pure.
import type { Summary } from "../../admin/schemas.ts";
import { formatCount, formatPercent, formatShort } from "../format.ts";

export interface Truth {
  readonly exchanges: string;
  readonly match: string;
  readonly signatures: string | undefined;
  readonly state: string;
  readonly tone: "good" | "warn" | "bad";
}

type State = Pick<Truth, "state" | "tone">;

/** What holds for clients, and whether evidence is being gathered: the worst that is true. */
function stateOf(summary: Summary): State {
  const { isKilled, upstreams, threads, store } = summary;
  if (isKilled) return { state: "kill switch on: nothing is mirrored", tone: "bad" };
  const candidate = upstreams.find(({ name }) => name === "candidate");
  if (candidate === undefined) return { state: "no candidate: nothing is mirrored", tone: "warn" };
  if (candidate.breaker === "open")
    return { state: "the candidate fails: its breaker is open, nothing is mirrored", tone: "bad" };
  if (threads.some(({ kind, state }) => kind === "serving" && state === "lost"))
    return { state: "a serving thread is lost, and is being replaced", tone: "bad" };
  if (threads.some(({ kind, state }) => kind === "shadow" && state === "lost"))
    return { state: "legacy path untouched, a shadow thread is being replaced", tone: "warn" };
  if (store.kind === "failing")
    return { state: "legacy path untouched, the store fails: evidence is not kept", tone: "warn" };
  return { state: "legacy path untouched", tone: "good" };
}

export function truthOf(summary: Summary): Truth {
  const { totals, signatures } = summary;
  const compared = totals.match + totals.mismatch;
  return {
    exchanges: `${formatShort(totals.exchanges)} ${totals.exchanges === 1 ? "exchange" : "exchanges"}`,
    match: compared === 0 ? "nothing compared yet" : `${formatPercent(totals.match / compared)} match`,
    signatures: signatures === null ? undefined : formatCount(signatures.open, "open signature"),
    ...stateOf(summary),
  };
}
