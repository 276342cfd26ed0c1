// The calendar of a rollout: windows in which nothing is promoted. What goes back goes back in any of them.

export interface FreezeWindow {
  /** Why: for people. */
  readonly name: string;
  /** ISO 8601 with a zone; the first moment of it. */
  readonly from: string;
  /** The first moment after it. */
  readonly to: string;
}

export interface Freeze {
  /** Of the window that is open now and ends last. */
  readonly name: string;
  /** When promotions are possible again: windows that overlap or follow at once are one. */
  readonly untilMs: number;
}

/** Null where nothing is frozen. */
export function frozenUntil(windows: readonly FreezeWindow[], nowMs: number): Freeze | null {
  let freeze: Freeze | null = null;
  const read = windows
    .map(({ name, from, to }) => ({ name, fromMs: Date.parse(from), toMs: Date.parse(to) }))
    .sort((a, b) => a.fromMs - b.fromMs);
  for (const { name, fromMs, toMs } of read) {
    const atMs: number = freeze?.untilMs ?? nowMs;
    if (fromMs <= atMs && toMs > atMs) freeze = { name, untilMs: toMs };
  }
  return freeze;
}
