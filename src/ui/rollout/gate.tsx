// A gate's verdict and what it rests on: in short for the board, in full for one route.
import { formatCount } from "../format.ts";
import { Badge } from "../parts/badge.tsx";
import { Time } from "../parts/time.tsx";
import type { Check, Gate } from "./bullet.ts";
import { Bullet } from "./bullet.tsx";
import { formatMeasure, formatSpan, thresholdWords } from "./numbers.ts";
import { checkTitle, VERDICTS, type Verdict, worstFirst } from "./words.ts";

export function VerdictBadge({ verdict }: { readonly verdict: Verdict }) {
  const { tone, means } = VERDICTS[verdict];
  return (
    <Badge tone={tone} title={means}>
      {verdict}
    </Badge>
  );
}

function Sign({ verdict }: { readonly verdict: Verdict }) {
  const { tone, sign } = VERDICTS[verdict];
  return (
    <span class={`sign ${tone}`} role="img" aria-label={verdict} title={verdict}>
      {sign}
    </span>
  );
}

/** A line for each check: its name, its bullet, and its value over the threshold. */
export function GateLines({ checks }: { readonly checks: readonly Check[] }) {
  return (
    <ul class="gate-lines">
      {checks.map((check) => (
        <li key={`${check.name} ${check.subject}`} title={check.text}>
          <Sign verdict={check.verdict} />
          <span class="name">{checkTitle(check)}</span>
          <Bullet check={check} />
          <span class="figures">
            {formatMeasure(check.bound ?? check.value, check.unit)}
            <span class="muted"> / {formatMeasure(check.threshold, check.unit)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

export function GatePanel({ gate }: { readonly gate: Gate | null }) {
  return (
    <section class="panel gate-panel">
      <div class="row spread">
        <h2>The gate</h2>
        {gate === null ? null : (
          <span class="muted small">
            looked at <Time atMs={gate.atMs} />, {formatSpan(gate.elapsedMs)} into the step
          </span>
        )}
      </div>
      {gate === null ? (
        <p class="muted">Nothing is next, or nothing was looked at yet: a gate stands before a step.</p>
      ) : (
        <>
          <p>
            <VerdictBadge verdict={gate.verdict} /> {VERDICTS[gate.verdict].means}.
          </p>
          <GateTable gate={gate} />
          <p class="muted small legend">
            Bar: measured. Whisker: its bound, which is what is held against the threshold. Thick tick: the
            threshold, with what is not allowed hatched.
          </p>
        </>
      )}
    </section>
  );
}

export function GateTable({ gate }: { readonly gate: Gate }) {
  return (
    <table class="checks">
      <thead>
        <tr>
          <th scope="col">Check</th>
          <th scope="col">Against its threshold</th>
          <th scope="col" class="number">
            Value
          </th>
          <th scope="col" class="number">
            Bound
          </th>
          <th scope="col" class="number">
            Threshold
          </th>
          <th scope="col" class="number">
            Samples
          </th>
        </tr>
      </thead>
      <tbody>
        {worstFirst(gate.checks).map((check) => (
          <tr key={`${check.name} ${check.subject}`}>
            <th scope="row">
              <Sign verdict={check.verdict} /> {checkTitle(check)}
              <span class="said">{check.text}</span>
            </th>
            <td>
              <Bullet check={check} />
            </td>
            <td class="number" data-label="Value">
              {formatMeasure(check.value, check.unit)}
            </td>
            <td class="number" data-label="Bound">
              {formatMeasure(check.bound, check.unit)}
            </td>
            <td class="number" data-label="Threshold">
              {thresholdWords(check) ?? "–"}
            </td>
            <td class="number" data-label="Samples" title={formatCount(check.samples, "sample")}>
              {check.samples.toLocaleString("en-US")}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
