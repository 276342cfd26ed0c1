// The report as JUnit XML: one test case per endpoint. Pure.
// Invariant: well-formed XML 1.0 whatever a name or a value has in it.
import { escapeMarkup } from "../admin/markup.ts";
import type { SignatureAnswer } from "../admin/schemas.ts";
import { assertNever } from "../core/assert.ts";
import type { FailOn } from "./failures.ts";
import { isFailure } from "./failures.ts";
import { isDecided, type Report, type ReportedEndpoint } from "./fetch-report.ts";
import { printable } from "./printable.ts";
import {
  classOf,
  counted,
  countOf,
  decisionOf,
  failureName,
  filterLine,
  headline,
  number,
  placeOf,
  stateLine,
  warnings,
  windowLines,
} from "./wording.ts";

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
  const { tier, state, owner, since } = report.filters;
  const isOfSome = (tier ?? state ?? owner ?? since) !== undefined;
  const isUnexplained = failOn === "mismatch" && found === 0 && endpoint.mismatch > 0;
  if (found > 0) return { kind: "failed", message: failureName(failOn, found) };
  if (isUnexplained && !isOfSome)
    return { kind: "failed", message: counted(endpoint.mismatch, "mismatch", "mismatches") };
  const { match, mismatch } = endpoint.window ?? endpoint;
  if (match + mismatch > 0) return { kind: "passed" };
  if (endpoint.window !== null) {
    const { incomparable, skipped } = endpoint.window;
    const why = `nothing compared since then: ${number(incomparable)} incomparable, ${number(skipped)} skipped`;
    return { kind: "skipped", why };
  }
  const reasons = [...Object.entries(endpoint.incomparable), ...Object.entries(endpoint.skipped)];
  const why = reasons.map(([reason, count]) => `${number(count)} ${reason}`).join(", ");
  return { kind: "skipped", why: `nothing compared: ${why || "no answer yet"}` };
}

function signatureLine(signature: SignatureAnswer): string {
  const { tier, kind, count, example } = signature;
  const value = (text: string | undefined) =>
    text === undefined ? "(none)" : xml(text, VALUE_CHARACTERS_MAX);
  const seen = example === undefined ? "" : `: ${value(example.legacy)} → ${value(example.candidate)}`;
  const decision = decisionOf(signature);
  const said = decision === undefined ? "" : ` (${xml(decision)})`;
  return `${number(count)}× ${tier}, ${classOf(signature)}, ${kind} ${xml(placeOf(signature))}${seen}${said}`;
}

function failureLines(endpoint: ReportedEndpoint, failOn: FailOn): string {
  const shown = endpoint.signatures.filter((signature) => isFailure(failOn, signature));
  const more = endpoint.failing[failOn] - shown.length;
  return [
    ...shown.map(signatureLine),
    ...(more > 0 ? [`… and ${counted(more, "more signature")}`] : []),
  ].join("\n");
}

/** What is told of a case whatever its outcome: counts since a time, and what was decided. */
function toldOf(
  report: Report,
  { exchanges, mismatch, window, signatures }: ReportedEndpoint,
): readonly string[] {
  const since =
    report.filters.since === undefined
      ? []
      : [
          `since then ${countOf(report, { all: exchanges, since: window?.exchanges })} exchanges, ${countOf(report, { all: mismatch, since: window?.mismatch })} mismatches`,
        ];
  return [...since, ...signatures.filter(isDecided).map(signatureLine)];
}

function caseLines(
  report: Report,
  { endpoint, outcome }: { readonly endpoint: ReportedEndpoint; readonly outcome: Outcome },
  failOn: FailOn,
): readonly string[] {
  const told = toldOf(report, endpoint);
  const head = `    <testcase name="${xml(endpoint.endpoint)}" classname="${xml(endpoint.route)}" time="${seconds(endpoint)}"`;
  const inside = [
    ...outcomeLines(endpoint, outcome, failOn),
    ...(told.length === 0 ? [] : [`<system-out>${told.join("\n")}</system-out>`]),
  ];
  if (inside.length === 0) return [`${head}/>`];
  return [`${head}>`, ...inside.map((line) => `      ${line}`), "    </testcase>"];
}

function outcomeLines(endpoint: ReportedEndpoint, outcome: Outcome, failOn: FailOn): readonly string[] {
  switch (outcome.kind) {
    case "passed":
      return [];
    case "skipped":
      return [`<skipped message="${xml(outcome.why)}"/>`];
    case "failed":
      return [
        `<failure type="${failOn}" message="${xml(outcome.message)}">${failureLines(endpoint, failOn)}</failure>`,
      ];
    default:
      return assertNever(outcome);
  }
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
    ...windowLines(report),
    stateLine(report) ?? "",
    ...warnings(report),
    more > 0 ? `${counted(more, "more endpoint")} left out (--limit shows more)` : "",
  ].filter((line) => line !== "");
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="parallax" ${counts}>`,
    `  <testsuite name="parallax" ${counts}>`,
    ...cases.flatMap((found) => caseLines(report, found, failOn)),
    `    <system-out>${said.map((line) => xml(line)).join("\n")}</system-out>`,
    "  </testsuite>",
    "</testsuites>",
  ].join("\n")}\n`;
}
