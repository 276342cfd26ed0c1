// One client request with what each upstream answered.

/** What is known of a message's kept bytes. Only `complete` may be judged equal. */
export type CaptureState = "complete" | "absent" | "overflow" | "aborted";

/** Read-only view of a head's field lines. Names compare without case; values are latin1 text. */
export interface FieldLines {
  /** The first value of `name` (given in lower case), or undefined. */
  get(name: string): string | undefined;
  /** Every value of `name`, in order. */
  getAll(name: string): readonly string[];
  /** All lines in order, names in lower case. */
  entries(): readonly (readonly [name: string, value: string])[];
}

/** What one upstream answered. `body` is as sent: framing removed, Content-Encoding kept. */
export interface Answer {
  readonly status: number;
  readonly headers: FieldLines;
  readonly body: Uint8Array;
  readonly capture: CaptureState;
}

/** Field lines from plain pairs: for stored exchanges, offline diffs and tests. */
export function fieldLinesFrom(pairs: readonly (readonly [string, string])[]): FieldLines {
  const lines = pairs.map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    get: (name) => lines.find(([n]) => n === name)?.[1],
    getAll: (name) => lines.filter(([n]) => n === name).map(([, value]) => value),
    entries: () => lines,
  };
}
