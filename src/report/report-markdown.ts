// The report as Markdown for a comment on a pull request. Pure.
// Invariants: it fits a comment and says what was left out; what came over the network cannot end a cell, a fold or
// a code span, is no HTML, no link and no mention.
import type { SignatureAnswer } from "../admin/schemas.ts";
import { bySignificance, isDecided, type Report, type ReportedEndpoint } from "./fetch-report.ts";
import { printable } from "./printable.ts";
import { ruleName } from "./rule-name.ts";
import {
  boundOf,
  COUNTED_SINCE,
  classOf,
  counted,
  countOf,
  decidedTotal,
  decisionOf,
  evidenceOf,
  filterLine,
  flagText,
  headline,
  isNoiseMeasured,
  milliseconds,
  NOTHING_SEEN,
  number,
  percent,
  placeOf,
  rateOfAllTime,
  sortedReasons,
  stateLine,
  tierLine,
  warnings,
  windowLines,
} from "./wording.ts";

/** GitHub takes 65,536 in a comment; the rest is for who puts a line of their own around it. */
export const MARKDOWN_CHARACTERS_MAX = 60_000;
/** What the line of what was left out, and the ends of open folds, may take. */
const RESERVED_CHARACTERS = 500;
const NAME_CHARACTERS_MAX = 120;
const VALUE_CHARACTERS_MAX = 60;
/** Words of ours with names in them. */
const LINE_CHARACTERS_MAX = 300;

/**
 * A text of strangers. All but letters, digits and a few harmless signs are numeric entities, which no Markdown sees
 * as its own; inside `code` nothing is made a link or a mention after that.
 */
