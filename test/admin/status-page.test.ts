import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { batch, endpointDelta, SUMMARY, sample, signatureDelta, startAdmin } from "./fixtures.ts";

test("shows the summary, endpoints with match rate, top differences, skips and threads", async () => {
  const { base, store } = await startAdmin();
  store.record(
    batch({ endpoints: [endpointDelta()], signatures: [signatureDelta()], samples: [sample("s1")] }),
  );
  await store.flush();
  const page = await (await fetch(`${base}/status`)).text();
  expect(page).toContain(
    "20 exchanges · 75.00\u00a0% match · 4 mismatches · 1 incomparable · 2 skipped · 1 in flight",
  );
  expect(page).toContain('<td class="e"><code>GET /users/{id}</code>');
  expect(page).toContain("/items/*/price");
  expect(page).toContain('<a href="/api/exchanges/s1"><code>1.5</code> → <code>1.6</code></a>');
  expect(page).toContain("seam-full");
  expect(page).not.toContain("<td>killed</td>");
  expect(page).toContain("serving-1");
  expect(page).toContain("exit &lt;1&gt;");
});

test("counts one of a thing as one; endpoints with the most mismatches come first", async () => {
  const totals = { ...SUMMARY.totals, exchanges: 1, match: 0, mismatch: 1 };
  const { base, store } = await startAdmin({}, { summary: () => ({ ...SUMMARY, totals }) });
  const busy = endpointDelta({ endpoint: "GET /busy", exchanges: 99, mismatch: 0 });
  store.record(batch({ endpoints: [busy, endpointDelta({ endpoint: "GET /differs" })] }));
  await store.flush();
  const page = await (await fetch(`${base}/status`)).text();
  expect(page).toContain("1 exchange · 0.00\u00a0% match · 1 mismatch · ");
  expect(page.indexOf("GET /differs")).toBeLessThan(page.indexOf("GET /busy"));
});

test("escapes whatever came over the network", async () => {
  const hostile = `<script>alert(1)</script>"'&`;
  const { base, store } = await startAdmin();
  const differences = [
    { part: "body", path: "/a", kind: "changed", legacy: hostile, candidate: hostile },
  ] as const;
  store.record(
    batch({
      endpoints: [endpointDelta({ endpoint: hostile, route: hostile })],
      signatures: [signatureDelta({ id: hostile, endpoint: hostile, path: "/a" })],
      samples: [sample(hostile, { endpoint: hostile, signatureIds: [hostile], differences })],
    }),
  );
  await store.flush();
  const page = await (await fetch(`${base}/status`)).text();
  expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;");
  expect(page).not.toContain("<script");
  expect(page).toContain(`href="/api/exchanges/${encodeURIComponent(hostile).replace("'", "&#39;")}"`);
});

test("the policy allows its one style and nothing else", async () => {
  const { base } = await startAdmin();
  const response = await fetch(`${base}/status`);
  const page = await response.text();
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");
  expect(response.headers.get("content-security-policy")).toContain(`style-src 'sha256-${hash}'`);
  expect(page).not.toMatch(/<script|<img|\son\w+=|style="|https?:/);
});

test("empty states say what to do, and what not to believe", async () => {
  const totals = {
    ...SUMMARY.totals,
    exchanges: 0,
    match: 0,
    mismatch: 0,
    skipped: {},
    incomparableByReason: {},
  };
  const { base } = await startAdmin({}, { summary: () => ({ ...SUMMARY, totals, threads: [] }) });
  const page = await (await fetch(`${base}/status`)).text();
  expect(page).toContain("nothing compared yet");
  expect(page).toContain("Send requests to the listening address");
  expect(page).toContain("how much was compared");
});

test("says when it is killed, not ready, or rounding would hide a mismatch", async () => {
  const totals = { ...SUMMARY.totals, match: 999_999, mismatch: 1 };
  const { base } = await startAdmin(
    {},
    {
      summary: () => ({ ...SUMMARY, isKilled: true, totals }),
      isReady: () => false,
    },
  );
  const page = await (await fetch(`${base}/status`)).text();
  expect(page).toContain("The kill switch is on");
  expect(page).toContain("Not ready");
  expect(page).toContain("99.99\u00a0% match");
});
