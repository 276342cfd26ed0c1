// The point in time that `--since` names. Pure.

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
