// What to do about a signature: one sentence, the rules that fit it, and the command that tells whether it is fixed.
import { useState } from "preact/hooks";
import type { SuggestionAnswer } from "../../admin/rule-schemas.ts";
import type { SignatureAnswer } from "../../admin/schemas.ts";
import type { Rule } from "../../core/rule.ts";
import { useApi } from "../api.ts";
import { formatCount } from "../format.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { RuleDialog } from "../rules/rule-dialog.tsx";
import { ruleOffers } from "../rules/rule-offers.ts";
import { ruleTitle } from "../rules/rule-words.ts";
import { replayLine, stepWords } from "./words.ts";

interface NextStepsProps {
  readonly signature: SignatureAnswer;
  readonly routes: readonly string[];
  readonly onDone: () => void;
}

export function NextSteps({ signature, routes, onDone }: NextStepsProps) {
  const { id, endpoint, tier } = signature;
  const [draft, setDraft] = useState<Rule>();
  const { value } = useApi<{ readonly suggestions: readonly SuggestionAnswer[] }>(
    `/api/rules/suggestions?${new URLSearchParams({ endpoint })}`,
  );
  const suggested = (value?.suggestions ?? []).filter(({ explains }) => explains.signatureIds.includes(id));
  const offers = ruleOffers(signature);
  return (
    <section class="panel">
      <h2>What to do next</h2>
      <p>{stepWords(signature)}</p>
      {suggested.map(({ rule, evidence, explains }) => (
        <div key={JSON.stringify(rule)} class="suggestion">
          <p>
            <strong>Suggested: {ruleTitle(rule)}.</strong> It would explain{" "}
            {formatCount(explains.differences, "difference")}: {evidence.text}.
          </p>
          <button type="button" class="primary" onClick={() => setDraft(rule)}>
            Try the suggested rule
          </button>
        </div>
      ))}
      {offers.length === 0 ? (
        <p class="muted small">
          No rule can be made of this one here; docs/rules.md has all kinds there are.
        </p>
      ) : (
        <>
          <h3>Make it a rule</h3>
          <p class="row">
            {offers.map(({ title, why, rule }) => (
              <button key={title} type="button" title={why} onClick={() => setDraft(rule)}>
                {title}
              </button>
            ))}
          </p>
        </>
      )}
      <h3>Is it fixed?</h3>
      <p class="small muted">
        Sends its stored requests to a new build and to the legacy, and judges the answers.
      </p>
      <div class="command">
        <code>{replayLine(id)}</code>
        <CopyButton text={replayLine(id)} what="replay command" />
      </div>
      {draft === undefined ? null : (
        <RuleDialog
          rule={draft}
          routes={routes}
          warning={
            tier === "confirmed"
              ? "The evidence says that the candidate is different here: a rule hides a real difference. Is it wanted?"
              : undefined
          }
          onClose={() => setDraft(undefined)}
          onDone={() => {
            setDraft(undefined);
            onDone();
          }}
        />
      )}
    </section>
  );
}
