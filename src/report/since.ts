// The point in time that `--since`, `--before` and `--at` name. Pure.
import { CommandError } from "../core/errors.ts";

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** With an offset or Z: a time of day without one is another time on another machine. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
const ISO_DAY = /^\d{4}-\d\d-\d\d$/;

/** `30m`, `24h`, `7d` before now, an ISO 8601 time, or a day (UTC) → ISO 8601 in UTC; undefined where it is none. */
export function sinceOf(text: string, nowMs: number): string | undefined {
  const [, amount, unit = ""] = /^([0-9]{1,5})([mhd])$/.exec(text) ?? [];
  const ago = amount === undefined ? undefined : nowMs - Number(amount) * (UNIT_MS[unit] ?? Number.NaN);
  const atMs = ago ?? (ISO_TIME.test(text) || ISO_DAY.test(text) ? Date.parse(text) : Number.NaN);
  return Number.isNaN(atMs) || atMs < 0 ? undefined : new Date(atMs).toISOString();
}

const DAY_MS = 86_400_000;

/** The same with `ago` after an amount, and a time of day (UTC): the last one that is past. `2h ago`, `14:02`. */
export function momentOf(text: string, nowMs: number): string | undefined {
  const [, hours, minutes, seconds = "0"] = /^(\d\d):(\d\d)(?::(\d\d))?Z?$/.exec(text) ?? [];
  if (hours === undefined) return sinceOf(text.replace(/^(\d+) ?([mhd]) ago$/, "$1$2"), nowMs);
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const today = new Date(nowMs).setUTCHours(Number(hours), Number(minutes), Number(seconds), 0);
  return new Date(today <= nowMs ? today : today - DAY_MS).toISOString();
}

/** What a flag was given, as ISO 8601; undefined where it was not given. Throws a CommandError 2 that says what is meant. */
export function askedSince(flag: string, text: string | undefined, nowMs: number): string | undefined {
  if (text === undefined) return undefined;
  const since = sinceOf(text, nowMs);
  if (since !== undefined) return since;
  throw new CommandError(2, `${flag} ${text} is no time; for instance 24h, 7d or 2026-01-31T08:00:00Z`);
}
