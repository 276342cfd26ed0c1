// A bundle of evidence as one HTML file, for the person who signs off: what was decided, by whom, on which numbers.
// Invariant: every value goes through `html`, which escapes it; what it leaves out, the JSON has.
import { html, type Markup } from "../admin/markup.ts";
import type { JournalEntryAnswer, PlanAnswer } from "../admin/rollout-schemas.ts";
import type { Report } from "../report/fetch-report.ts";
import { code, htmlDocument } from "../report/html-document.ts";
import { endpointSection, ruleSection } from "../report/report-html.ts";
import { counted, headline, isNoiseMeasured, number, stateLine, tierLine } from "../report/wording.ts";
import { type AuditEntry, type Evidence, PART_NAMES } from "./evidence-bundle.ts";
import { duration, etaText, instant, marksOf, name, quantity, rate, sentence } from "./rollout-words.ts";

type GateReadingAnswer = NonNullable<JournalEntryAnswer["gate"]>;

/** Of the audit log; the JSON has all. */
const DECISIONS_SHOWN_MAX = 500;
const ENTRIES_SHOWN_MAX = 1000;
const DETAIL_CHARACTERS_MAX = 300;

const VERDICT_CLASS: Readonly<Record<GateReadingAnswer["verdict"], string>> = {
  pass: "good",
  insufficient: "suspect",
  unhealthy: "suspect",
  fail: "confirmed",
};

function verdict(of: GateReadingAnswer["verdict"]): Markup {
  return html`<span class="${VERDICT_CLASS[of]}">${of}</span>`;
}

const ENDING = html`</tbody></table></div>`;

function checkTable({ checks }: GateReadingAnswer): Markup {
  const rows = checks.map(
    ({
      name: check,
      subject,
      verdict: says,
      value,
      bound,
      threshold,
      samples,
      unit,
      text,
    }) => html`<tr><td data-is="check">${subject === "" ? check : `${check} ${name(subject)}`}</td><td data-is="says">${verdict(says)}</td>
<td data-is="measured" class="n">${quantity(value, unit)}</td><td data-is="bound" class="n">${quantity(bound, unit)}</td>
<td data-is="limit" class="n">${quantity(threshold, unit)}</td><td data-is="samples" class="n">${number(samples)}</td><td data-is="in words">${sentence(text)}</td></tr>
`,
  );
  return html`<div class="scroll"><table><thead><tr><th scope="col">check</th><th scope="col">says</th><th scope="col" class="n">measured</th>
<th scope="col" class="n">bound</th><th scope="col" class="n">limit</th><th scope="col" class="n">samples</th><th scope="col">in words</th></tr></thead><tbody>
${rows}${ENDING}`;
}

function servedText({ units, requests }: Evidence["parts"]["state"]["shares"]): string {
  if (units === null && requests === null) return "No client had an answer of the candidate's in this step.";
  return `In this step the candidate served ${rate(units)} of the units and ${rate(requests)} of the requests.`;
}

function standing({ parts: { state } }: Evidence): Markup {
  const { enteredAtMs, shares, approvers, latch, warnings, policy, advance } = state;
  const marks = marksOf({ ...state, warnings: [] });
  const since = enteredAtMs === null ? "since it began" : `since ${instant(enteredAtMs)}`;
  const people = approvers.length === 0 ? "any operator" : approvers.map(name).join(", ");
  return html`<p><strong>${name(state.step)}</strong> ${since}${marks.length === 0 ? "" : ` · ${marks.join(", ")}`} · epoch ${state.epoch}</p>
<p>${servedText(shares)}</p>
<p class="dim">Policy ${name(policy)}; promoted ${advance === "automatic" ? "by itself once the gate passes" : `by ${people}`}.</p>
${latch === null ? html`` : html`<p class="warn">Taken back from ${name(latch.from)} by ${name(latch.who)} at ${instant(latch.atMs)}: ${sentence(latch.reason)}</p>`}
${warnings.map((warning) => html`<p class="warn">${sentence(warning)}</p>`)}`;
}

function gateNow({ parts: { state } }: Evidence): Markup {
  const { gate, eta } = state;
  if (gate === null) return html`<p class="dim">It has nothing to say of this step.</p>`;
  return html`<p>${verdict(gate.verdict)}, ${duration(gate.elapsedMs)} into the step, looked at ${instant(gate.atMs)}.${eta === null ? "" : ` Certified: ${etaText(eta)}.`}</p>
${checkTable(gate)}`;
}

/** What moved it stands open to be read; that threads had the decision is one line. */
function entryItem(entry: JournalEntryAnswer): Markup {
  const { sequence, atMs, action, who, reason, from, to, isForced, gate } = entry;
  const head = html`<strong>${name(action)}</strong> ${from === to ? name(to) : `${name(from)} → ${name(to)}`}${isForced ? html` <span class="warn">forced</span>` : html``} · ${instant(atMs)} · ${name(who)} <span class="dim">#${sequence}</span>`;
  if (action === "acknowledged") return html`<p class="dim">${head}</p>`;
  const why = html`<p>${reason === "" ? html`<span class="dim">no reason was given</span>` : sentence(reason)}</p>`;
  if (gate === null) return html`<details open><summary>${head}</summary>${why}</details>`;
  return html`<details open><summary>${head} · gate ${verdict(gate.verdict)}</summary>${why}
<p class="dim">What the gate said then, ${duration(gate.elapsedMs)} into the step:</p>${checkTable(gate)}</details>`;
}

