// All about one signature: what differs, how often, since when, is it noise, show me one, what to do next.
import type { EndpointAnswer, SignatureAnswer } from "../../admin/schemas.ts";
import { OTHER } from "../../core/other.ts";
import { type Loaded, useApi } from "../api.ts";
import { samplePath } from "../exchange/samples.tsx";
import { formatCount, formatNumber, formatPercent } from "../format.ts";
import { StateBadge, TierBadge } from "../parts/badge.tsx";
import { EmptyState } from "../parts/empty-state.tsx";
import { Failure } from "../parts/failure.tsx";
import { useKeys } from "../parts/keys.tsx";
import { Loading } from "../parts/loading.tsx";
import { useNow } from "../parts/now.ts";
import { Time } from "../parts/time.tsx";
import { useTitle } from "../parts/title.ts";
import { Link, navigate } from "../router.tsx";
import { seenPairs } from "../rules/seen-values.ts";
import "./differences.css";
import { History } from "./history.tsx";
import { NextSteps } from "./next-steps.tsx";
import { ClassBadge, KindBadge, PathText } from "./signature-badges.tsx";
import { TrendChart } from "./trend-chart.tsx";
import { TriagePanel } from "./triage-panel.tsx";
import { ValuePair } from "./values.tsx";
import { decisionWords, differenceWords, evidenceWords, placeWords, TIER_WORDS } from "./words.ts";

const REFRESH_MS = 15_000;
const NOW_STEP_MS = 30_000;
const SAMPLES_SHOWN = 20;

export function DifferencePage({ id }: { readonly id: string }) {
  const signature = useApi<SignatureAnswer>(`/api/differences/${encodeURIComponent(id)}`, REFRESH_MS);
  const { value, failure } = signature;
  if (value === undefined) {
    if (failure === undefined) return <Loading label="the signature" />;
    if (failure.status !== 404) return <Failure failure={failure} />;
    return (
      <EmptyState title="There is no such signature">
        <p>
          It was deleted, or the address is not whole. Go to <Link to="/differences">the list</Link>.
        </p>
      </EmptyState>
    );
  }
  return (
    <>
      {failure === undefined ? null : <Failure failure={failure} />}
      <Signature signature={value} reload={signature.reload} />
    </>
  );
}

interface SignatureProps {
  readonly signature: SignatureAnswer;
  readonly reload: Loaded<unknown>["reload"];
}

