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

/** Fewer are single mishaps; ParallaxServesErrors alerts at the same share. */
const FAILED_SHARE_MIN = 0.01;

/** The share of the exchanges since `before` that the legacy gave no whole answer to; undefined while it is small. */
export function legacyFailureShare(summary: Summary, before: Summary | undefined): number | undefined {
  if (before === undefined) return undefined;
  const failedIn = ({ totals }: Summary) => totals.skipped["primary-failed"] ?? 0;
  const exchanges = summary.totals.exchanges - before.totals.exchanges;
  const share = (failedIn(summary) - failedIn(before)) / exchanges;
  return exchanges > 0 && share >= FAILED_SHARE_MIN ? share : undefined;
}

type State = Pick<Truth, "state" | "tone">;

/** What holds for clients, and whether evidence is being gathered: the worst that is true. */
function stateOf(summary: Summary, before: Summary | undefined): State {
  const { isKilled, upstreams, threads, store } = summary;
  const failed = legacyFailureShare(summary, before);
  if (failed !== undefined)
    return { state: `the legacy fails: no whole answer to ${formatPercent(failed)} of late`, tone: "bad" };
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

/** `before` is a summary of a short while ago. */
export function truthOf(summary: Summary, before?: Summary): Truth {
  const { totals, signatures } = summary;
  const compared = totals.match + totals.mismatch;
  return {
    exchanges: `${formatShort(totals.exchanges)} ${totals.exchanges === 1 ? "exchange" : "exchanges"}`,
    match: compared === 0 ? "nothing compared yet" : `${formatPercent(totals.match / compared)} match`,
    signatures: signatures === null ? undefined : formatCount(signatures.open, "open signature"),
    ...stateOf(summary, before),
  };
}
