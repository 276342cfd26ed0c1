// Moves a route, after a question with a reason. What was shown when it opened is what is acted on: where the route
// moved meanwhile, that is said, and nothing is sent until somebody looked at it again.
import { useState } from "preact/hooks";
import type { JournalEntryAnswer, PlanAnswer, RolloutRouteAnswer } from "../../admin/rollout-schemas.ts";
import { type ApiFailure, get, send } from "../api.ts";
import { ButtonRow } from "../parts/button-row.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Failure } from "../parts/failure.tsx";
import { Field } from "../parts/field.tsx";
import { announce } from "../parts/toast.tsx";
import {
  type ActionForm,
  type ActionProblems,
  checkAction,
  EMPTY_ACTION,
  isPromotion,
  mustTypeName,
  REASON_CHARACTERS_MAX,
  targetsOf,
  type Wish,
} from "./action-form.ts";
import { VerdictBadge } from "./gate.tsx";
import { ACTION_WORDS, entryWords, gateWords, isOfSomebody } from "./words.ts";

export interface ActionDialogProps {
  readonly wish: Wish;
  /** As it is now; what it was when the dialog opened, the dialog keeps. */
  readonly route: RolloutRouteAnswer;
  readonly plan: PlanAnswer | undefined;
  readonly onClose: () => void;
  /** Something was done, by whoever looks or by somebody else. */
  readonly onChanged: () => void;
}

interface Changed {
  readonly route: RolloutRouteAnswer;
}

const CONFLICT = 409;
/** The newest entry is often Parallax's own: that every thread has what somebody decided. */
const LOOKED_AT = 10;

/** What somebody else did, of the journal; undefined where it cannot be read. */
async function newestEntry(route: string): Promise<JournalEntryAnswer | undefined> {
  const asked = new URLSearchParams({ route, limit: String(LOOKED_AT) });
  const result = await get<{ readonly entries: readonly JournalEntryAnswer[] }>(`/api/journal?${asked}`);
  return result.kind === "ok" ? result.value.entries.find(isOfSomebody) : undefined;
}

export function ActionDialog({ wish, route, plan, onClose, onChanged }: ActionDialogProps) {
  const [shown, setShown] = useState(route);
  const [form, setForm] = useState<ActionForm>(EMPTY_ACTION);
  const [problems, setProblems] = useState<ActionProblems>({});
  const [failure, setFailure] = useState<ApiFailure>();
  const [conflict, setConflict] = useState<string>();
  const [isSending, setSending] = useState(false);
  const type = (change: Partial<ActionForm>) => setForm((before) => ({ ...before, ...change }));
  const hasMoved = route.epoch !== shown.epoch;
  const { button, done, does } = ACTION_WORDS[wish === "force" ? "promote" : wish];
  const targets = targetsOf(wish, shown, plan);

  const lookAgain = () => {
    setShown(route);
    setForm((before) => ({ ...before, to: "" }));
    setConflict(undefined);
    setFailure(undefined);
  };
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    const checked = checkAction(wish, shown, form);
    setProblems(checked.ok ? {} : checked.problems);
    if (!checked.ok || hasMoved || isSending) return;
    setSending(true);
    const path = `/api/rollout/${encodeURIComponent(shown.route)}/${checked.action}`;
    const result = await send<Changed>("POST", path, checked.body);
    setSending(false);
    if (result.kind === "ok") {
      announce(`${shown.route}: ${done}. It stands at ${result.value.route.step}.`);
      onChanged();
      onClose();
    } else if (result.failure.status === CONFLICT) {
      const entry = await newestEntry(shown.route);
      setConflict(entry === undefined ? result.failure.message : `${entryWords(entry, Date.now())}.`);
      onChanged();
    } else setFailure(result.failure);
  };
  return (
    <Dialog
      title={wish === "force" ? `Promote ${shown.route} against the gate?` : `${button}: ${shown.route}?`}
      onClose={onClose}
    >
      <form class="action-form" onSubmit={onSubmit} noValidate>
        <p>
          {does} It stands at <strong>{shown.step}</strong>.
        </p>
        {isPromotion(wish) && shown.gate !== null ? (
          <p>
            The gate: <VerdictBadge verdict={shown.gate.verdict} />{" "}
            <span class="muted">{gateWords(shown.gate)}</span>
          </p>
        ) : null}
        {targets.length === 0 ? null : (
          <Field label={wish === "rollback" ? "Back to" : "On to"}>
            {(ids) => (
              <select {...ids} value={form.to} onChange={(event) => type({ to: event.currentTarget.value })}>
                {targets.map(({ to, text }) => (
                  <option key={to} value={to}>
                    {text}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
        <Field
          label="Reason"
          hint={
            wish === "resume" ? "Optional; the journal keeps it." : "The journal keeps it beside your name."
          }
          problem={problems.reason}
        >
          {(ids) => (
            <input
              {...ids}
              class="whole"
              maxLength={REASON_CHARACTERS_MAX}
              value={form.reason}
              onInput={(event) => type({ reason: event.currentTarget.value })}
            />
          )}
        </Field>
        {mustTypeName(wish) ? (
          <Field
            label={`Type ${shown.route}`}
            hint="The evidence does not say that it may go on. The journal will say that it was forced."
            problem={problems.typed}
          >
            {(ids) => (
              <input
                {...ids}
                class="whole"
                autocomplete="off"
                spellcheck={false}
                value={form.typed}
                onInput={(event) => type({ typed: event.currentTarget.value })}
              />
            )}
          </Field>
        ) : null}
        {hasMoved || conflict !== undefined ? (
          <div class="moved" role="alert">
            <p>
              <strong>{conflict === undefined ? "It has moved meanwhile." : "Somebody was faster."}</strong>{" "}
              {conflict === undefined ? "" : `${conflict} `}
              {hasMoved ? `It stands at ${route.step} now. ` : ""}Nothing was done here.
            </p>
            <button type="button" disabled={!hasMoved} onClick={lookAgain}>
              Go on from {route.step}
            </button>
          </div>
        ) : null}
        {failure === undefined ? null : <Failure failure={failure} />}
        <ButtonRow isAtEnd>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            class={wish === "rollback" || wish === "kill" || wish === "force" ? "danger" : "primary"}
            disabled={isSending || hasMoved || conflict !== undefined}
          >
            {wish === "force" ? "Promote anyway" : button}
          </button>
        </ButtonRow>
      </form>
    </Dialog>
  );
}