function Signature({ signature, reload }: SignatureProps) {
  const { id, endpoint, tier, state, exchangeIds } = signature;
  const now = useNow(NOW_STEP_MS);
  const endpoints = useApi<{ readonly endpoints: readonly EndpointAnswer[] }>(
    `/api/endpoints?${new URLSearchParams({ endpoint })}`,
  );
  const routes = endpoints.value?.endpoints ?? [];
  const [newest] = exchangeIds;
  const list = `/differences?${new URLSearchParams({ endpoint, state: "all", tier: "all" })}`;
  useKeys({
    u: { text: "Back to the list", run: () => history.back() },
    o: {
      text: "Show a stored sample",
      run: () => {
        if (newest !== undefined) navigate(samplePath(id, newest, 1));
      },
    },
  });
  useTitle(`${placeWords(signature)} at ${endpoint}`);
  const decision = decisionWords(signature, now);
  return (
    <article class="signature">
      <p class="muted small">
        <Link to="/differences">Differences</Link> / <Link to={list}>{endpoint}</Link>
      </p>
      <h1>
        <PathText {...signature} />
      </h1>
      <p class="lead">{differenceWords(signature)}</p>
      <p class="row">
        <TierBadge tier={tier} />
        <StateBadge state={state} />
        <ClassBadge signature={signature} />
        <KindBadge {...signature} />
        {signature.owner === null ? null : <span>owner: {signature.owner}</span>}
      </p>
      {decision === "" ? null : (
        <p class={state === "reopened" ? "banner-bad" : "muted"}>
          {decision}{" "}
          {signature.triage?.link === undefined ? null : (
            <a href={signature.triage.link} target="_blank" rel="noreferrer">
              {signature.triage.link}
            </a>
          )}
        </p>
      )}
      <div class="panels">
        <div class="column">
          <SeenValues signature={signature} />
          <HowOften signature={signature} routes={routes} />
          <section class="panel">
            <h2>Is it noise?</h2>
            <p>
              <TierBadge tier={tier} /> {TIER_WORDS[tier]}.
            </p>
            <ul class="plain">
              {evidenceWords(signature).map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          </section>
        </div>
        <div class="column">
          <NextSteps signature={signature} routes={routes.map(({ route }) => route)} onDone={reload} />
          {signature.path === OTHER ? null : (
            <section class="panel" id="decide">
              <h2>Decide</h2>
              <TriagePanel ids={[id]} owner={signature.owner} onDone={reload} />
            </section>
          )}
          <History
            id={id}
            version={`${state} ${signature.comments} ${signature.triage?.atMs} ${signature.owner}`}
          />
        </div>
      </div>
    </article>
  );
}

function SeenValues({ signature }: { readonly signature: SignatureAnswer }) {
  const { id, exchangeIds, values } = signature;
  const pairs = seenPairs(signature);
  const sum = pairs.reduce((total, { count }) => total + count, 0);
  const [newest] = exchangeIds;
  return (
    <section class="panel">
      <h2>What was seen</h2>
      {pairs.length === 0 ? (
        <p class="muted">
          No value is stored: samples are removed in time, and values of it may be redacted.
        </p>
      ) : (
        <div class="scroll">
          <table class="seen">
            <thead>
              <tr>
                <th scope="col">
                  <span class="legacy">legacy</span> → <span class="candidate">candidate</span>
                </th>
                <th scope="col" class="number">
                  samples
                </th>
              </tr>
            </thead>
            <tbody>
              {pairs.map((pair) => (
                <tr key={`${pair.legacy} ${pair.candidate}`}>
                  <td>
                    <ValuePair {...pair} />
                  </td>
                  <td class="number">
                    {values.length === 0 ? "" : `${formatNumber(pair.count)} of ${formatNumber(sum)}`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {newest === undefined ? (
        <p class="muted small">No exchange with it is stored any more; the next one will be.</p>
      ) : (
        <p class="row">
          <Link class="button primary" to={samplePath(id, newest, 1)}>
            Show me one
          </Link>
          <span class="muted small">
            or an older one:{" "}
            {exchangeIds.slice(1, SAMPLES_SHOWN).map((exchangeId, at) => (
              <>
                <Link key={exchangeId} to={samplePath(id, exchangeId, at + 2)}>
                  {String(at + 2)}
                </Link>{" "}
              </>
            ))}
            {exchangeIds.length === 1 ? "there is none" : null}
          </span>
        </p>
      )}
    </section>
  );
}

interface HowOftenProps {
  readonly signature: SignatureAnswer;
  readonly routes: readonly EndpointAnswer[];
}

function HowOften({ signature, routes }: HowOftenProps) {
  const { id, count, exchanges, firstSeenMs, lastSeenMs, endpoint } = signature;
  const compared = routes.reduce((sum, { match, mismatch }) => sum + match + mismatch, 0);
  return (
    <section class="panel">
      <h2>How often, since when</h2>
      <p>
        {formatCount(count, "difference")} in {formatCount(exchanges, "exchange")}
        {compared === 0 ? null : (
          <>
            : <strong>{formatPercent(Math.min(1, exchanges / compared))}</strong> of the{" "}
            {formatNumber(compared)} compared at <code>{endpoint}</code>
          </>
        )}
        .
      </p>
      <p>
        First seen <Time atMs={firstSeenMs} />, last <Time atMs={lastSeenMs} />.
      </p>
      <TrendChart id={id} />
    </section>
  );
}
