// "What does tenant X get?": a request described, and who would serve it, by which rule.
import { useState } from "preact/hooks";
import type { ExplainAnswer } from "../../admin/rollout-schemas.ts";
import { type ApiFailure, get } from "../api.ts";
import { formatNumber } from "../format.ts";
import { Failure } from "../parts/failure.tsx";
import { Field } from "../parts/field.tsx";
import { askExplain, EMPTY_EXPLAIN, type ExplainForm, type ExplainProblems } from "./explain-form.ts";

export function ExplainPanel({ route }: { readonly route: string }) {
  const [form, setForm] = useState<ExplainForm>(EMPTY_EXPLAIN);
  const [problems, setProblems] = useState<ExplainProblems>({});
  const [answer, setAnswer] = useState<ExplainAnswer>();
  const [failure, setFailure] = useState<ApiFailure>();
  const type = (change: Partial<ExplainForm>) => setForm((before) => ({ ...before, ...change }));
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    const asked = askExplain(route, form);
    setProblems(asked.ok ? {} : asked.problems);
    if (!asked.ok) return;
    const result = await get<ExplainAnswer>(`/api/explain?${asked.query}`);
    setFailure(result.kind === "failed" ? result.failure : undefined);
    setAnswer(result.kind === "ok" ? result.value : undefined);
  };
  return (
    <section class="panel explain">
      <h2>Who gets what?</h2>
      <form onSubmit={onSubmit} noValidate>
        <Field label="Headers" hint="One a line" problem={problems.headers}>
          {(ids) => (
            <textarea
              {...ids}
              rows={2}
              class="code"
              placeholder="x-tenant: acme"
              spellcheck={false}
              value={form.headers}
              onInput={(event) => type({ headers: event.currentTarget.value })}
            />
          )}
        </Field>
        <div class="pair">
          <Field label="Cookies" problem={problems.cookies}>
            {(ids) => (
              <input
                {...ids}
                class="whole code"
                placeholder="session=41"
                spellcheck={false}
                value={form.cookies}
                onInput={(event) => type({ cookies: event.currentTarget.value })}
              />
            )}
          </Field>
          <Field label="Path and query" problem={problems.target}>
            {(ids) => (
              <input
                {...ids}
                class="whole code"
                placeholder="/orders/41?tenant=acme"
                spellcheck={false}
                value={form.target}
                onInput={(event) => type({ target: event.currentTarget.value })}
              />
            )}
          </Field>
          <Field label="Address of the client" problem={problems.address}>
            {(ids) => (
              <input
                {...ids}
                class="whole code"
                placeholder="10.0.4.7"
                spellcheck={false}
                value={form.address}
                onInput={(event) => type({ address: event.currentTarget.value })}
              />
            )}
          </Field>
          <Field label="At, in UTC" hint="Empty: now" problem={problems.at}>
            {(ids) => (
              <input
                {...ids}
                class="whole"
                type="datetime-local"
                step={1}
                value={form.at}
                onInput={(event) => type({ at: event.currentTarget.value })}
              />
            )}
          </Field>
        </div>
        <button type="submit">Explain</button>
      </form>
      <div role="status" class="explained">
        {answer === undefined ? null : <Explained answer={answer} />}
      </div>
      {failure === undefined ? null : <Failure failure={failure} />}
    </section>
  );
}

function Explained({ answer }: { readonly answer: ExplainAnswer }) {
  const { upstream, text, unit, rule, step, epoch, salt, isFromJournal, notes } = answer;
  return (
    <>
      <p class="outcome">
        Served by the <strong class={upstream}>{upstream}</strong>
        {isFromJournal ? " then" : ""}
      </p>
      <p>{text}</p>
      <dl class="facts">
        <dt>Why</dt>
        <dd>
          {answer.reason}
          {rule === null ? "" : `: ${rule}`}
        </dd>
        <dt>Unit</dt>
        <dd>{unit === null ? "none in this request" : `${unit.kind} ${unit.id}`}</dd>
        {unit === null ? null : (
          <>
            <dt>Bucket</dt>
            <dd>
              {formatNumber(unit.bucket)} of 2³²; served by the candidate from {unit.bucketPercent.toFixed(2)}{" "}
              % on
            </dd>
          </>
        )}
        <dt>Decided at</dt>
        <dd>
          {step}, epoch {epoch}, salt <code>{salt}</code>, bucketing {answer.bucketingVersion}
        </dd>
      </dl>
      {notes.map((note) => (
        <p key={note} class="muted small">
          {note}
        </p>
      ))}
    </>
  );
}
