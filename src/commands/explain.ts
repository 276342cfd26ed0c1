// `parallax explain`: who serves such a request, and why; now, or as it was at a time, from the journal.
import type { ExplainAnswer } from "../admin/rollout-schemas.ts";
import { CommandError } from "../core/errors.ts";
import { type AdminAddress, getJson, NotFound } from "../report/admin-client.ts";
import { momentOf } from "../report/since.ts";
import { number } from "../report/wording.ts";
import { instant, name, sentence } from "./rollout-words.ts";
import { STANDARD_TERMINAL, type Terminal } from "./terminal.ts";

const BUCKETS = 2 ** 32;
const HEADER = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}:/;
const COOKIE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}=/;

export interface ExplainOptions extends AdminAddress {
  readonly format: "text" | "json";
  readonly route?: string | undefined;
  readonly method?: string | undefined;
  /** Path and query. */
  readonly path?: string | undefined;
  /** `name: value` each. */
  readonly header?: readonly string[] | undefined;
  /** `name=value` each. */
  readonly cookie?: readonly string[] | undefined;
  readonly address?: string | undefined;
  /** momentOf. */
  readonly at?: string | undefined;
}

/** The exit code: 0 explained, 2 usage, 3 it could not be asked. */
export async function runExplain(
  options: ExplainOptions,
  terminal: Pick<Terminal, "write" | "writeError"> = STANDARD_TERMINAL,
  nowMs = Date.now(),
): Promise<number> {
  try {
    const query = queryOf(options, nowMs);
    const answer = await getJson<ExplainAnswer>(options, "/api/explain", query);
    terminal.write(
      options.format === "json"
        ? `${JSON.stringify(answer, undefined, 2)}\n`
        : renderExplanation(answer, query.at),
    );
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const isName = error instanceof NotFound && error.told !== "";
    terminal.writeError(`parallax explain: ${isName ? error.told : error.message}\n`);
    return isName ? 2 : error.exitCode;
  }
}

function queryOf({ route, method, path, address, ...options }: ExplainOptions, nowMs: number) {
  if (route === undefined && path === undefined)
    throw new CommandError(2, "say which route, with --route, or which request, with --path");
  if (path !== undefined && !path.startsWith("/"))
    throw new CommandError(2, `--path ${path} is no path; for instance /users/1?page=2`);
  const headers = options.header ?? [];
  const odd = headers.find((header) => !HEADER.test(header));
  if (odd !== undefined)
    throw new CommandError(2, `--header ${odd} is no header; for instance --header 'x-tenant: acme'`);
  const cookies = options.cookie ?? [];
  const stale = cookies.find((cookie) => !COOKIE.test(cookie));
  if (stale !== undefined)
    throw new CommandError(2, `--cookie ${stale} is no cookie; for instance --cookie sid=0a1b`);
  const at = options.at === undefined ? undefined : momentOf(options.at, nowMs);
  if (options.at !== undefined && at === undefined)
    throw new CommandError(
      2,
      `--at ${options.at} is no time; for instance 14:02 (UTC), '2h ago' or 2026-01-31T08:00:00Z`,
    );
  const header = [...headers, ...(cookies.length === 0 ? [] : [`cookie: ${cookies.join("; ")}`])];
  return { route, method, target: path, header, address, at };
}

/** `at` is the time that was asked about. */
export function renderExplanation(answer: ExplainAnswer, at?: string): string {
  const { unit, rule, notes } = answer;
  const rows: readonly (readonly [string, string])[] = [
    ["served by", `${answer.upstream}, by ${reasonText(answer)}`],
    ["route", `${name(answer.route)}, ${name(answer.step)}, epoch ${answer.epoch}`],
    ...(at === undefined ? [] : [["as of", asOfText(answer, at)] as const]),
    ["rule", rule === null ? "–" : name(rule)],
    ...(unit === null
      ? [["unit", "none"] as const]
      : ([
          ["unit", `${name(unit.kind)} ${sentence(unit.id)}`],
          [
            "bucket",
            `${number(unit.bucket)} of ${number(BUCKETS)}: the candidate's from ${share(unit.bucketPercent)} on`,
          ],
          ["threshold", `${number(Math.ceil(unit.threshold))}, which is ${share(answer.percent)}`],
        ] as const)),
    ["bucketing", `version ${answer.bucketingVersion}, salt ${name(answer.salt)}`],
  ];
  const width = Math.max(...rows.map(([key]) => key.length));
  return `${[
    ...rows.map(([key, value]) => `${key.padEnd(width)}  ${value}`),
    "",
    sentence(answer.text),
    ...notes.map((note) => `note: ${sentence(note)}`),
  ].join("\n")}\n`;
}

const share = (percent: number) => `${Number(percent.toFixed(4))} %`;

/** What decided, where the code of the API is no noun. */
const REASON_WORDS: Readonly<Partial<Record<ExplainAnswer["reason"], string>>> = {
  killed: "kill switch",
  deny: "deny list",
  allow: "allow list",
  everybody: "stage, as for everybody",
  "unit-missing": "stage, as for all without a unit",
  tripped: "tripwire",
};

function reasonText({ reason, isFromJournal }: ExplainAnswer): string {
  return `${REASON_WORDS[reason] ?? reason}${isFromJournal ? ", as the journal has it" : ""}`;
}

/** Where the journal does not reach back to the time, the answer is of now: it must not look as if it were of then. */
function asOfText({ isFromJournal }: ExplainAnswer, at: string): string {
  const then = instant(Date.parse(at));
  return isFromJournal ? then : `now: the journal does not say where the route stood at ${then}`;
}
