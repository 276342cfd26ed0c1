import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ReportOptions, runReport } from "../../src/commands/report.ts";
import type { Report } from "../../src/report/fetch-report.ts";
import { printable } from "../../src/report/printable.ts";
import { renderReportText } from "../../src/report/report-text.ts";
import {
  batch,
  ETAG_ID,
  endpointDelta,
  OPEN,
  pathDelta,
  ruleHit,
  START_MS,
  SUMMARY,
  sample,
  signatureDelta,
  startAdmin,
  TOKEN,
} from "../admin/fixtures.ts";

async function report(options: Partial<ReportOptions> & { admin: string }, isColored = false) {
  const written: string[] = [];
  const errors: string[] = [];
  const output = {
    isColored,
    write: (text: string) => void written.push(text),
    writeError: (text: string) => void errors.push(text),
  };
  const code = await runReport({ format: "text", ...options }, output, START_MS + 3_600_000);
  return { code, out: written.join(""), err: errors.join("") };
}

async function seeded(token?: string, changes: Parameters<typeof startAdmin>[1] = {}) {
  const admin = await startAdmin({ access: { ...OPEN, token } }, changes);
  admin.store.record(
    batch({
      endpoints: [endpointDelta(), endpointDelta({ endpoint: "GET /quiet", mismatch: 0, match: 8 })],
      signatures: [
        signatureDelta(),
        ...[1, 2, 3, 4, 5].map((n) => signatureDelta({ id: `${n}`, path: `/field${n}`, kind: "removed" }, 1)),
      ],
      samples: [sample("s1")],
      ruleHits: [ruleHit({ ruleId: ETAG_ID, hits: 7 })],
    }),
  );
  await admin.store.flush();
  return admin;
}

const QUIET_TOTALS = { ...SUMMARY.totals, mismatch: 0, match: 16 };

