// The rules: what each hides and whether it is worth a look; and rules worth having.
import { useState } from "preact/hooks";
import type { RuleAnswer, SuggestionAnswer } from "../../admin/rule-schemas.ts";
import type { EndpointAnswer } from "../../admin/schemas.ts";
import type { Rule } from "../../core/rule.ts";
import { useApi } from "../api.ts";
import { SignatureName } from "../differences/signature-name.tsx";
import { ValuePair } from "../differences/values.tsx";
import { formatCount } from "../format.ts";
import { Badge } from "../parts/badge.tsx";
import { Choice } from "../parts/choice.tsx";
import { EmptyState } from "../parts/empty-state.tsx";
import { Failure } from "../parts/failure.tsx";
import { Loading } from "../parts/loading.tsx";
import { Link, useAddressQuery } from "../router.tsx";
import { RuleCard } from "./rule-card.tsx";
import { RuleDialog } from "./rule-dialog.tsx";
import { KIND_WORDS, ruleTitle } from "./rule-words.ts";
import "./rules.css";

const RULES_ASKED = 1000;

interface Rules {
  readonly total: number;
  readonly rules: readonly RuleAnswer[];
}
interface Suggestions {
  readonly total: number;
  readonly suggestions: readonly SuggestionAnswer[];
}

export function RulesPage() {
  const query = useAddressQuery();
  const isFlagged = query.get("flagged") === "true";
  /** The one that a link is about. */
  const linked = query.get("rule");
  const rules = useApi<Rules>(`/api/rules?limit=${RULES_ASKED}`);
  const suggestions = useApi<Suggestions>("/api/rules/suggestions");
  const shown = rules.value?.rules.filter(({ flags }) => !isFlagged || flags.length > 0);
  // What was put to work a moment ago still explains what was counted before.
  const inForce = new Set(rules.value?.rules.map(({ rule }) => ruleTitle(rule)));
  const worthHaving = suggestions.value?.suggestions.filter(
    ({ rule }) => !inForce.has(ruleTitle(rule as Rule)),
  );
  const isLinkedGone =
    linked !== undefined && rules.value !== undefined && !rules.value.rules.some(({ id }) => id === linked);
  const reload = () => {
    rules.reload();
    suggestions.reload();
  };
  return (
    <>
      <h1>Rules</h1>
      <p class="muted">
        A rule says that a difference is meant, or means nothing. It hides and counts; it never deletes. Rules
        come from the config file, or are put to work here.
      </p>
      <Suggested suggestions={rules.value === undefined ? [] : (worthHaving ?? [])} onDone={reload} />
      <div class="row spread">
        <h2>In force{rules.value === undefined ? "" : `: ${formatCount(rules.value.total, "rule")}`}</h2>
        <Choice
          label="Which rules"
          value={isFlagged ? "flagged" : "all"}
          options={[
            { value: "all", text: "All" },
            { value: "flagged", text: "Worth a look" },
          ]}
          onChoose={(which) =>
            query.set({ flagged: which === "flagged" ? "true" : undefined }, { replace: true })
          }
        />
      </div>
      {isLinkedGone ? (
        <p class="banner" role="status">
          The rule <code>{linked}</code> is not in force any more. The{" "}
          <Link to={`/audit?${new URLSearchParams({ subject: linked })}`}>audit log</Link> says what became of
          it, if it was put to work here.
        </p>
      ) : null}
      {rules.failure === undefined ? null : <Failure failure={rules.failure} />}
      {shown === undefined ? (
        rules.failure === undefined ? (
          <Loading label="the rules" />
        ) : null
      ) : shown.length === 0 ? (
        <NoRules isFlagged={isFlagged} />
      ) : (
        <div class="cards">
          {shown.map((rule) => (
            <RuleCard key={rule.id} rule={rule} isLinked={rule.id === linked} onRemoved={reload} />
          ))}
        </div>
      )}
    </>
  );
}

function NoRules({ isFlagged }: { readonly isFlagged: boolean }) {
  if (isFlagged)
    return (
      <EmptyState title="No rule is worth a look">
        <p>None is past its date, too broad, failing, or without a hit.</p>
      </EmptyState>
    );
  return (
    <EmptyState title="No rule is in force">
      <p>
        Open <Link to="/differences">a difference</Link> and make it a rule there, or write one into the
        config:
      </p>
      <pre>
        {
          "rules:\n  - kind: shape\n    path: /requestId\n    class: uuid\n    reason: made anew for each answer\n    owner: team-catalogue\n    expires: 2027-01-31\n"
        }
      </pre>
    </EmptyState>
  );
}

interface SuggestedProps {
  readonly suggestions: readonly SuggestionAnswer[];
  readonly onDone: () => void;
}

function Suggested({ suggestions, onDone }: SuggestedProps) {
  const [tried, setTried] = useState<SuggestionAnswer>();
  if (suggestions.length === 0) return null;
  return (
    <section>
      <h2>Suggested: {formatCount(suggestions.length, "rule")} that would explain noise</h2>
      <div class="cards">
        {suggestions.map((suggestion) => (
          <SuggestionCard
            key={`${suggestion.endpoint} ${JSON.stringify(suggestion.rule)}`}
            suggestion={suggestion}
            onTry={() => setTried(suggestion)}
          />
        ))}
      </div>
      {tried === undefined ? null : (
        <SuggestionDialog
          suggestion={tried}
          onClose={() => setTried(undefined)}
          onDone={() => {
            setTried(undefined);
            onDone();
          }}
        />
      )}
    </section>
  );
}

interface SuggestionCardProps {
  readonly suggestion: SuggestionAnswer;
  readonly onTry: () => void;
}

function SuggestionCard({ suggestion: { rule, endpoint, evidence, explains }, onTry }: SuggestionCardProps) {
  return (
    <article class="panel card">
      <h3>{ruleTitle(rule)}</h3>
      <p class="small">
        <Badge tone="info">suggested</Badge> {KIND_WORDS[rule.kind]}
      </p>
      <p>
        At <code>{endpoint}</code> {evidence.text}.
      </p>
      {evidence.example === undefined ? null : (
        <p class="small">
          For example <ValuePair {...evidence.example} />
        </p>
      )}
      <p>
        It would explain <strong>{formatCount(explains.differences, "difference")}</strong> of{" "}
        {formatCount(explains.signatureIds.length, "signature")}
        {explains.signatureIds.slice(0, 3).map((id) => (
          <>
            {" "}
            ·{" "}
            <Link to={`/differences/${encodeURIComponent(id)}`}>
              <SignatureName id={id} isShort />
            </Link>
          </>
        ))}
      </p>
      <button type="button" class="primary" onClick={onTry}>
        Try it
      </button>
    </article>
  );
}

interface SuggestionDialogProps {
  readonly suggestion: SuggestionAnswer;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function SuggestionDialog({ suggestion, ...rest }: SuggestionDialogProps) {
  const { value, failure } = useApi<{ readonly endpoints: readonly EndpointAnswer[] }>(
    `/api/endpoints?${new URLSearchParams({ endpoint: suggestion.endpoint })}`,
  );
  // The dialog begins with the first route: it waits until that is known, or cannot be.
  if (value === undefined && failure === undefined) return null;
  const routes = (value?.endpoints ?? []).map(({ route }) => route);
  return <RuleDialog rule={suggestion.rule as Rule} routes={routes} {...rest} />;
}
