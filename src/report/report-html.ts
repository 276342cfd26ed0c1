// The report as one HTML file, and its sections for others. Pure.
// Invariant: every value goes through `html`, which escapes it.
import { html, Markup } from "../admin/markup.ts";
import type { RuleAnswer } from "../admin/rule-schemas.ts";
import type { SignatureAnswer } from "../admin/schemas.ts";
import { isDecided, type Report, type ReportedEndpoint } from "./fetch-report.ts";
import { code, htmlDocument, NAME_CHARACTERS_MAX } from "./html-document.ts";
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

const VALUE_CHARACTERS_MAX = 400;

function value(text: string | undefined): Markup {
  return text === undefined ? html`<span class="dim">(none)</span>` : code(text, VALUE_CHARACTERS_MAX);
}

function signatureRow(report: Report, signature: SignatureAnswer): Markup {
  const { tier, kind, count, exchanges, example, paired, rechecked, window } = signature;
  const shown =
    example === undefined
      ? html`<span class="dim">no example kept</span>`
      : html`${value(example.legacy)} → ${value(example.candidate)}`;
  const evidence =
    paired > 0 || rechecked > 0 ? html`<br><span class="dim">${evidenceOf(signature)}</span>` : html``;
  return html`<tr><td data-is="tier" class="${tier}">${tier}</td><td data-is="class">${classOf(signature)}</td>
<td data-is="path">${code(placeOf(signature))}</td><td data-is="kind">${kind}</td>
<td data-is="differences" class="n">${number(count)}</td><td data-is="exchanges" class="n">${countOf(report, { all: exchanges, since: window?.exchanges })}</td>
<td data-is="legacy → candidate">${shown}${evidence}</td><td data-is="triage">${printable(decisionOf(signature) ?? "", NAME_CHARACTERS_MAX)}</td></tr>
`;
}

/** What waits for somebody, and apart from it what was decided. */
function signatureTables(report: Report, endpoint: ReportedEndpoint): Markup {
  const { signatures, signaturesTotal } = endpoint;
  if (signatures.length === 0) return html`<p class="dim">No difference.</p>`;
  const more = signaturesTotal - signatures.length;
  const decided = signatures.filter(isDecided);
  const waiting = signatures.filter((signature) => !isDecided(signature));
  return html`${waiting.length > 0 ? signatureTable(report, waiting) : html``}
${decided.length > 0 ? html`<p class="dim">Decided: ${number(decidedTotal(endpoint))}</p>${signatureTable(report, decided)}` : html``}
${more > 0 ? html`<p class="dim">… and ${counted(more, "more signature")}</p>` : html``}`;
}

function signatureTable(report: Report, signatures: readonly SignatureAnswer[]): Markup {
  return html`<div class="scroll"><table><thead><tr><th scope="col">tier</th><th scope="col">class</th>
<th scope="col">path</th><th scope="col">kind</th><th scope="col" class="n">differences</th>
<th scope="col" class="n">exchanges</th><th scope="col">legacy → candidate</th><th scope="col">triage</th></tr></thead><tbody>
${signatures.map((signature) => signatureRow(report, signature))}</tbody></table></div>`;
}

function statusText(statuses: Readonly<Record<string, number>>): string {
  const found = Object.entries(statuses).map(([status, count]) => `${status} (${number(count)})`);
  return found.join(", ") || "none";
}

