// Decides about one signature or several: accepted, bug, fixed, back to new; with an owner and a comment.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type ApiFailure, send } from "../api.ts";
import { ButtonRow } from "../parts/button-row.tsx";
import { Choice } from "../parts/choice.tsx";
import { Failure } from "../parts/failure.tsx";
import { ExpiryField, Field } from "../parts/field.tsx";
import { announce } from "../parts/toast.tsx";
import { useRights } from "./rights.ts";
import {
  checkForm,
  type Decision,
  doneWords,
  EMPTY_FORM,
  type FormProblems,
  type TriageForm,
} from "./triage-form.ts";

const DECISIONS: readonly { readonly value: Decision | "stays"; readonly text: string }[] = [
  { value: "stays", text: "Leave as it is" },
  { value: "accepted", text: "Accept" },
  { value: "bug", text: "Bug" },
  { value: "fixed", text: "Fixed" },
  { value: "new", text: "Back to new" },
];

const MEANS: Readonly<Record<Decision | "stays", string>> = {
  stays: "The state stays; give it an owner, or say something.",
  accepted: "The difference is wanted, or can be lived with, until that day. Then it is new again.",
  bug: "It is followed up elsewhere, and stays open until it is fixed.",
  fixed: "When it is seen once more, it reopens itself and says so.",
  new: "As if nobody had looked at it.",
};

export interface TriagePanelProps {
  readonly ids: readonly string[];
  readonly decision?: Decision | undefined;
  /** Of the one signature; undefined for several, whose owners stay unless one is given. */
  readonly owner?: string | null | undefined;
  readonly onDone: () => void;
  readonly onCancel?: (() => void) | undefined;
}

export function TriagePanel({ ids, decision, owner, onDone, onCancel }: TriagePanelProps) {
  const { mayReview, whyNot, who } = useRights();
  const begin: TriageForm = { ...EMPTY_FORM, decision };
  const [form, setForm] = useState(begin);
  const [problems, setProblems] = useState<FormProblems>({});
  const [failure, setFailure] = useState<ApiFailure>();
  const [isSending, setSending] = useState(false);
  const place = useRef<HTMLFormElement>(null);
  // A dialog gives the focus to what asks for it: what is missing, else what ends it. Before the dialog opens.
  const isAsked = onCancel !== undefined;
  useLayoutEffect(() => {
    const wanted =
      { accepted: '[name="expires"]', bug: '[name="link"]' }[String(decision)] ?? "[type=submit]";
    if (isAsked) place.current?.querySelector(wanted)?.setAttribute("autofocus", "");
  }, [isAsked]);
  const change = (part: Partial<TriageForm>) => setForm((before) => ({ ...before, ...part }));

  const submit = async (event: Event) => {
    event.preventDefault();
    const checked = checkForm(ids, form, Date.now());
    setProblems(checked.ok ? {} : checked.problems);
    if (!checked.ok) {
      const [first] = Object.keys(checked.problems);
      place.current?.querySelector<HTMLElement>(`[name="${first}"]`)?.focus();
      return;
    }
    setSending(true);
    const result = await send<{ readonly changed: number }>("POST", "/api/triage", checked.body);
    setSending(false);
    if (result.kind === "failed") return setFailure(result.failure);
    setFailure(undefined);
    setForm({ ...EMPTY_FORM });
    announce(doneWords(checked.body, result.value.changed));
    onDone();
  };

  const chosen = form.decision ?? "stays";
  return (
    <form class="triage" ref={place} onSubmit={submit} noValidate>
      <fieldset class="bare" disabled={!mayReview} title={whyNot}>
        <legend class="unseen">Decision</legend>
        {whyNot === undefined ? null : <p class="muted">{whyNot}.</p>}
        <Choice
          label="Decision"
          options={DECISIONS}
          value={chosen}
          onChoose={(value) => change({ decision: value === "stays" ? undefined : value })}
        />
        <p class="muted small">{MEANS[chosen]}</p>
        {chosen === "accepted" ? (
          <ExpiryField
            label="Accepted until"
            value={form.expires}
            problem={problems.expires}
            onChange={(expires) => change({ expires })}
          />
        ) : null}
        {chosen === "bug" ? (
          <Field label="Link to the bug" problem={problems.link}>
            {(ids) => (
              <input
                {...ids}
                name="link"
                type="url"
                placeholder="https://…"
                value={form.link}
                onInput={(event) => change({ link: event.currentTarget.value })}
              />
            )}
          </Field>
        ) : null}
        <Field label="Owner" hint={owner === undefined ? "Unless you write one, owners stay." : undefined}>
          {(ids) => (
            <span class="row">
              <input
                {...ids}
                name="owner"
                value={form.owner ?? owner ?? ""}
                placeholder="a team or a person"
                onInput={(event) => change({ owner: event.currentTarget.value })}
              />
              {who === undefined ? null : (
                <button type="button" onClick={() => change({ owner: who })}>
                  Me
                </button>
              )}
            </span>
          )}
        </Field>
        <Field label="Comment">
          {(ids) => (
            <textarea
              {...ids}
              name="comment"
              rows={2}
              value={form.comment}
              onInput={(event) => change({ comment: event.currentTarget.value })}
            />
          )}
        </Field>
        {problems.form === undefined ? null : (
          <p class="bad" role="alert">
            {problems.form}
          </p>
        )}
        {failure === undefined ? null : <Failure failure={failure} />}
        <ButtonRow>
          <button type="submit" class="primary" disabled={isSending || !mayReview}>
            {submitText(chosen, ids.length)}
          </button>
          {onCancel === undefined ? null : (
            <button type="button" onClick={onCancel}>
              Cancel
            </button>
          )}
        </ButtonRow>
      </fieldset>
    </form>
  );
}

function submitText(chosen: Decision | "stays", count: number): string {
  const what = count === 1 ? "" : ` ${count} signatures`;
  switch (chosen) {
    case "accepted":
      return `Accept${what}`;
    case "bug":
      return count === 1 ? "Call it a bug" : `Call${what} bugs`;
    case "fixed":
      return count === 1 ? "Call it fixed" : `Call${what} fixed`;
    case "new":
      return `Put${count === 1 ? " it" : what} back to new`;
    case "stays":
      return "Save";
    default:
      return chosen satisfies never;
  }
}
