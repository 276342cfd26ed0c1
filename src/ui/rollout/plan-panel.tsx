// The whole way of a route, before anything moves: its steps, what each asks for, and when it could be left.
import type { PlanAnswer } from "../../admin/rollout-schemas.ts";
import type { ApiFailure } from "../api.ts";
import { formatCount } from "../format.ts";
import { Badge } from "../parts/badge.tsx";
import { Failure } from "../parts/failure.tsx";
import { Loading } from "../parts/loading.tsx";
import { formatShare, formatSpan } from "./numbers.ts";

type Step = PlanAnswer["steps"][number];

export interface PlanPanelProps {
  readonly plan: PlanAnswer | undefined;
  readonly failure: ApiFailure | undefined;
}

export function PlanPanel({ plan, failure }: PlanPanelProps) {
  return (
    <section class="panel plan">
      <h2>The plan</h2>
      {failure === undefined ? null : <Failure failure={failure} />}
      {plan === undefined ? (
        failure === undefined ? (
          <Loading label="the plan" />
        ) : null
      ) : (
        <ol class="steps">
          {plan.steps.map((step) => (
            <StepLine key={`${step.stage} ${step.percent}`} step={step} />
          ))}
        </ol>
      )}
    </section>
  );
}

/** What the candidate will serve; nothing where that is nothing. */
function shareWords({ unitShare, requestShare }: Step): string | undefined {
  if ((unitShare ?? 0) === 0 && (requestShare ?? 0) === 0) return undefined;
  const requests = requestShare === null ? "" : `, ${formatShare(requestShare)} of the requests`;
  return `${formatShare(unitShare)} of the units${requests}`;
}

function StepLine({ step }: { readonly step: Step }) {
  const { isPast, isCurrent, needsApproval, eta, gate } = step;
  const shares = shareWords(step);
  const asks = [
    step.holdMs > 0 ? `at least ${formatSpan(step.holdMs)}` : undefined,
    step.pairsMin > 0 ? formatCount(step.pairsMin, "compared exchange") : undefined,
    step.unitsMin > 0 ? formatCount(step.unitsMin, "distinct unit") : undefined,
  ].filter((part) => part !== undefined);
  return (
    <li
      class={isPast ? "past" : isCurrent ? "current" : undefined}
      aria-current={isCurrent ? "step" : undefined}
    >
      <div class="row">
        <strong>{step.step}</strong>
        {isPast ? <span class="muted">behind it</span> : null}
        {isCurrent ? <Badge tone="info">here</Badge> : null}
        {needsApproval && !isPast && !isCurrent ? <Badge tone="quiet">to be approved</Badge> : null}
        {shares === undefined ? null : <span class="muted small">{shares}</span>}
        {eta === null || isPast ? null : <span class="eta">{eta.text}</span>}
      </div>
      {isPast || (asks.length === 0 && gate.length === 0) ? null : (
        <details>
          <summary class="muted small">
            {asks.length === 0 ? "its gate" : `asks for ${asks.join(", ")}`}
          </summary>
          <ul class="small">
            {gate.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}