export function endpointSection(report: Report, endpoint: ReportedEndpoint): Markup {
  const { legacy, candidate, window } = endpoint;
  const { matchRate, mismatch } = window ?? endpoint;
  const exchanges = countOf(report, { all: endpoint.exchanges, since: window?.exchanges });
  const rate =
    matchRate.rate === null
      ? html`<span class="dim">nothing compared</span>`
      : html`<span class="${mismatch > 0 ? "confirmed" : "good"}">${percent(matchRate.rate)} match</span> (95 %: ${boundOf(endpoint)})${rateOfAllTime(report, endpoint)}`;
  const latency = ({ latencyMs: { p50, p95, p99 } }: typeof legacy) =>
    `${milliseconds(p50)} / ${milliseconds(p95)} / ${milliseconds(p99)}`;
  return html`<details${new Markup(mismatch > 0 ? " open" : "")}><summary><h3>${code(endpoint.endpoint)}</h3> · ${rate} · ${exchanges} ${endpoint.exchanges === 1 ? "exchange" : "exchanges"} · ${counted(endpoint.signaturesTotal, "signature")}</summary>
<p class="dim">Route ${code(endpoint.route)} · p50 / p95 / p99 ms: legacy ${latency(legacy)}, candidate ${latency(candidate)}</p>
<p class="dim">Status: legacy ${statusText(legacy.status)}; candidate ${statusText(candidate.status)}</p>
${signatureTables(report, endpoint)}
</details>
`;
}

function ruleItem(rule: RuleAnswer): Markup {
  const flags = rule.flags.map((flag) => printable(flagText(flag), NAME_CHARACTERS_MAX)).join("; ");
  const { owner, reason } = rule.rule;
  const said = [owner === undefined ? "" : `owner ${owner}`, reason ?? ""].filter((text) => text !== "");
  return html`<li>${code(ruleName(rule.rule))}${flags === "" ? "" : `: ${flags}`} <span class="dim">${number(rule.hits)}× ${printable(said.join(": "), NAME_CHARACTERS_MAX)}</span></li>
`;
}

export function ruleSection(report: Report): Markup {
  if (report.rulesTotal === 0) return html``;
  const more = report.rulesTotal - report.rules.length;
  return html`<h2>Rules to look at: ${number(report.flaggedRulesTotal)}</h2>
<ul>${report.flaggedRules.map(ruleItem)}</ul>
<details><summary>All rules: ${number(report.rulesTotal)}</summary><ul>${report.rules.map(ruleItem)}</ul>${more > 0 ? html`<p>… and ${number(more)} more</p>` : html``}</details>
`;
}

function reasonSection({ summary: { totals } }: Report): Markup {
  const line =
    (what: string) =>
    ([reason, count]: readonly [string, number]) =>
      html`<li>${number(count)} ${what}, ${reason}</li>`;
  const lines = [
    ...sortedReasons(totals.skipped).map(line("skipped")),
    ...sortedReasons(totals.incomparableByReason).map(line("incomparable")),
  ];
  return html`<h2>Not compared, and why</h2>
${lines.length === 0 ? html`<p class="dim">Everything was compared.</p>` : html`<ul>${lines}</ul>`}
`;
}

/** A whole document; `madeAt` is ISO 8601. */
export function renderReportHtml(report: Report, madeAt: string): string {
  const filters = filterLine(report);
  const more = report.endpointsTotal - report.endpoints.length;
  const body = html`<h1>${headline(report)}</h1>
${filters === undefined ? html`` : html`<p>${printable(filters, NAME_CHARACTERS_MAX)}</p>`}
${[...windowLines(report), isNoiseMeasured(report) ? tierLine(report) : undefined, stateLine(report)]
  .filter((line) => line !== undefined)
  .map(
    (line) => html`<p>${line}</p>
`,
  )}${warnings(report).map((line) => html`<p class="warn">${printable(line, NAME_CHARACTERS_MAX)}</p>`)}
<h2>Endpoints: ${number(report.endpointsTotal)}</h2>
${report.endpointsTotal === 0 ? html`<p>${filters === undefined ? NOTHING_SEEN : "No endpoint of that kind was seen."}</p>` : html``}
${report.endpoints.map((endpoint) => endpointSection(report, endpoint))}
${more > 0 ? html`<p class="dim">… and ${counted(more, "more endpoint")} (--limit shows more)</p>` : html``}
${ruleSection(report)}
${reasonSection(report)}
<p class="dim">${COUNTED_SINCE} Made ${madeAt}.</p>`;
  return htmlDocument("Parallax report", body);
}
