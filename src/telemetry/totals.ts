// Sums over the threads' counter blocks, of living and of lost threads alike.
// Invariant: exchanges = match + mismatch + Σ incomparable + Σ skipped + in flight, and in flight is never below
// zero: outcomes are read before exchanges, in all blocks, because an outcome is always written after its begin.
import {
  BASELINE_CELLS,
  type BaselineOutcome,
  type Counters,
  RECHECK_CELLS,
  type RecheckOutcome,
  type ThreadCell,
} from "../core/counters.ts";
import { SKIP_REASONS, type SkipReason } from "../core/skip.ts";
import { INCOMPARABLE_REASONS, type IncomparableReason } from "../core/verdict.ts";

/** A route's name and its slot in every block; slot 0 is `*other*`. */
export interface RouteSlot {
  readonly slot: number;
  readonly name: string;
}

export interface Totals {
  readonly exchanges: number;
  readonly match: number;
  readonly mismatch: number;
  /** Sum over its reasons. */
  readonly incomparable: number;
  /** Every reason, zeros included. */
  readonly incomparableByReason: Readonly<Record<IncomparableReason, number>>;
  /** Every reason, zeros included. */
  readonly skipped: Readonly<Record<SkipReason, number>>;
  readonly inFlight: number;
}

export interface RouteTotals {
  readonly overall: Totals;
  /** One per slot that was asked for, in that order. */
  readonly routes: readonly (Totals & RouteSlot)[];
}

/** What was read again, and what it told; none of it is an outcome of an exchange. */
export interface NoiseTotals {
  /** Mismatches whose every difference was noise when it was seen. */
  readonly mismatches: number;
  readonly baseline: Readonly<Record<BaselineOutcome, number>>;
  readonly rechecks: Readonly<Record<RecheckOutcome, number>>;
}

export function readNoise(blocks: readonly Counters[]): NoiseTotals {
  const sum = (cell: ThreadCell) => blocks.reduce((total, block) => total + block.get(cell), 0);
  const sums = <Outcome extends string>(cells: Readonly<Record<Outcome, ThreadCell>>) =>
    Object.fromEntries(
      Object.entries<ThreadCell>(cells).map(([outcome, cell]) => [outcome, sum(cell)]),
    ) as Record<Outcome, number>;
  return { mismatches: sum("noise"), baseline: sums(BASELINE_CELLS), rechecks: sums(RECHECK_CELLS) };
}

export interface RecordedTotals {
  readonly exchanges: number;
  readonly files: number;
  readonly bytes: number;
  /** Exchanges that should be in a recording and are not. */
  readonly lost: number;
  /** On their way to the disk; those that are left when everything has stopped went with a thread that was lost. */
  readonly waiting: number;
}

export function readRecorded(blocks: readonly Counters[]): RecordedTotals {
  const sum = (cell: ThreadCell) => blocks.reduce((total, block) => total + block.get(cell), 0);
  // Ends before begins: what is read meanwhile is waiting, never less than nothing.
  const [exchanges, lost] = [sum("recorded"), sum("recordLost")];
  return {
    exchanges,
    files: sum("recordedFiles"),
    bytes: sum("recordedBytes"),
    lost,
    waiting: sum("recordBegun") - exchanges - lost,
  };
}

interface Sums {
  exchanges: number;
  match: number;
  mismatch: number;
  readonly incomparable: Record<IncomparableReason, number>;
  readonly skipped: Record<SkipReason, number>;
}

function zeroFor<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
}

function emptySums(): Sums {
  return {
    exchanges: 0,
    match: 0,
    mismatch: 0,
    incomparable: zeroFor(INCOMPARABLE_REASONS),
    skipped: zeroFor(SKIP_REASONS),
  };
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** The number of skipped exchanges, whatever the reason. */
export function skippedOf(totals: Totals): number {
  return sumOf(totals.skipped);
}

function addOutcomes(sums: Sums, block: Counters, slot: number): void {
  const outcomes = block.outcomes(slot);
  sums.match += outcomes.match;
  sums.mismatch += outcomes.mismatch;
  for (const reason of INCOMPARABLE_REASONS)
    sums.incomparable[reason] += outcomes.incomparable.get(reason) ?? 0;
  for (const reason of SKIP_REASONS) sums.skipped[reason] += outcomes.skipped.get(reason) ?? 0;
}

function totalsFrom(sums: Sums): Totals {
  const incomparable = sumOf(sums.incomparable);
  return {
    exchanges: sums.exchanges,
    match: sums.match,
    mismatch: sums.mismatch,
    incomparable,
    incomparableByReason: sums.incomparable,
    skipped: sums.skipped,
    inFlight: sums.exchanges - sums.match - sums.mismatch - incomparable - sumOf(sums.skipped),
  };
}

/**
 * One reading of all books. `slots` names every slot that was ever given out, routes that a reload removed
 * included: what is not named is not counted, on neither side of the sum.
 */
export function readTotals(blocks: readonly Counters[], slots: readonly RouteSlot[]): RouteTotals {
  const routes = slots.map((route) => ({ route, sums: emptySums() }));
  for (const { route, sums } of routes) for (const block of blocks) addOutcomes(sums, block, route.slot);
  for (const { route, sums } of routes)
    for (const block of blocks) sums.exchanges += block.exchanges(route.slot);
  const overall = emptySums();
  for (const { sums } of routes) addSums(overall, sums);
  return {
    overall: totalsFrom(overall),
    routes: routes.map(({ route, sums }) => ({ ...route, ...totalsFrom(sums) })),
  };
}

function addSums(into: Sums, from: Sums): void {
  into.exchanges += from.exchanges;
  into.match += from.match;
  into.mismatch += from.mismatch;
  for (const reason of INCOMPARABLE_REASONS) into.incomparable[reason] += from.incomparable[reason];
  for (const reason of SKIP_REASONS) into.skipped[reason] += from.skipped[reason];
}
