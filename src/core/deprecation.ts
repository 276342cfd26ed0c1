// What a deprecated route says of itself (RFC 9745, RFC 8594), and when it is browned out. Pure; times are UTC.
// Invariant: the sunset is never before the deprecation, nor is a brownout.

/** When the legacy's clients are turned away for a while, so that who has not moved notices. */
export type Brownout =
  | { readonly kind: "once"; readonly fromMs: number; readonly toMs: number }
  /** Begins `offsetMs` after each multiple of `everyMs` since the epoch, and is shorter than that or as long. */
  | {
      readonly kind: "recurring";
      readonly everyMs: number;
      readonly offsetMs: number;
      readonly lengthMs: number;
    };

export interface DeprecationSettings {
  readonly atMs: number;
  /** When the legacy may stop to answer; undefined: not decided. */
  readonly sunsetMs: number | undefined;
  /** What to read of it: rel="deprecation". */
  readonly link: string | undefined;
  /** rel="sunset". */
  readonly policy: string | undefined;
  /** rel="successor-version" (RFC 5829). */
  readonly successor: string | undefined;
  readonly brownouts: readonly Brownout[];
  readonly brownoutStatus: 410 | 503;
}

const SECOND_MS = 1000;

/** RFC 9745 §2.1: a Date of structured fields (RFC 9651 §3.3.7). */
function deprecationDate(atMs: number): string {
  return `@${Math.floor(atMs / SECOND_MS)}`;
}

/** RFC 8594 §3: an HTTP-date, which is what toUTCString has made since ES2018 for four-digit years. */
function sunsetDate(atMs: number): string {
  return new Date(atMs).toUTCString();
}

/** The header lines of every answer of the legacy, each with CR LF; empty without a deprecation. */
export function deprecationLines(deprecation: DeprecationSettings | undefined): string {
  if (deprecation === undefined) return "";
  const { atMs, sunsetMs, link, policy, successor } = deprecation;
  let lines = `deprecation: ${deprecationDate(atMs)}\r\n`;
  if (sunsetMs !== undefined) lines += `sunset: ${sunsetDate(sunsetMs)}\r\n`;
  if (link !== undefined) lines += `link: <${link}>; rel="deprecation"\r\n`;
  if (policy !== undefined) lines += `link: <${policy}>; rel="sunset"\r\n`;
  if (successor !== undefined) lines += `link: <${successor}>; rel="successor-version"\r\n`;
  return lines;
}

/** Whether there is a brownout, and until when that holds at least; nothing changes before. */
export interface BrownoutState {
  readonly isOn: boolean;
  readonly untilMs: number;
}

/** Of one schedule: its window that covers the time, or else where its next one begins. */
function windowAt(brownout: Brownout, nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  if (brownout.kind === "once") {
    const { fromMs, toMs } = brownout;
    return nowMs < toMs
      ? { fromMs, toMs }
      : { fromMs: Number.POSITIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
  }
  const { everyMs, offsetMs, lengthMs } = brownout;
  const fromMs = Math.floor((nowMs - offsetMs) / everyMs) * everyMs + offsetMs;
  return nowMs < fromMs + lengthMs
    ? { fromMs, toMs: fromMs + lengthMs }
    : { fromMs: fromMs + everyMs, toMs: fromMs + everyMs + lengthMs };
}

/** Windows that touch or overlap are one, as far as each schedule's next one tells. */
export function brownoutAt(
  { atMs, brownouts }: Pick<DeprecationSettings, "atMs" | "brownouts">,
  nowMs: number,
): BrownoutState {
  if (nowMs < atMs) return { isOn: false, untilMs: atMs };
  let untilMs = nowMs;
  // Each round one schedule at least carries it on; a day that is browned out whole would do so for ever.
  for (let round = 0; round <= brownouts.length; round++) {
    let endMs = untilMs;
    for (const brownout of brownouts) {
      const { fromMs, toMs } = windowAt(brownout, untilMs);
      if (fromMs <= untilMs && toMs > endMs) endMs = toMs;
    }
    if (endMs === untilMs) break;
    untilMs = endMs;
  }
  if (untilMs > nowMs) return { isOn: true, untilMs };
  const nextMs = Math.min(
    Number.POSITIVE_INFINITY,
    ...brownouts.map((brownout) => windowAt(brownout, nowMs).fromMs),
  );
  return { isOn: false, untilMs: nextMs };
}

/** Why the sunset cannot be moved to that time, in one line; undefined: it can. */
export function extensionProblem(
  deprecation: Pick<DeprecationSettings, "atMs" | "sunsetMs"> | undefined,
  sunsetMs: number,
  nowMs: number,
): string | undefined {
  if (deprecation === undefined)
    return "the route is not deprecated: give it deprecation.at and deprecation.sunset in the config first";
  const { atMs, sunsetMs: beforeMs } = deprecation;
  if (Number.isNaN(sunsetMs)) return "the sunset is no time; for instance 2027-06-30T00:00:00Z";
  if (sunsetMs < atMs)
    return `the sunset must not be before the deprecation, ${isoOf(atMs)} (RFC 9745 §4): give a later one`;
  if (sunsetMs <= nowMs) return "the sunset must be in the future: give a later one";
  if (beforeMs !== undefined && sunsetMs <= beforeMs)
    return `the sunset is ${isoOf(beforeMs)} already, and can only be moved to later: give a later one`;
  return undefined;
}

function isoOf(atMs: number): string {
  return new Date(atMs).toISOString();
}
