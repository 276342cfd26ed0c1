// What the demo reads from the admin API while it runs: the totals of GET /api/summary.
import { request } from "undici";

export interface DemoTotals {
  readonly exchanges: number;
  readonly match: number;
  readonly mismatch: number;
  readonly incomparable: number;
  /** All reasons together. */
  readonly skipped: number;
  readonly inFlight: number;
}

const POLL_MS = 50;

function numberAt(source: Readonly<Record<string, unknown>>, key: string): number {
  const value = source[key];
  return typeof value === "number" ? value : 0;
}

/** Totals from the JSON of /api/summary; undefined where it is not of that shape. */
export function totalsFrom(summary: unknown): DemoTotals | undefined {
  if (typeof summary !== "object" || summary === null || !("totals" in summary)) return undefined;
  const { totals } = summary;
  if (typeof totals !== "object" || totals === null) return undefined;
  const source = totals as Readonly<Record<string, unknown>>;
  const skipped = source["skipped"];
  const reasons = typeof skipped === "object" && skipped !== null ? Object.values(skipped) : [];
  return {
    exchanges: numberAt(source, "exchanges"),
    match: numberAt(source, "match"),
    mismatch: numberAt(source, "mismatch"),
    incomparable: numberAt(source, "incomparable"),
    skipped: reasons.reduce<number>((sum, count) => sum + (typeof count === "number" ? count : 0), 0),
    inFlight: numberAt(source, "inFlight"),
  };
}

/** Undefined when the admin listener gives no such answer just now. */
export async function fetchTotals(adminUrl: string): Promise<DemoTotals | undefined> {
  try {
    const answer = await request(`${adminUrl}/api/summary`, { headersTimeout: 2_000, bodyTimeout: 2_000 });
    return totalsFrom(await answer.body.json());
  } catch {
    // The caller shows the totals it had: progress is a courtesy, the report at the end is not read here.
    return undefined;
  }
}

/** Waits until nothing is in flight any more, at most `msMax`; resolves with the last totals. */
export async function waitUntilSettled(adminUrl: string, msMax: number): Promise<DemoTotals | undefined> {
  const deadlineMs = performance.now() + msMax;
  let totals = await fetchTotals(adminUrl);
  while ((totals === undefined || totals.inFlight > 0) && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    totals = await fetchTotals(adminUrl);
  }
  return totals;
}
