// What to do next: the confirmed differences that wait for somebody, the worst first, then what would make them fewer.
import type { SuggestionAnswer } from "../../admin/rule-schemas.ts";
import type { SignatureAnswer, Summary } from "../../admin/schemas.ts";
import { useApi } from "../api.ts";
import { PathText } from "../differences/signature-badges.tsx";
import { differenceWords } from "../differences/words.ts";
import { formatCount, formatNumber } from "../format.ts";
import { Link } from "../router.tsx";

const REFRESH_MS = 10_000;
/** Suggestions are worked out from what is stored, and change slowly. */
const SUGGESTIONS_MS = 60_000;
const SHOWN = 3;
/** Looked through for those of several endpoints: one fault is often many differences of one. */
const ASKED = 50;

interface Differences {
  readonly total: number;
  readonly differences: readonly SignatureAnswer[];
}

const waiting = (tier: "confirmed" | "suspect", limit: number) =>
  `/api/differences?${new URLSearchParams({ state: "untriaged", tier, sort: "exchanges", limit: String(limit) })}`;

/** One of each endpoint; what can break a client comes before what only adds. */
function worstOf(signatures: readonly SignatureAnswer[]): readonly SignatureAnswer[] {
  const byWeight = [...signatures].sort((a, b) => Number(b.breaking > 0) - Number(a.breaking > 0));
  const ofEndpoint = new Map<string, SignatureAnswer>();
  for (const signature of byWeight)
    if (!ofEndpoint.has(signature.endpoint)) ofEndpoint.set(signature.endpoint, signature);
  return [...ofEndpoint.values()].slice(0, SHOWN);
}

export function NextPanel({ summary }: { readonly summary: Summary }) {
  const confirmed = useApi<Differences>(waiting("confirmed", ASKED), REFRESH_MS).value;
  const suspect = useApi<Differences>(waiting("suspect", 1), REFRESH_MS).value;
  const suggested = useApi<{ readonly suggestions: readonly SuggestionAnswer[] }>(
    "/api/rules/suggestions",
    SUGGESTIONS_MS,
  ).value;
  if (confirmed === undefined || suspect === undefined) return null;
  const rules = suggested?.suggestions ?? [];
  const explained = rules.reduce((sum, { explains }) => sum + explains.differences, 0);
  const isIdle = confirmed.total + suspect.total + rules.length === 0;
  return (
    <section class="panel next" aria-labelledby="next">
      <h2 id="next">What to do next</h2>
      {confirmed.total === 0 ? null : (
        <>
          <p>
            <Link to="/differences?tier=confirmed&sort=exchanges">
              {formatCount(confirmed.total, "confirmed difference")}
            </Link>{" "}
            {confirmed.total === 1 ? "waits" : "wait"} for a decision. Start here:
          </p>
          <ol>
            {worstOf(confirmed.differences).map((signature) => (
              <Worst key={signature.id} signature={signature} />
            ))}
          </ol>
        </>
      )}
      <ul class="plain">
        {rules.length === 0 ? null : (
          <li>
            <Link to="/rules">{formatCount(rules.length, "suggested rule")}</Link> would explain{" "}
            {formatCount(explained, "difference")} of noise: try {rules.length === 1 ? "it" : "them"}.
          </li>
        )}
        {suspect.total === 0 ? null : (
          <li>
            <Link to="/differences?tier=suspect">{formatCount(suspect.total, "suspect difference")}</Link>{" "}
            {suspect.total === 1 ? "needs" : "need"} more evidence, or a look.
          </li>
        )}
        {isIdle ? <li>{idleWords(summary)}</li> : null}
      </ul>
    </section>
  );
}

function Worst({ signature }: { readonly signature: SignatureAnswer }) {
  const { id, endpoint, exchanges } = signature;
  return (
    <li>
      <Link to={`/differences/${encodeURIComponent(id)}`}>
        <PathText {...signature} />
      </Link>{" "}
      at <code>{endpoint}</code>: {differenceWords(signature)}{" "}
      <span class="muted">
        In {formatNumber(exchanges)} {exchanges === 1 ? "exchange" : "exchanges"}.
      </span>
    </li>
  );
}

/** Where nothing waits for anybody: what holds, or what keeps evidence from coming. */
function idleWords({ isKilled, totals }: Summary): string {
  if (isKilled) return "Turn the kill switch off, above, when you want evidence again.";
  if (totals.match + totals.mismatch === 0)
    return "Nothing was compared yet: below is what was skipped, why, and what to do about it.";
  return "Nothing: no difference waits for a decision. More traffic is more evidence.";
}
