// Who still calls the legacy of a route, and when it goes: what stands between live and complete.
import type { CallersAnswer } from "../../admin/callers-routes.ts";
import type { RolloutRouteAnswer } from "../../admin/rollout-schemas.ts";
import { formatCount, formatNumber } from "../format.ts";
import { Badge } from "../parts/badge.tsx";
import { Failure } from "../parts/failure.tsx";
import { Loading } from "../parts/loading.tsx";
import { useNow } from "../parts/now.ts";
import { Time } from "../parts/time.tsx";
import { AGAIN_MS, useLiveAnswer } from "./load.tsx";
import { goesWords } from "./words.ts";

/** Of the newest; the command line and the API have them all. */
const SHOWN = 20;

type Deprecation = RolloutRouteAnswer["deprecation"];

export interface CallersPanelProps {
  readonly route: string;
  readonly deprecation: Deprecation;
}

export function CallersPanel({ route, deprecation }: CallersPanelProps) {
  const asked = new URLSearchParams({ route, limit: String(SHOWN) });
  const { value, failure } = useLiveAnswer<CallersAnswer>(`/api/callers?${asked}`, 2 * AGAIN_MS);
  return (
    <section class="panel callers">
      <h2>Who still calls the legacy</h2>
      {deprecation === null ? null : <Goes deprecation={deprecation} />}
      {failure === undefined ? null : <Failure failure={failure} />}
      {value === undefined ? (
        failure === undefined ? (
          <Loading label="the callers" />
        ) : null
      ) : value.total === 0 ? (
        <p class="muted">Nobody was seen.</p>
      ) : (
        <CallersTable answer={value} />
      )}
    </section>
  );
}

function Goes({ deprecation }: { readonly deprecation: NonNullable<Deprecation> }) {
  const lines = goesWords(deprecation, useNow(AGAIN_MS));
  return (
    <ul class="concerns">
      {lines.map(({ tone, text }) => (
        <li key={text} class={tone}>
          {text}
        </li>
      ))}
    </ul>
  );
}

function CallersTable({ answer: { total, callers } }: { readonly answer: CallersAnswer }) {
  return (
    <>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Unit</th>
              <th scope="col">User agent</th>
              <th scope="col">Last seen</th>
              <th scope="col" class="number">
                Requests
              </th>
            </tr>
          </thead>
          <tbody>
            {callers.map(({ unit, userAgent, isOther, lastSeenMs, requests }) => (
              <tr key={`${unit?.kind} ${unit?.id} ${userAgent} ${isOther}`}>
                <th scope="row">
                  {isOther ? (
                    <Badge tone="quiet" title="Past the limit of the route, counted together">
                      all others
                    </Badge>
                  ) : unit === null ? (
                    <span class="muted">no unit</span>
                  ) : (
                    `${unit.kind} ${unit.id}`
                  )}
                </th>
                <td class="agent">{userAgent ?? <span class="muted">–</span>}</td>
                <td>
                  <Time atMs={lastSeenMs} />
                </td>
                <td class="number">{formatNumber(requests)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {total <= callers.length ? null : (
        <p class="muted small">
          The newest {callers.length} of {formatCount(total, "caller")}: <code>parallax callers</code> has
          all.
        </p>
      )}
    </>
  );
}
