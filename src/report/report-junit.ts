// The report as JUnit XML: one test case per endpoint. Pure.
// Invariant: well-formed XML 1.0 whatever a name or a value has in it.
import { escapeMarkup } from "../admin/markup.ts";
import type { SignatureAnswer } from "../admin/schemas.ts";
import type { FailOn } from "./failures.ts";
import { isFailure } from "./failures.ts";
import type { Report, ReportedEndpoint } from "./fetch-report.ts";
import { printable } from "./printable.ts";
import { classOf, counted, failureName, filterLine, headline, number, placeOf, warnings } from "./wording.ts";

const NAME_CHARACTERS_MAX = 500;
const VALUE_CHARACTERS_MAX = 200;

/** `printable` leaves nothing that XML 1.0 cannot have: https://www.w3.org/TR/xml/#charsets. */
function xml(text: string, charactersMax = NAME_CHARACTERS_MAX): string {
  return escapeMarkup(printable(text, charactersMax));
}

/** Seconds: the 95th percentile of the candidate's answers, which is what may differ from the legacy's. */
function seconds({ candidate }: ReportedEndpoint): string {
  return ((candidate.latencyMs.p95 ?? 0) / 1000).toFixed(3);
}

type Outcome =
  | { readonly kind: "passed" }
  | { readonly kind: "skipped"; readonly why: string }
  | { readonly kind: "failed"; readonly message: string };

/** `failOn` as for the exit code. A mismatch whose signature was not kept counts as one all the same. */
function outcomeOf(report: Report, endpoint: ReportedEndpoint, failOn: FailOn): Outcome {
  const found = endpoint.failing[failOn];
  const { tier, since } = report.filters;
  const isUnexplained = failOn === "mismatch" && found === 0 && endpoint.mismatch > 0;
  if (found > 0) return { kind: "failed", message: failureName(failOn, found) };
  if (isUnexplained && tier === undefined && since === undefined)
    return { kind: "failed", message: counted(endpoint.mismatch, "mismatch", "mismatches") };
  if (endpoint.match + endpoint.mismatch > 0) return { kind: "passed" };
  const reasons = [...Object.entries(endpoint.incomparable), ...Object.entries(endpoint.skipped)];
  const why = reasons.map(([reason, count]) => `${number(count)} ${reason}`).join(", ");
  return { kind: "skipped", why: `nothing compared: ${why || "no answer yet"}` };
}

function signatureLine(signature: SignatureAnswer): string {
  const { tier, kind, count, example } = signature;
  const value = (text: string | undefined) =>
    text === undefined ? "(none)" : xml(text, VALUE_CHARACTERS_MAX);
  const seen = example === undefined ? "" : `: ${value(example.legacy)} → ${value(example.candidate)}`;
  return `${number(count)}× ${tier}, ${classOf(signature)}, ${kind} ${xml(placeOf(signature))}${seen}`;
}

function failureLines(endpoint: ReportedEndpoint, failOn: FailOn): string {
  const shown = endpoint.signatures.filter((signature) => isFailure(failOn, signature));
  const more = endpoint.failing[failOn] - shown.length;
  return [
    ...shown.map(signatureLine),
    ...(more > 0 ? [`… and ${counted(more, "more signature")}`] : []),
  ].join("\n");
}

function caseLines(endpoint: ReportedEndpoint, outcome: Outcome, failOn: FailOn): readonly string[] {
  const head = `    <testcase name="${xml(endpoint.endpoint)}" classname="${xml(endpoint.route)}" time="${seconds(endpoint)}"`;
  if (outcome.kind === "passed") return [`${head}/>`];
  const inside =
    outcome.kind === "skipped"
      ? `<skipped message="${xml(outcome.why)}"/>`
      : `<failure type="${failOn}" message="${xml(outcome.message)}">${failureLines(endpoint, failOn)}</failure>`;
  return [`${head}>`, `      ${inside}`, "    </testcase>"];
}

/** The report, lines ended by \n. Without a `failOn` of its own, cases fail by `untriaged`. */
export function renderReportJunit(report: Report, failOn: FailOn = "untriaged"): string {
  const cases = report.endpoints.map((endpoint) => ({
    endpoint,
    outcome: outcomeOf(report, endpoint, failOn),
  }));
  const count = (kind: Outcome["kind"]) => cases.filter(({ outcome }) => outcome.kind === kind).length;
  const counts = `tests="${cases.length}" failures="${count("failed")}" errors="0" skipped="${count("skipped")}"`;
  const more = report.endpointsTotal - report.endpoints.length;
  const said = [
    headline(report),
    filterLine(report) ?? "",
    ...warnings(report),
    more > 0 ? `${counted(more, "more endpoint")} left out (--limit shows more)` : "",
  ].filter((line) => line !== "");
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="parallax" ${counts}>`,
    `  <testsuite name="parallax" ${counts}>`,
    ...cases.flatMap(({ endpoint, outcome }) => caseLines(endpoint, outcome, failOn)),
    `    <system-out>${said.map((line) => xml(line)).join("\n")}</system-out>`,
    "  </testsuite>",
    "</testsuites>",
  ].join("\n")}\n`;
}