function way({ parts: { journal } }: Evidence): Markup {
  const { entries } = journal;
  if (entries.length === 0) return html`<p class="dim">It never moved: the config says where it stands.</p>`;
  const more = entries.length - ENTRIES_SHOWN_MAX;
  return html`${entries.slice(0, ENTRIES_SHOWN_MAX).map(entryItem)}
${more > 0 ? html`<p class="dim">… and ${counted(more, "older entry", "older entries")} in the JSON</p>` : html``}`;
}

function planTable({ steps, blockers }: PlanAnswer): Markup {
  const rows = steps.map(
    ({
      step,
      isPast,
      isCurrent,
      holdMs,
      requestShare,
      gate,
    }) => html`<tr><td data-is="step">${name(step)}</td><td data-is="where">${isCurrent ? html`<strong>here</strong>` : isPast ? "behind" : "ahead"}</td>
<td data-is="requests" class="n">${rate(requestShare)}</td><td data-is="lasts" class="n">${holdMs === 0 ? "–" : duration(holdMs)}</td><td data-is="to leave it">${gate.map(sentence).join("; ") || "–"}</td></tr>
`,
  );
  return html`${blockers.map((blocker) => html`<p class="warn">In the way: ${sentence(blocker)}</p>`)}
<div class="scroll"><table><thead><tr><th scope="col">step</th><th scope="col">where</th><th scope="col" class="n">requests</th><th scope="col" class="n">lasts at least</th><th scope="col">to leave it</th></tr></thead><tbody>
${rows}${ENDING}`;
}

function differences(report: Report): Markup {
  const { endpoints, endpointsTotal } = report;
  const more = endpointsTotal - endpoints.length;
  const lines = [isNoiseMeasured(report) ? tierLine(report) : undefined, stateLine(report)];
  return html`<p>${headline(report)}</p>
${lines.filter((line) => line !== undefined).map((line) => html`<p>${line}</p>`)}
${endpoints.map((endpoint) => endpointSection(report, endpoint))}
${more > 0 ? html`<p class="dim">… and ${counted(more, "more endpoint")}</p>` : html``}`;
}

/** Subject → what it is, for people. */
function subjectNames({ endpoints, rules }: Report): ReadonlyMap<string, string> {
  return new Map([
    ...endpoints.flatMap(({ signatures }) =>
      signatures.map(
        ({ id, endpoint, part, path, kind }) => [id, `${endpoint} ${part} ${path} ${kind}`] as const,
      ),
    ),
    ...rules.map(({ id, rule }) => [id, `rule ${rule.kind} ${rule.path ?? rule.header ?? ""}`] as const),
  ]);
}

function detailText(detail: AuditEntry["detail"]): string {
  return Object.entries(detail)
    .map(([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

function decisionTable(decisions: readonly AuditEntry[], report: Report): Markup {
  if (decisions.length === 0) return html`<p class="dim">Nobody decided anything about it.</p>`;
  const names = subjectNames(report);
  const rows = decisions.slice(0, DECISIONS_SHOWN_MAX).map(
    ({
      atMs,
      who,
      role,
      action,
      subject,
      detail,
    }) => html`<tr><td data-is="when" class="n">${instant(atMs)}</td><td data-is="who">${name(who)} <span class="dim">${role}</span></td><td data-is="did">${action}</td>
<td data-is="about">${code(names.get(subject) ?? subject)}</td><td data-is="what">${code(detailText(detail), DETAIL_CHARACTERS_MAX)}</td></tr>
`,
  );
  const more = decisions.length - DECISIONS_SHOWN_MAX;
  return html`<div class="scroll"><table><thead><tr><th scope="col" class="n">when</th><th scope="col">who</th><th scope="col">did</th><th scope="col">about</th><th scope="col">what</th></tr></thead><tbody>
${rows}${ENDING}${more > 0 ? html`<p class="dim">… and ${number(more)} older ones in the JSON</p>` : html``}`;
}

function hashes({ sha256, seal, parts: { journal } }: Evidence): Markup {
  const rows = PART_NAMES.map(
    (part) => html`<tr><td>${part}</td><td>${code(sha256[part])}</td></tr>
`,
  );
  return html`<div class="scroll"><table><thead><tr><th scope="col">part of the JSON file</th><th scope="col">SHA-256</th></tr></thead><tbody>
${rows}<tr><td>journal of all routes, after entry ${journal.head.sequence}</td><td>${code(journal.head.hash)}</td></tr>
<tr><td><strong>seal of the bundle</strong></td><td>${code(seal)}</td></tr>${ENDING}
<p class="dim">To check that the JSON file is the one that this page was made of: ${code("parallax evidence --verify FILE.json")} prints this seal, and fails where anything was changed.</p>`;
}

export function renderEvidenceHtml(evidence: Evidence): string {
  const { route, madeAt, madeBy, madeWith, seal, parts } = evidence;
  const body = html`<h1>Evidence: route ${code(route)}</h1>
<p class="dim">Made ${instant(Date.parse(madeAt))} by ${name(madeBy)} with Parallax ${name(madeWith)} · seal ${code(seal)}</p>
<h2>Where it stands</h2>
${standing(evidence)}
<h2>What its gate says</h2>
${gateNow(evidence)}
<h2>What differs</h2>
${differences(parts.differences)}
<h2>Who decided what</h2>
${decisionTable(parts.decisions, parts.differences)}
${ruleSection(parts.differences)}
<h2>How it came here, newest first</h2>
${way(evidence)}
<h2>The whole way</h2>
${planTable(parts.plan)}
<h2>Hashes</h2>
${hashes(evidence)}
<p>Signed off by ________________________ on ________________</p>`;
  return htmlDocument(`Evidence: ${name(route)}`, body);
}
