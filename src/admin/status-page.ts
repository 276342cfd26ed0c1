// The plain status page: server-rendered, no script, nothing from elsewhere.
// Invariant: every value goes through `html`, which escapes it; what is not counted is not claimed.
import { createHash } from "node:crypto";
import { flooredPercent } from "../core/percent.ts";
import { html, Markup } from "./markup.ts";
import type { EndpointAnswer, SignatureAnswer, Summary } from "./schemas.ts";

const STYLE = `:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.25rem}h2{font-size:1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #8884;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.n,td.e{white-space:nowrap}
code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}
.scroll{overflow-x:auto}.bad{font-weight:bold}.empty{opacity:.8}`;

export const STYLE_HASH = `sha256-${createHash("sha256").update(STYLE).digest("base64")}`;
const REFRESH_SECONDS = 5;

export interface StatusPage {
  readonly summary: Summary;
  readonly isReady: boolean;
  /** Undefined while the store cannot be read. */
  readonly endpoints: readonly EndpointAnswer[] | undefined;
  readonly signatures: readonly SignatureAnswer[] | undefined;
}

const number = (value: number) => value.toLocaleString("en-US");
/** `1 exchange`, `2 exchanges`. */
const counted = (count: number, one: string, many = `${one}s`) =>
  `${number(count)} ${count === 1 ? one : many}`;
/** With a no-break space: the sign stays with its number. */
const percent = (rate: number) => `${flooredPercent(rate)}\u00a0%`;
const milliseconds = (value: number | null) => (value === null ? "–" : `${value.toFixed(1)} ms`);
const matchRate = (rate: number | null) => (rate === null ? "–" : percent(rate));

