// The frame of every HTML file that is made here: no script, no font, no image, no request. Pure.
// Invariant: the file's own policy lets nothing run or load.
import { createHash } from "node:crypto";
import { html, Markup } from "../admin/markup.ts";
import { printable } from "./printable.ts";

export const NAME_CHARACTERS_MAX = 500;

/** Text and background are at 7:1 or more in both schemes, the tiers' colours at 4.5:1 or more (WCAG 2.2 AA). */
const STYLE = `:root{color-scheme:light dark;--ink:#1b1f24;--dim:#4d5761;--ground:#fff;--line:#c9d0d8;--bad:#a1121b;--warn:#7a4a00;--good:#0b6135}
@media (prefers-color-scheme:dark){:root{--ink:#e8ecf1;--dim:#b3bcc7;--ground:#14181d;--line:#3c4550;--bad:#ff9a94;--warn:#f0c060;--good:#7ddba3}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground);max-width:76rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem;margin:.5rem 0}h2{font-size:1.15rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:0;display:inline}
p{margin:.4rem 0}.dim{color:var(--dim)}.warn{color:var(--bad);font-weight:bold}
code{font:.875em ui-monospace,monospace;overflow-wrap:anywhere}
details{border:1px solid var(--line);border-radius:.4rem;margin:.5rem 0;padding:.5rem .75rem}
summary{cursor:pointer}summary:focus-visible{outline:3px solid currentColor;outline-offset:3px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line)}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.confirmed{color:var(--bad);font-weight:bold}.suspect{color:var(--warn)}.good{color:var(--good)}
@media (max-width:40rem){body{padding:.5rem}table,tbody,tr,td{display:block}thead{display:none}td{border:0;padding:.1rem 0}td.n{text-align:left}tr{border-bottom:1px solid var(--line);padding:.4rem 0}td[data-is]::before{content:attr(data-is) ": ";color:var(--dim)}}
@media print{:root{--ink:#000;--dim:#333;--ground:#fff;--line:#999;--bad:#8a0f17;--warn:#6b4100;--good:#0b5a31}body{max-width:none;font-size:10pt}details{break-inside:avoid}details::details-content{content-visibility:visible;height:auto}}`;

const STYLE_HASH = `sha256-${createHash("sha256").update(STYLE).digest("base64")}`;
const POLICY = `default-src 'none'; style-src '${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;

export const code = (text: string, charactersMax = NAME_CHARACTERS_MAX) =>
  html`<code>${printable(text, charactersMax)}</code>`;

/** A whole document. */
export function htmlDocument(title: string, body: Markup): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${new Markup(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(STYLE)}</style></head><body><main>
${body}
</main></body></html>
`.text;
}