function code(text: string, charactersMax = NAME_CHARACTERS_MAX): string {
  const escaped = printable(text, charactersMax).replaceAll(
    /[\u0021-\u002B\u002E\u003A-\u0040\u005B-\u0060\u007B-\u007E]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
  return `<code>${escaped}</code>`;
}

interface Block {
  /** In the line that says what was left out. */
  readonly what: string;
  readonly head: readonly string[];
  readonly rows: readonly string[];
  readonly foot: readonly string[];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function endpointRow(report: Report, endpoint: ReportedEndpoint): string {
  const { legacy, candidate, failing, window } = endpoint;
  const { matchRate } = window ?? endpoint;
  const latency = (of: typeof legacy) =>
    `${milliseconds(of.latencyMs.p50)} / ${milliseconds(of.latencyMs.p99)}`;
  return row([
    code(endpoint.endpoint),
    countOf(report, { all: endpoint.exchanges, since: window?.exchanges }),
    matchRate.rate === null
      ? "nothing compared"
      : `${percent(matchRate.rate)}${rateOfAllTime(report, endpoint)}`,
    matchRate.rate === null ? "" : boundOf(endpoint),
    countOf(report, { all: endpoint.mismatch, since: window?.mismatch }),
    number(failing.untriaged),
    latency(legacy),
    latency(candidate),
  ]);
}

function endpointBlock(report: Report): Block {
  const columns = ["endpoint", "exchanges", "match", "95 %", "mismatches", "untriaged"];
  return {
    what: "endpoint",
    head: [row([...columns, "legacy p50 / p99 ms", "candidate"]), "|---|--:|--:|--:|--:|--:|--:|--:|"],
    rows: report.endpoints.map((endpoint) => endpointRow(report, endpoint)),
    foot: [],
  };
}

function values({ example }: SignatureAnswer): string {
  if (example === undefined) return "no example kept";
  const value = (text: string | undefined) =>
    text === undefined ? "(none)" : code(text, VALUE_CHARACTERS_MAX);
  return `${value(example.legacy)} → ${value(example.candidate)}`;
}

function shownSignatures({ endpoints }: Report): readonly SignatureAnswer[] {
  const byId = new Map(endpoints.flatMap(({ signatures }) => signatures.map((found) => [found.id, found])));
  return [...byId.values()].sort(bySignificance);
}

const SIGNATURE_HEAD = [
  row([
    "tier",
    "class",
    "endpoint",
    "path",
    "kind",
    "differences",
    "exchanges",
    "legacy → candidate",
    "triage",
  ]),
  "|---|---|---|---|---|--:|--:|---|---|",
];

function signatureBlock(report: Report, signatures: readonly SignatureAnswer[]): Block {
  return {
    what: "signature",
    head: SIGNATURE_HEAD,
    rows: signatures.map((signature) =>
      row([
        signature.tier,
        classOf(signature),
        code(signature.endpoint, VALUE_CHARACTERS_MAX),
        code(placeOf(signature)),
        signature.kind,
        number(signature.count),
        countOf(report, { all: signature.exchanges, since: signature.window?.exchanges }),
        values(signature),
        triage(signature),
      ]),
    ),
    foot: [],
  };
}

function triage(signature: SignatureAnswer): string {
  const decision = decisionOf(signature);
  return decision === undefined ? "" : code(decision, LINE_CHARACTERS_MAX);
}

/** What nobody has to look at any more, apart from the rest. */
function decidedBlock(report: Report, signatures: readonly SignatureAnswer[]): Block {
  const { rows } = signatureBlock(report, signatures);
  const { head, foot } = fold("decided signature", `Decided: ${number(decidedTotal(report))}`, rows);
  return { what: "decided signature", head: [...head, ...SIGNATURE_HEAD], rows, foot };
}

function fold(what: string, summary: string, rows: readonly string[]): Block {
  return { what, head: ["<details>", `<summary>${summary}</summary>`, ""], rows, foot: ["", "</details>"] };
}

function foldedBlocks(report: Report, signatures: readonly SignatureAnswer[]): readonly Block[] {
  const { totals } = report.summary;
  const paired = signatures.filter(({ paired, rechecked }) => paired > 0 || rechecked > 0);
  const evidence = paired.map(
    (signature) =>
      `- ${signature.tier}, ${code(signature.endpoint)} ${code(placeOf(signature))}: ${evidenceOf(signature)}`,
  );
  const reasons = [
    ...sortedReasons(totals.skipped).map(([reason, count]) => `- ${number(count)} skipped, ${code(reason)}`),
    ...sortedReasons(totals.incomparableByReason).map(
      ([reason, count]) => `- ${number(count)} incomparable, ${code(reason)}`,
    ),
  ];
  const rules = report.flaggedRules.map(
    (rule) =>
      `- ${code(ruleName(rule.rule))}: ${rule.flags.map((flag) => code(flagText(flag), LINE_CHARACTERS_MAX)).join("; ")}`,
  );
  return [
    fold("line of evidence", "What the tiers rest on", evidence),
    fold("reason", "Not compared, and why", reasons),
    fold("rule", `Rules to look at: ${number(report.flaggedRulesTotal)}`, rules),
  ].filter(({ rows }) => rows.length > 0);
}

/** The report, lines ended by \n; at most `charactersMax`, and that at least 2,000. */
export function renderReportMarkdown(report: Report, charactersMax = MARKDOWN_CHARACTERS_MAX): string {
  const filters = filterLine(report);
  const signatures = shownSignatures(report);
  const decided = signatures.filter(isDecided);
  const waiting = signatures.filter((signature) => !isDecided(signature));
  const lines = [
    `## Parallax: ${headline(report)}`,
    "",
    ...(filters === undefined ? [] : [code(filters, LINE_CHARACTERS_MAX), ""]),
    ...[...windowLines(report), isNoiseMeasured(report) ? tierLine(report) : undefined, stateLine(report)]
      .filter((line) => line !== undefined)
      .flatMap((line) => [line, ""]),
    ...warnings(report).flatMap((line) => [`**${code(line, LINE_CHARACTERS_MAX)}**`, ""]),
    ...(report.endpointsTotal === 0 && filters === undefined ? [NOTHING_SEEN, ""] : []),
  ];
  let left = charactersMax - RESERVED_CHARACTERS - lines.join("\n").length;
  const leftOut = new Map([
    ["endpoint", report.endpointsTotal - report.endpoints.length],
    ["signature", report.signaturesTotal - decidedTotal(report) - waiting.length],
    ["decided signature", decidedTotal(report) - decided.length],
  ]);
  const blocks = [
    endpointBlock(report),
    signatureBlock(report, waiting),
    decidedBlock(report, decided),
    ...foldedBlocks(report, signatures),
  ];
  for (const block of blocks.filter(({ rows }) => rows.length > 0)) {
    const fixed = [...block.head, ...block.foot, ""];
    left -= fixed.join("\n").length + 1;
    const rows: string[] = [];
    for (const text of block.rows) {
      if (text.length + 1 > left) break;
      left -= text.length + 1;
      rows.push(text);
    }
    if (rows.length > 0) lines.push(...block.head, ...rows, ...block.foot, "");
    const missing = (leftOut.get(block.what) ?? 0) + block.rows.length - rows.length;
    leftOut.set(block.what, missing);
  }
  const more = [...leftOut]
    .filter(([, count]) => count > 0)
    .map(([what, count]) =>
      counted(count, what, what === "line of evidence" ? "lines of evidence" : `${what}s`),
    );
  if (more.length > 0)
    lines.push(`Left out here: ${more.join(", ")}. \`parallax report --format html\` has more.`, "");
  return `${lines.join("\n")}\n<sub>${COUNTED_SINCE}</sub>\n`;
}