export function renderStatusPage(page: StatusPage): string {
  const { summary } = page;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Parallax</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${REFRESH_SECONDS}">
<style>${new Markup(STYLE)}</style></head><body><main>
<h1>Parallax</h1>
<p>${truthLine(summary)}</p>
${warnings(page)}
<h2>Endpoints</h2>${endpointTable(page.endpoints)}
<h2>Top differences</h2>${signatureTable(page.signatures)}
<h2>Not compared, and why</h2>${reasonTable(summary)}
<h2>Threads</h2>${threadTable(summary)}
<p><small>Renews itself every ${REFRESH_SECONDS} s. Totals count since the start, endpoints and differences since the
data directory was begun. <a href="/api/openapi.json">API</a> · <a href="/metrics">metrics</a></small></p>
</main></body></html>
`.text;
}

function truthLine({ totals, uptime, epoch }: Summary): string {
  const compared = totals.match + totals.mismatch;
  const rate = compared === 0 ? "nothing compared yet" : `${percent(totals.match / compared)} match`;
  const skipped = Object.values(totals.skipped).reduce((sum, count) => sum + count, 0);
  return `${counted(totals.exchanges, "exchange")} · ${rate} · ${counted(totals.mismatch, "mismatch", "mismatches")} · ${number(totals.incomparable)} incomparable · ${number(skipped)} skipped · ${number(totals.inFlight)} in flight · up ${number(Math.floor(uptime))} s · epoch ${epoch}`;
}

function warnings({ summary, isReady }: StatusPage): readonly Markup[] {
  const lines: string[] = [];
  if (!isReady) lines.push("Not ready: no serving thread listens, or it drains.");
  if (summary.isKilled) lines.push("The kill switch is on: legacy only, nothing is mirrored.");
  if (summary.store.kind === "failing") lines.push(`The store fails: ${summary.store.message ?? ""}`);
  if (summary.store.lost.batches > 0)
    lines.push(
      `The store could not keep all of ${counted(summary.store.lost.batches, "batch", "batches")} of verdicts.`,
    );
  if (summary.store.setAside !== undefined)
    lines.push(`A damaged store was set aside as ${summary.store.setAside}; counts begin anew.`);
  return lines.map((line) => html`<p class="bad" role="status">${line}</p>`);
}

function empty(text: string): Markup {
  return html`<p class="empty">${text}</p>`;
}

function table(heads: readonly string[], rows: readonly Markup[]): Markup {
  // A head that ends in # is of a column of numbers.
  const cells = heads.map((head) =>
    head.endsWith("#")
      ? html`<th scope="col" class="n">${head.slice(0, -1)}</th>`
      : html`<th scope="col">${head}</th>`,
  );
  return html`<div class="scroll"><table><thead><tr>${cells}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function endpointTable(endpoints: StatusPage["endpoints"]): Markup {
  if (endpoints === undefined) return empty("The store cannot be read at the moment; see above.");
  if (endpoints.length === 0)
    return empty("No traffic yet. Send requests to the listening address instead of to the legacy.");
  const rows = endpoints.map(
    (e) => html`<tr><td class="e"><code>${e.endpoint}</code></td><td class="n">${number(e.exchanges)}</td>
<td class="n">${matchRate(e.matchRate.rate)}</td><td class="n">${number(e.mismatch)}</td>
<td class="n">${milliseconds(e.legacy.latencyMs.p50)}</td><td class="n">${milliseconds(e.legacy.latencyMs.p99)}</td>
<td class="n">${milliseconds(e.candidate.latencyMs.p50)}</td><td class="n">${milliseconds(e.candidate.latencyMs.p99)}</td></tr>`,
  );
  const heads = [
    "endpoint",
    "exchanges#",
    "match rate#",
    "mismatches#",
    "legacy p50#",
    "p99#",
    "candidate p50#",
    "p99#",
  ];
  return table(heads, rows);
}

function signatureTable(signatures: StatusPage["signatures"]): Markup {
  if (signatures === undefined) return empty("The store cannot be read at the moment; see above.");
  if (signatures.length === 0)
    return empty(
      "No difference seen. Before you trust that, look at how much was compared, and what was skipped.",
    );
  const rows = signatures.map(
    (
      s,
    ) => html`<tr><td class="e"><code>${s.endpoint}</code></td><td>${s.part} <code>${s.path}</code> ${s.kind}</td>
<td class="n">${number(s.count)}</td><td class="n">${number(s.exchanges)}</td><td>${exampleCell(s)}</td></tr>`,
  );
  return table(["endpoint", "difference", "differences#", "exchanges#", "example, legacy → candidate"], rows);
}

function exampleCell({ example }: SignatureAnswer): Markup {
  if (example === undefined) return html`no example kept`;
  const values = html`<code>${example.legacy ?? "(none)"}</code> → <code>${example.candidate ?? "(none)"}</code>`;
  return html`<a href="/api/exchanges/${encodeURIComponent(example.exchangeId)}">${values}</a>`;
}

function reasonTable({ totals }: Summary): Markup {
  const rows = [
    ...Object.entries(totals.skipped).map(([reason, count]) => ({ what: "skipped", reason, count })),
    ...Object.entries(totals.incomparableByReason).map(([reason, count]) => ({
      what: "incomparable",
      reason,
      count,
    })),
  ].filter(({ count }) => count > 0);
  if (rows.length === 0) return empty("Nothing was skipped, and all answers could be compared.");
  rows.sort((a, b) => b.count - a.count);
  return table(
    ["what", "reason", "exchanges#"],
    rows.map(
      (r) => html`<tr><td>${r.what}</td><td>${r.reason}</td><td class="n">${number(r.count)}</td></tr>`,
    ),
  );
}

function threadTable({ threads }: Summary): Markup {
  if (threads.length === 0) return empty("No thread has started yet.");
  const rows = threads.map(
    (t) => html`<tr><td>${t.name}</td><td>${t.state}</td><td class="n">${t.epoch}</td>
<td class="n">${number(t.restarts)}</td><td class="n">${number(Math.round(t.heartbeatAgeMs))} ms ago</td>
<td>${t.lastError ?? ""}</td></tr>`,
  );
  return table(["thread", "state", "epoch#", "restarts#", "heartbeat#", "last error"], rows);
}
