// From a difference to a rule: edit it, see what it hides of the stored samples, then put it to work or copy it.
import { useRef, useState } from "preact/hooks";
import type { Rule } from "../../core/rule.ts";
import { type ApiFailure, send } from "../api.ts";
import { useRights } from "../differences/rights.ts";
import { ButtonRow } from "../parts/button-row.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Failure } from "../parts/failure.tsx";
import { ExpiryField, Field } from "../parts/field.tsx";
import { announce } from "../parts/toast.tsx";
import { Preview } from "./preview.tsx";
import {
  type Accounting,
  type AccountingProblems,
  accounted,
  addBody,
  checkAccounting,
  edited,
  type FieldSpec,
  fieldsOf,
  type RuleField,
  type Texts,
  textsOf,
} from "./rule-form.ts";
import { KIND_WORDS, ruleTitle } from "./rule-words.ts";
import { ruleYaml } from "./rule-yaml.ts";
import "./rules.css";

const ALL_ROUTES = "";

export interface RuleDialogProps {
  readonly rule: Rule;
  /** Of the endpoint, the first of which is chosen; all routes can be chosen always. */
  readonly routes: readonly string[];
  readonly warning?: string | undefined;
  readonly onClose: () => void;
  /** It was put to work. */
  readonly onDone: () => void;
}

export function RuleDialog({ rule: begun, routes, warning, onClose, onDone }: RuleDialogProps) {
  const { mayReview, whyNot } = useRights();
  const [texts, setTexts] = useState<Texts>(textsOf(begun));
  /** What was last written to its end: what is previewed. */
  const [settled, setSettled] = useState<Texts>(texts);
  const [scope, setScope] = useState(routes[0] ?? ALL_ROUTES);
  const [accounting, setAccounting] = useState<Accounting>({
    reason: begun.reason ?? "",
    owner: begun.owner ?? "",
    expires: begun.expires ?? "",
  });
  const [problems, setProblems] = useState<AccountingProblems>({});
  const [failure, setFailure] = useState<ApiFailure>();
  const [isSending, setSending] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  const route = scope === ALL_ROUTES ? undefined : scope;
  const rule = edited(begun, texts);
  const account = (part: Partial<Accounting>) => setAccounting((before) => ({ ...before, ...part }));
  const yaml = ruleYaml(accounted(rule, accounting), route);

  const putToWork = async (event: Event) => {
    event.preventDefault();
    const found = checkAccounting(accounting, Date.now());
    setProblems(found);
    const [first] = Object.keys(found);
    if (first !== undefined) {
      form.current?.querySelector<HTMLElement>(`[name="${first}"]`)?.focus();
      return;
    }
    setSending(true);
    const result = await send<{ readonly id: string }>(
      "POST",
      "/api/rules",
      addBody(accounted(rule, accounting), route),
    );
    setSending(false);
    if (result.kind === "failed") return setFailure(result.failure);
    announce(`At work: ${ruleTitle(rule)}. Rules has what it hides from now on`);
    onDone();
  };

  return (
    <Dialog title={`A rule: ${ruleTitle(rule)}`} isWide onClose={onClose}>
      <form ref={form} class="rule-form" onSubmit={putToWork} noValidate>
        <div class="rule-fields">
          <p class="muted">
            <strong>{rule.kind}</strong>: {KIND_WORDS[rule.kind]}.
          </p>
          {warning === undefined ? null : <p class="banner-bad">{warning}</p>}
          {fieldsOf(begun).map((spec) => (
            <RuleFieldInput
              key={spec.name}
              spec={spec}
              value={texts[spec.name] ?? ""}
              onType={(value) => setTexts((before) => ({ ...before, [spec.name]: value }))}
              onSettle={(value) => setSettled({ ...texts, [spec.name]: value })}
            />
          ))}
          <Field label="For">
            {(ids) => (
              <select
                {...ids}
                name="scope"
                value={scope}
                onChange={(event) => setScope(event.currentTarget.value)}
              >
                {routes.map((name) => (
                  <option key={name} value={name}>
                    the route {name}
                  </option>
                ))}
                <option value={ALL_ROUTES}>all routes</option>
              </select>
            )}
          </Field>
          <Field label="Reason" problem={problems.reason}>
            {(ids) => (
              <input
                {...ids}
                name="reason"
                value={accounting.reason}
                placeholder="why it may differ"
                onInput={(event) => account({ reason: event.currentTarget.value })}
              />
            )}
          </Field>
          <Field label="Owner" problem={problems.owner}>
            {(ids) => (
              <input
                {...ids}
                name="owner"
                value={accounting.owner}
                placeholder="a team or a person"
                onInput={(event) => account({ owner: event.currentTarget.value })}
              />
            )}
          </Field>
          <ExpiryField
            label="Look at it again on"
            value={accounting.expires}
            problem={problems.expires}
            onChange={(expires) => account({ expires })}
          />
        </div>
        <div class="rule-preview">
          <Preview rule={edited(begun, settled)} route={route} />
          <div class="row spread yaml-head">
            <h3>As YAML for the config file</h3>
            <CopyButton text={yaml} what="YAML" />
          </div>
          <pre class="yaml">{yaml}</pre>
        </div>
        <div class="rule-actions">
          {failure === undefined ? null : <Failure failure={failure} />}
          {whyNot === undefined ? null : <p class="muted">{whyNot}. You can copy it as YAML.</p>}
          <ButtonRow isAtEnd>
            <button type="button" onClick={onClose}>
              Cancel
            </button>
            <button type="submit" class="primary" disabled={isSending || !mayReview} title={whyNot}>
              Put to work
            </button>
          </ButtonRow>
        </div>
      </form>
    </Dialog>
  );
}

interface RuleFieldInputProps {
  readonly spec: FieldSpec;
  readonly value: string;
  readonly onType: (value: string) => void;
  /** Written to its end: worth a preview. */
  readonly onSettle: (value: string) => void;
}

function RuleFieldInput({
  spec: { name, label, hint, choices },
  value,
  onType,
  onSettle,
}: RuleFieldInputProps) {
  return (
    <Field label={label} hint={hint}>
      {(ids) =>
        choices === undefined ? (
          <input
            {...ids}
            name={name satisfies RuleField}
            class="code"
            value={value}
            spellcheck={false}
            onInput={(event) => onType(event.currentTarget.value)}
            onChange={(event) => onSettle(event.currentTarget.value)}
          />
        ) : (
          <select
            {...ids}
            name={name}
            value={value}
            onChange={(event) => {
              onType(event.currentTarget.value);
              onSettle(event.currentTarget.value);
            }}
          >
            {choices.map((choice) => (
              <option key={choice} value={choice}>
                {choice}
              </option>
            ))}
          </select>
        )
      }
    </Field>
  );
}
