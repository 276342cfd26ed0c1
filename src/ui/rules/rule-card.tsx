// One rule in force: what it does, why and for whom, what it hid, and what is to be said against it.
import { useEffect, useRef, useState } from "preact/hooks";
import type { RuleAnswer } from "../../admin/rule-schemas.ts";
import type { Rule } from "../../core/rule.ts";
import { type ApiFailure, send } from "../api.ts";
import { useRights } from "../differences/rights.ts";
import { PathText } from "../differences/signature-badges.tsx";
import { ValuePair } from "../differences/values.tsx";
import { formatCount, formatDate, formatPercent } from "../format.ts";
import { Badge } from "../parts/badge.tsx";
import { ButtonRow } from "../parts/button-row.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Failure } from "../parts/failure.tsx";
import { Time } from "../parts/time.tsx";
import { announce } from "../parts/toast.tsx";
import { Link } from "../router.tsx";
import { flagWords, KIND_WORDS, ruleTitle } from "./rule-words.ts";
import { ruleYaml } from "./rule-yaml.ts";

const ENDPOINTS_SHOWN = 5;

interface RuleCardProps {
  readonly rule: RuleAnswer;
  /** A link is about it: it comes into view, and is told from the others. */
  readonly isLinked: boolean;
  readonly onRemoved: () => void;
}

export function RuleCard({ rule: answer, isLinked, onRemoved }: RuleCardProps) {
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!isLinked) return;
    card.current?.scrollIntoView({ block: "center" });
    card.current?.focus({ preventScroll: true });
  }, [isLinked]);
  const {
    id,
    rule,
    routes,
    routesTotal,
    hits,
    lastHitMs,
    endpoints,
    endpointsTotal,
    examples,
    added,
    flags,
  } = answer;
  return (
    <article
      ref={card}
      class={isLinked ? "panel card linked" : "panel card"}
      id={id}
      aria-label={ruleTitle(rule)}
      tabIndex={isLinked ? -1 : undefined}
    >
      <h3>
        {ruleTitle(rule)}{" "}
        {flags.map((flag) => (
          <Badge key={flag.kind} tone="warn">
            {flag.kind}
          </Badge>
        ))}
      </h3>
      <p class="muted small">{KIND_WORDS[rule.kind]}</p>
      {flags.map((flag) => (
        <p key={flag.kind} class="warn">
          {flagWords(flag)}
        </p>
      ))}
      <p>
        <strong>{formatCount(hits, "place")} hidden</strong>
        {lastHitMs === null ? null : (
          <>
            , last <Time atMs={lastHitMs} />
          </>
        )}
        {endpoints.length === 0 ? null : " at:"}
      </p>
      {endpoints.length === 0 ? null : (
        <ul class="plain small">
          {endpoints.slice(0, ENDPOINTS_SHOWN).map(({ endpoint, hits: places, share }) => (
            <li key={endpoint}>
              <code>{endpoint}</code>{" "}
              <span class="muted">
                {formatCount(places, "place")}, {formatPercent(share)} of all that differs there
              </span>
            </li>
          ))}
          {endpointsTotal > ENDPOINTS_SHOWN ? (
            <li class="muted">and {formatCount(endpointsTotal - ENDPOINTS_SHOWN, "more endpoint")}</li>
          ) : null}
        </ul>
      )}
      {examples.length === 0 ? null : (
        <details>
          <summary>Examples of what it hid</summary>
          <ul class="plain small">
            {examples.map(({ exchangeId, part, path, legacy, candidate }) => (
              <li key={`${exchangeId} ${path}`}>
                <Link to={`/exchanges/${encodeURIComponent(exchangeId)}`}>
                  <PathText part={part} path={path} />
                </Link>{" "}
                <ValuePair legacy={legacy} candidate={candidate} />
              </li>
            ))}
          </ul>
        </details>
      )}
      <p class="muted small">
        {rule.reason === undefined ? "No reason is given" : `“${rule.reason}”`} ·{" "}
        {rule.owner === undefined ? "no owner" : `owner ${rule.owner}`} ·{" "}
        {rule.expires === undefined ? "no expiry" : `until ${rule.expires}`} ·{" "}
        {routesTotal === 1 ? `on ${routes[0]}` : `on ${formatCount(routesTotal, "route")}`} ·{" "}
        {added === null ? "from the config" : `put to work by ${added.who} on ${formatDate(added.atMs)}`}
      </p>
      <ButtonRow>
        <CopyButton text={ruleYaml(rule as Rule, undefined)} what="YAML" />
        {added === null ? null : <Remove id={id} title={ruleTitle(rule)} onRemoved={onRemoved} />}
      </ButtonRow>
    </article>
  );
}

interface RemoveProps {
  readonly id: string;
  readonly title: string;
  readonly onRemoved: () => void;
}

/** Asks once more: what it hid shows again from then on. */
function Remove({ id, title, onRemoved }: RemoveProps) {
  const { whyNot } = useRights();
  const [isAsking, setAsking] = useState(false);
  const [failure, setFailure] = useState<ApiFailure>();
  const remove = async () => {
    const result = await send("DELETE", `/api/rules/${encodeURIComponent(id)}`);
    if (result.kind === "failed") return setFailure(result.failure);
    announce(`Removed: ${title}. What it hid shows again from now on`);
    onRemoved();
  };
  return (
    <>
      {isAsking ? (
        <>
          <span>What it hides shows again.</span>
          <button type="button" class="danger" onClick={remove}>
            Remove it
          </button>
          <button type="button" onClick={() => setAsking(false)}>
            Keep it
          </button>
        </>
      ) : (
        <button type="button" disabled={whyNot !== undefined} title={whyNot} onClick={() => setAsking(true)}>
          Remove
        </button>
      )}
      {failure === undefined ? null : <Failure failure={failure} />}
    </>
  );
}
