// Recorded traffic sent again: paced, so many at once, each entry counted once in the ledger.
// Invariant: whatever ends it, what is under way is finished and counted before it returns.
import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import { type PlacedExchange, type ReplayParts, replayExchange } from "./exchange.ts";
import type { Ledger } from "./ledger.ts";
import { type Pace, Pacer } from "./pacer.ts";
import type { Entry } from "./read-recordings.ts";
import type { ReplayableExchange } from "./recorded-schema.ts";

/** Entries that may be counted past one that is not yet: a slow one holds the others then. */
const AHEAD_MAX = 10_000;
/** So many exchanges in a row without an answer: the services are not there, and the rest is not spent on them. */
export const FAILURES_IN_ROW_MAX = 100;

export type TrafficEnd =
  | { readonly kind: "all" }
  | { readonly kind: "limit" }
  | { readonly kind: "stopped" }
  | { readonly kind: "unreadable"; readonly where: string; readonly what: string }
  | { readonly kind: "no-answers"; readonly reason: string };

export interface TrafficInput {
  readonly entries: AsyncIterable<Entry>;
  readonly ledger: Ledger;
  readonly place: (exchange: ReplayableExchange) => PlacedExchange;
  readonly isWanted: (endpoint: string) => boolean;
  readonly pace: Pace;
  readonly concurrency: number;
  /** Exchanges in the ledger, those of an earlier run among them. */
  readonly limit: number;
  /** An entry that cannot be read ends it. */
  readonly isStrict: boolean;
  readonly onUnreadable: (where: string, what: string) => void;
  /** The files' bytes up to the entry that is taken up. */
  readonly onPlace: (bytesDone: number) => void;
  readonly stop: AbortSignal;
  readonly clock: Clock;
}

export async function replayTraffic(input: TrafficInput, parts: ReplayParts): Promise<TrafficEnd> {
  return new TrafficReplay(input, parts).run();
}

class TrafficReplay {
  readonly #input: TrafficInput;
  readonly #parts: ReplayParts;
  readonly #pacer: Pacer;
  readonly #underWay = new Set<Promise<void>>();
  #failuresInRow = 0;
  #lastFailure = "";

  constructor(input: TrafficInput, parts: ReplayParts) {
    this.#input = input;
    this.#parts = parts;
    this.#pacer = new Pacer(input.pace);
  }

  async run(): Promise<TrafficEnd> {
    try {
      for await (const entry of this.#input.entries) {
        const end = this.#input.ledger.has(entry.index) ? undefined : await this.#take(entry);
        if (end !== undefined) return end;
      }
      return this.#input.stop.aborted ? { kind: "stopped" } : { kind: "all" };
    } finally {
      await Promise.all(this.#underWay);
    }
  }

  /** Sends one entry, or says why nothing more is sent. */
  async #take(entry: Entry): Promise<TrafficEnd | undefined> {
    const { ledger, place, isWanted, stop, limit, isStrict } = this.#input;
    if (stop.aborted) return { kind: "stopped" };
    this.#input.onPlace(entry.bytesDone);
    if (entry.kind === "unreadable") {
      const { where, what } = entry;
      ledger.count(entry.index, { kind: "unreadable" });
      this.#input.onUnreadable(where, what);
      return isStrict ? { kind: "unreadable", where, what } : undefined;
    }
    const placed = place(entry.exchange);
    if (!isWanted(placed.endpoint)) {
      ledger.count(entry.index, { kind: "left-out" });
      return undefined;
    }
    const { entries, leftOut, unreadable } = ledger.sums;
    if (entries - leftOut - unreadable + this.#underWay.size >= limit) return { kind: "limit" };
    await this.#room(entry.index);
    await this.#paced(entry.exchange.atMs);
    if (stop.aborted) return { kind: "stopped" };
    if (this.#failuresInRow >= FAILURES_IN_ROW_MAX) return { kind: "no-answers", reason: this.#lastFailure };
    this.#send(entry.index, placed);
    return undefined;
  }

  async #room(index: number): Promise<void> {
    const { concurrency, ledger } = this.#input;
    while (
      this.#underWay.size >= concurrency ||
      (this.#underWay.size > 0 && ledger.ahead(index) >= AHEAD_MAX)
    )
      await Promise.race(this.#underWay);
  }

  async #paced(atMs: number): Promise<void> {
    const { clock, stop } = this.#input;
    const waitMs = this.#pacer.waitMs(clock.monotonicMs(), atMs);
    if (waitMs <= 0) return;
    // Cut short by a stop, which is looked at next.
    await pause(waitMs, undefined, { signal: stop }).catch(() => undefined);
  }

  #send(index: number, placed: PlacedExchange): void {
    const sent = replayExchange(placed, this.#parts).then((outcome) => {
      this.#input.ledger.count(index, outcome);
      if (outcome.kind === "failed") {
        this.#failuresInRow++;
        this.#lastFailure = outcome.detail === "" ? outcome.reason : `${outcome.reason}: ${outcome.detail}`;
      } else if (outcome.kind === "judged") this.#failuresInRow = 0;
      this.#underWay.delete(sent);
    });
    this.#underWay.add(sent);
  }
}
