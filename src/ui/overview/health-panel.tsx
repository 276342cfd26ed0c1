// Whether all of it is well: upstreams, threads, the store.
import type { Summary } from "../../admin/schemas.ts";
import { useEvents } from "../events.ts";
import { formatCount, formatDuration, formatNumber } from "../format.ts";
import { useTotals } from "../frame/totals.ts";
import { failureShare } from "../frame/truth.ts";
import { Badge, type Tone } from "../parts/badge.tsx";
import { Time } from "../parts/time.tsx";

const THREAD_TONES: Readonly<Record<Summary["threads"][number]["state"], Tone>> = {
  running: "good",
  starting: "info",
  stopping: "info",
  lost: "bad",
};

/** A sign of life comes every second or so; a thread is replaced after ten seconds and more. */
const HEARTBEAT_LATE_MS = 5000;

export function HealthPanel({ summary }: { readonly summary: Summary }) {
  const { upstreams, threads, store, epoch, uptime } = summary;
  const totals = useTotals();
  // Where the candidate serves somebody too, it is not known whose failures they are.
  const isLegacyFailing =
    failureShare(summary, useEvents().before) !== undefined && (summary.isKilled || totals?.serving === 0);
  return (
    <section class="panel" aria-labelledby="health">
      <h2 id="health">
        Health{" "}
        <span class="muted">
          up for {formatDuration(uptime * 1000)}, epoch {epoch}
        </span>
      </h2>
      {upstreams.length === 0 ? null : (
        <ul class="health">
          {upstreams.map(({ name, url, breaker }) => (
            <li key={name}>
              <strong>{name}</strong> <code>{url}</code>{" "}
              {breaker === null ? <LegacyState isFailing={isLegacyFailing} /> : <Breaker state={breaker} />}
              {name === "candidate" && (totals?.serving ?? 0) > 0 && !summary.isKilled ? (
                <Badge tone="info">serves clients too</Badge>
              ) : null}
            </li>
          ))}
        </ul>
      )}
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Thread</th>
              <th scope="col">State</th>
              <th scope="col" class="number">
                Restarts
              </th>
              <th scope="col" class="number">
                Epoch
              </th>
            </tr>
          </thead>
          <tbody>
            {threads.map((thread) => (
              <tr key={thread.name}>
                <th scope="row">{thread.name}</th>
                <td>
                  <Badge tone={THREAD_TONES[thread.state]}>{thread.state}</Badge>
                  {thread.heartbeatAgeMs > HEARTBEAT_LATE_MS ? (
                    <div class="warn">no sign of life for {formatDuration(thread.heartbeatAgeMs)}</div>
                  ) : null}
                  {thread.lastError === undefined ? null : (
                    <div class="small muted">last lost: {thread.lastError}</div>
                  )}
                </td>
                <td class="number">{formatNumber(thread.restarts)}</td>
                <td class="number">
                  {thread.epoch}
                  {thread.epoch < epoch ? <span class="warn"> behind</span> : null}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <StoreHealth store={store} />
    </section>
  );
}

/** The legacy has no breaker: clients always get what it answers. */
function LegacyState({ isFailing }: { readonly isFailing: boolean }) {
  return isFailing ? <Badge tone="bad">fails clients</Badge> : <Badge tone="quiet">serves clients</Badge>;
}

function Breaker({ state }: { readonly state: "closed" | "open" }) {
  return state === "closed" ? (
    <Badge tone="good">breaker closed</Badge>
  ) : (
    <Badge tone="bad">breaker open</Badge>
  );
}

function StoreHealth({ store }: { readonly store: Summary["store"] }) {
  const lost = store.lost.batches + store.lost.signatures + store.lost.samples;
  return (
    <p>
      <strong>Store</strong>{" "}
      {store.kind === "ok" ? (
        <Badge tone="good">writing</Badge>
      ) : (
        <Badge tone="bad">failing: {store.code}</Badge>
      )}{" "}
      {store.message}
      {store.sinceMs === undefined ? null : (
        <>
          {" "}
          since <Time atMs={store.sinceMs} />
        </>
      )}
      {lost === 0 ? null : (
        <span class="warn">
          {" "}
          {formatCount(store.lost.batches, "batch", "batches")},{" "}
          {formatCount(store.lost.signatures, "signature")} and {formatCount(store.lost.samples, "sample")}{" "}
          were lost
        </span>
      )}
      {store.setAside === undefined ? null : (
        <span class="warn">
          {" "}
          a corrupt file was set aside as <code>{store.setAside}</code>
        </span>
      )}
    </p>
  );
}