describe("text", () => {
  test("tells per endpoint the exchanges, match rate with its bound, latency, top signatures with an example", async () => {
    const { base } = await seeded();
    const { code, out, err } = await report({ admin: base });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatchInlineSnapshot(`
      "20 exchanges · 75.00 % match · 4 mismatches · 6 signatures

      GET /users/{id}  10 exchanges
        75.00 % match (95 %: 40.92 % to 92.85 %)
        p50 / p99 ms: legacy 2.0 / 13, candidate 5.0 / 5.0
            2× changed     body /items/*/price
               1.5 → 1.6
            1× removed     body /field1
               no example kept
            1× removed     body /field2
               no example kept
            1× removed     body /field3
               no example kept
            1× removed     body /field4
               no example kept
          … and 1 more signature

      GET /quiet  10 exchanges
        100 % match (95 %: 67.55 % to 100 %)
        p50 / p99 ms: legacy 2.0 / 13, candidate 5.0 / 5.0

      Skipped: 2 · incomparable: 1 · in flight: 1
              2 skipped, seam-full
              1 incomparable, overflow

      Rules: 2
              0× ignore body /items/*/at, route users, never hit
              7× ignore header etag, 2 routes, last hit 2026-01-01T00:00Z

      Totals count since the start, endpoints, differences and hits since the data directory was begun.
      "
    `);
  });

  test("fits 100 columns whatever the names, and no control character passes", async () => {
    const admin = await startAdmin();
    const hostile = `\u001b[2J\u202e${"long".repeat(50)}`;
    const differences = [
      { part: "body", path: `/${hostile}`, kind: "changed", legacy: hostile, candidate: hostile },
    ] as const;
    admin.store.record(
      batch({
        endpoints: [endpointDelta({ endpoint: hostile })],
        signatures: [signatureDelta({ endpoint: hostile, path: `/${hostile}` })],
        samples: [sample("s1", { differences })],
      }),
    );
    await admin.store.flush();
    const { out } = await report({ admin: admin.base });
    for (const line of out.split("\n")) expect([...line].length, line).toBeLessThanOrEqual(100);
    expect(out).toContain(" → ");
    expect(out.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(printable("a\u009b\u2066b\r\n", 10)).toBe("a  b  ");
  });

  test("puts what is confirmed before what is noise, each with what it rests on, once noise is measured", async () => {
    const noise = { mismatches: 1, baseline: { paired: 30 }, rechecks: {} };
    const { base, store } = await seeded(undefined, { summary: () => ({ ...SUMMARY, noise }) });
    store.record(
      batch({
        endpoints: [endpointDelta({ exchanges: 0, match: 0, mismatch: 0, paired: 30, noise: 1 })],
        paths: [pathDelta({ baselineOnly: 12, both: 10 }), pathDelta({ path: "/field4", candidateOnly: 20 })],
      }),
    );
    await store.flush();
    const { out } = await report({ admin: base });
    expect(out).toContain(
      "Signatures: 1 confirmed, 4 suspect, 0 transient, 1 noise · noise alone: 1 mismatch",
    );
    expect(out).toContain(
      "30 pairs with a second answer of the legacy; 1 mismatch noise (87.50 % match but for it)",
    );
    const confirmed = out.indexOf("    confirmed\n      1× removed     body /field4");
    expect(confirmed).toBeGreaterThan(0);
    expect(out).toContain("of 30 pairs the candidate differed in 20, the legacy from itself in 0");
    expect(out.indexOf("    suspect\n")).toBeGreaterThan(confirmed);
    for (const line of out.split("\n")) expect([...line].length, line).toBeLessThanOrEqual(100);
    expect((await report({ admin: base, endpoint: "GET /users/{id}" })).out).toContain("1 noise");
  });

  test("counts one of a thing as one, and none or two as many", async () => {
    const lines = async (changes: Partial<typeof SUMMARY.totals>) => {
      const summary = () => ({ ...SUMMARY, totals: { ...QUIET_TOTALS, ...changes } });
      const { base } = await startAdmin({}, { summary });
      return (await report({ admin: base })).out;
    };
    expect(await lines({ exchanges: 1, match: 0, mismatch: 1 })).toContain(
      "1 exchange · 0.00 % match · 1 mismatch · 0 signatures",
    );
    expect(await lines({ exchanges: 2, match: 2 })).toContain("2 exchanges · 100 % match · 0 mismatches");
  });

  test("is coloured only where asked, and says the same", async () => {
    const { base } = await seeded();
    const [bare, colored] = [await report({ admin: base }), await report({ admin: base }, true)];
    expect(bare.out).not.toContain("\u001b");
    expect(stripVTControlCharacters(colored.out)).toBe(bare.out);
    expect(colored.out).not.toBe(bare.out);
  });

  test("says what to do where nothing was seen, and never rounds up to 100 %", async () => {
    const empty: Report = {
      schemaVersion: 1,
      filters: {},
      sums: { exchanges: 0, match: 0, mismatch: 0, noise: 0 },
      window: null,
      stateTotals: { new: 0, reopened: 0, bug: 0, accepted: 0, fixed: 0 },
      failing: { mismatch: 0, untriaged: 0, breaking: 0 },
      summary: {
        ...SUMMARY,
        signatures: null,
        totals: { ...SUMMARY.totals, match: 999_999, mismatch: 1 },
        store: {
          kind: "ok",
          failedFlushes: 0,
          lost: { batches: 2, signatures: 0, samples: 0 },
          corruptFiles: 0,
        },
      },
      endpoints: [],
      endpointsTotal: 0,
      signaturesTotal: 0,
      untriagedTotal: 0,
      tierTotals: { confirmed: 0, suspect: 0, transient: 0, noise: 0 },
      rules: [],
      rulesTotal: 0,
      flaggedRules: [],
      flaggedRulesTotal: 0,
    };
    const text = renderReportText(empty);
    expect(text).toContain("99.99 % match");
    expect(text).toContain("Send traffic to Parallax's listening address");
    expect(text).toContain("could not keep all of 2 batches");
    expect(text).not.toContain("Rules");
  });

  test("lists as many endpoints as asked, and says how many more there are", async () => {
    const { base } = await seeded();
    const { out } = await report({ admin: base, limit: 1 });
    expect(out).toContain("GET /users/{id}");
    expect(out).not.toContain("GET /quiet");
    expect(out).toContain("and 1 more endpoint (");
  });
});

test("JSON is one object with summary, endpoints and their signatures", async () => {
  const { base } = await seeded();
  const { code, out } = await report({ admin: `${base}/`, format: "json", endpoint: "GET /users/{id}" });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    summary: SUMMARY,
    endpointsTotal: 1,
    signaturesTotal: 6,
    untriagedTotal: 6,
    rulesTotal: 2,
    rules: [
      { hits: 0, lastHitMs: null },
      { hits: 7, rule: { header: "etag" } },
    ],
    flaggedRulesTotal: 0,
    endpoints: [
      {
        endpoint: "GET /users/{id}",
        mismatch: 2,
        signaturesTotal: 6,
        signatures: [
          { id: "00000000000000aa", example: { legacy: "1.5", candidate: "1.6" } },
          {},
          {},
          {},
          {},
          {},
        ],
      },
    ],
  });
});

