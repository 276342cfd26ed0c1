// `parallax callers`: who still calls the legacy, of a running Parallax, through its admin API.
import type { CallersAnswer } from "../admin/callers-routes.ts";
import { CommandError } from "../core/errors.ts";
import { type AdminAddress, getJson } from "../report/admin-client.ts";
import { printable } from "../report/printable.ts";
import { askedSince } from "../report/since.ts";

const UNIT_CHARACTERS_MAX = 40;
const AGENT_CHARACTERS_MAX = 60;

export interface CallersOptions extends AdminAddress {
  readonly route?: string | undefined;
  /** A time ago, or ISO 8601: sinceOf (report/since). */
  readonly since?: string | undefined;
  readonly limit?: number | undefined;
  readonly json?: boolean | undefined;
}

/** Where it is told; the process's own streams unless a test gives others. */
export interface CallersOutput {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

const STANDARD_OUTPUT: CallersOutput = {
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
};

/** The exit code: 0 fine, 2 usage, 3 it could not be had. */
export async function runCallers(
  options: CallersOptions,
  output = STANDARD_OUTPUT,
  nowMs = Date.now(),
): Promise<number> {
  try {
    const since = askedSince("--since", options.since, nowMs);
    const { route, limit } = options;
    const answer = await getJson<CallersAnswer>(options, "/api/callers", { route, since, limit });
    output.write(
      options.json === true ? `${JSON.stringify(answer, undefined, 2)}\n` : callersText(answer, since),
    );
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    output.writeError(`parallax callers: ${error.message}\n`);
    return error.exitCode;
  }
}

const COLUMNS = ["last seen", "first seen", "requests", "route", "unit", "user agent"] as const;

function callersText({ total, callers }: CallersAnswer, since: string | undefined): string {
  const when = since === undefined ? "" : ` since ${since}`;
  if (total === 0)
    return `nobody was seen to call the legacy${when}; callers are counted on deprecated routes, and from stage ramp on\n`;
  const rows = [COLUMNS, ...callers.map(cellsOf)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  const rest = total > callers.length ? `${total - callers.length} more; --limit shows them\n` : "";
  return `${lines.map((line) => `${line.trimEnd()}\n`).join("")}${rest}`;
}

function cellsOf(caller: CallersAnswer["callers"][number]): readonly string[] {
  const { route, unit, userAgent, isOther, firstSeenMs, lastSeenMs, requests } = caller;
  const none = isOther ? "*other*" : "(none)";
  return [
    minuteOf(lastSeenMs),
    minuteOf(firstSeenMs),
    String(requests),
    route,
    unit === null ? none : printable(`${unit.kind} ${unit.id}`, UNIT_CHARACTERS_MAX),
    userAgent === null ? none : printable(userAgent, AGENT_CHARACTERS_MAX),
  ];
}

/** `2026-11-22 17:05Z` */
function minuteOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace("T", " ")}Z`;
}