describe("exit code", () => {
  test("1 where --fail-on finds something, 0 without it", async () => {
    const { base } = await seeded();
    expect((await report({ admin: base, failOn: "mismatch" })).code).toBe(1);
    expect((await report({ admin: base, failOn: "untriaged" })).code).toBe(1);
    expect((await report({ admin: base })).code).toBe(0);
    expect((await report({ admin: base, failOn: "mismatch", endpoint: "GET /quiet" })).code).toBe(0);
    expect((await report({ admin: base, failOn: "untriaged", endpoint: "GET /quiet" })).code).toBe(0);
    expect((await report({ admin: base, failOn: "mismatch", endpoint: "GET /users/{id}" })).code).toBe(1);
  });

  test("1 for a mismatch that the store has not written yet", async () => {
    const { base } = await startAdmin();
    expect((await report({ admin: base, failOn: "mismatch" })).code).toBe(1);
    const quiet = await startAdmin({}, { summary: () => ({ ...SUMMARY, totals: QUIET_TOTALS }) });
    expect((await report({ admin: quiet.base, failOn: "mismatch" })).code).toBe(0);
  });

  test("3 for an endpoint that was never seen: a typing error must not pass a build", async () => {
    const { base } = await seeded();
    const { code, err } = await report({ admin: base, failOn: "mismatch", endpoint: "GET /user" });
    expect(code).toBe(3);
    expect(err).toContain("GET /user was never seen");
  });

  test("3 with one line where nobody answers", async () => {
    const { base } = await startAdmin();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    await new Promise((resolve) => taken.close(resolve));
    const { code, out, err } = await report({ admin: `http://127.0.0.1:${port}`, failOn: "mismatch" });
    expect({ code, out }).toEqual({ code: 3, out: "" });
    expect(err).toBe(
      `parallax report: no answer from http://127.0.0.1:${port} (ECONNREFUSED); is Parallax running, and is --admin its admin address?\n`,
    );
    expect((await report({ admin: base })).code).toBe(0);
  });

  test("3 where a token is missing, and 0 with it", async () => {
    const { base } = await seeded(TOKEN);
    const { code, err } = await report({ admin: base });
    expect(code).toBe(3);
    expect(err).toContain("wants a token; set PARALLAX_ADMIN_TOKEN");
    const wrong = await report({ admin: base, token: `${TOKEN}x` });
    expect([wrong.code, wrong.err]).toEqual([3, expect.stringContaining("does not take this token")]);
    expect((await report({ admin: base, token: TOKEN })).code).toBe(0);
  });

  test("3 where something else answers, or the store cannot be read", async () => {
    const other = createServer((_request, response) => response.end("<html>hello"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const { code, err } = await report({ admin: `http://127.0.0.1:${port}` });
    expect(code).toBe(3);
    expect(err).toContain("is not the admin listener");
    const { base, store } = await startAdmin();
    await store.close();
    const failed = await report({ admin: base, failOn: "mismatch" });
    expect(failed.code).toBe(3);
    expect(failed.err).toContain("503 store-unavailable");
  });

  test.each(["127.0.0.1:9090", "ftp://x", "http://", ""])("2 for the URL %j", async (admin) => {
    const { code, err } = await report({ admin });
    expect(code).toBe(2);
    expect(err).toContain("is not a URL");
  });
});
