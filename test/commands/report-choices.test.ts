// `parallax report` in CI: what is chosen, what fails, and where it is written.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ReportOptions, runReport } from "../../src/commands/report.ts";
import type { Report } from "../../src/report/fetch-report.ts";
import {
  batch,
  endpointDelta,
  makeDirectory,
  pathDelta,
  START_MS,
  SUMMARY,
  signatureDelta,
  startAdmin,
} from "../admin/fixtures.ts";

const QUIET = { ...SUMMARY, totals: { ...SUMMARY.totals, mismatch: 0, match: 16 } };
const HOUR_MS = 3_600_000;

async function report(options: Partial<ReportOptions> & { admin: string }) {
  const written: string[] = [];
  const errors: string[] = [];
  const output = {
    isColored: true,
    write: (text: string) => void written.push(text),
    writeError: (text: string) => void errors.push(text),
  };
  const code = await runReport({ format: "json", ...options }, output, START_MS + 2 * HOUR_MS);
  return { code, out: written.join(""), err: errors.join("") };
}

/** `GET /x/<name>` with one signature each: additive, breaking, noise, transient; nothing else. */
async function house(...names: readonly ("additive" | "breaking" | "noise" | "transient")[]) {
  const admin = await startAdmin({}, { summary: () => QUIET });
  admin.store.record(
    batch({
      endpoints: names.map((name) =>
        endpointDelta({ endpoint: `GET /x/${name}`, route: name, mismatch: 0, paired: 30 }),
      ),
      signatures: names.map((name, index) => ({
        ...signatureDelta(
          { id: name, endpoint: `GET /x/${name}`, path: "/a" },
          10,
          START_MS + index * HOUR_MS,
        ),
        breaking: name === "additive" ? 0 : 1,
        ...(name === "transient" ? { rechecked: 10, transient: 10 } : {}),
      })),
      paths: names
        .filter((name) => name === "noise")
        .map((name) => pathDelta({ endpoint: `GET /x/${name}`, path: "/a", baselineOnly: 5, both: 10 })),
    }),
  );
  await admin.store.flush();
  return admin.base;
}

const codes = async (admin: string, changes: Partial<ReportOptions> = {}) => {
  const code = async (failOn: "mismatch" | "untriaged" | "breaking") =>
    (await report({ admin, failOn, ...changes })).code;
  return [await code("mismatch"), await code("untriaged"), await code("breaking")];
};

describe("--fail-on mismatch, untriaged, breaking", () => {
  test.each([
    ["additive", [1, 1, 0]],
    ["breaking", [1, 1, 1]],
    ["noise", [1, 0, 0]],
    ["transient", [1, 0, 1]],
  ] as const)("of one that is %s exits %j", async (name, expected) => {
    expect(await codes(await house(name))).toEqual(expected);
  });

  test("of nothing exits 0", async () => {
    expect(await codes(await house())).toEqual([0, 0, 0]);
  });

  test("says on standard error what it found, and how much of it is noise", async () => {
    const admin = await house("noise", "additive");
    expect((await report({ admin, failOn: "mismatch" })).err).toBe(
      "parallax report: --fail-on mismatch: 2 signatures that differ, 1 of them noise and 0 transient; --fail-on untriaged leaves these out\n",
    );
    expect((await report({ admin, failOn: "untriaged" })).err).toBe(
      "parallax report: --fail-on untriaged: 1 signature untriaged\n",
    );
  });

  test("is asked of what was chosen alone", async () => {
    const admin = await house("additive", "noise", "breaking");
    expect(await codes(admin, { endpoint: "GET /x/a*" })).toEqual([1, 1, 0]);
    expect(await codes(admin, { endpoint: "* /x/*i*" })).toEqual([1, 1, 1]);
    expect(await codes(admin, { route: "noise" })).toEqual([1, 0, 0]);
    expect(await codes(admin, { tier: "noise" })).toEqual([1, 0, 0]);
    expect(await codes(admin, { tier: "confirmed" })).toEqual([0, 0, 0]);
    expect(await codes(admin, { endpoint: "GET /y/*" })).toEqual([3, 3, 3]);
    expect(await codes(admin, { route: "none" })).toEqual([3, 3, 3]);
    expect(await codes(admin, { since: "2026-01-02" })).toEqual([3, 3, 3]);
    expect(await codes(admin, { since: "someday" })).toEqual([2, 2, 2]);
    expect(await codes(admin, { endpoint: "*".repeat(9) })).toEqual([2, 2, 2]);
  });
});

test("--since keeps what was seen then or later, and the headline says so", async () => {
  const admin = await startAdmin({}, { summary: () => QUIET });
  const seen = (endpoint: string, atMs: number) => ({
    endpoints: [endpointDelta({ endpoint, lastSeenMs: atMs })],
    signatures: [signatureDelta({ id: endpoint, endpoint }, 1, atMs)],
  });
  admin.store.record(batch(seen("GET /old", START_MS)));
  admin.store.record(batch(seen("GET /new", START_MS + HOUR_MS)));
  await admin.store.flush();
  const of = async (since: string) => {
    const { out } = await report({ admin: admin.base, since });
    const { endpoints, signaturesTotal, sums } = JSON.parse(out);
    return [endpoints.map(({ endpoint }: { endpoint: string }) => endpoint), signaturesTotal, sums.exchanges];
  };
  // Now is two hours after the old one.
  expect(await of("60m")).toEqual([["GET /new"], 1, 10]);
  expect(await of("2h")).toEqual([["GET /new", "GET /old"], 2, 20]);
  const { out } = await report({ admin: admin.base, since: "2h", format: "markdown", endpoint: "GET /n*" });
  expect(out).toContain("## Parallax: 10 exchanges · 75.00 % match · 2 mismatches · 1 signature\n");
  expect(out.replaceAll(/&#(\d+);/g, (_, digits) => String.fromCharCode(Number(digits)))).toContain(
    "Only: endpoint GET /n* · seen since 2026-01-01T00:00:00.000Z",
  );
});

describe("--out", () => {
  test.each(["text", "json", "markdown", "junit", "html"] as const)(
    "has the whole %s report, and no colours",
    async (format) => {
      const admin = await house("breaking");
      const file = join(makeDirectory(), "report");
      writeFileSync(file, "the one before");
      const { code, out, err } = await report({ admin, format, out: file, failOn: "breaking" });
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toContain("1 signature breaking");
      const text = readFileSync(file, "utf8");
      expect(text).toContain("GET /x/breaking".slice(0, 12));
      expect(text.endsWith("\n")).toBe(true);
      expect(text).not.toContain("\u001b");
      expect(readdirSync(join(file, ".."))).toEqual(["report"]);
    },
  );

  test("that cannot be written is one line and 3, and leaves nothing behind", async () => {
    const admin = await house();
    const directory = makeDirectory();
    const file = join(directory, "none", "report");
    const { code, err } = await report({ admin, out: file });
    expect(code).toBe(3);
    expect(err).toBe(`parallax report: --out ${file} cannot be written (ENOENT); is its directory there?\n`);
    // A directory in its place: the new file is whole by then, and must not stay beside it.
    expect((await report({ admin, out: directory })).code).toBe(3);
    expect(readdirSync(directory)).toEqual([]);
  });

  test("keeps the file of before when the report cannot be had", async () => {
    const { base, store } = await startAdmin();
    await store.close();
    const file = join(makeDirectory(), "report");
    writeFileSync(file, "the one before");
    expect((await report({ admin: base, out: file })).code).toBe(3);
    expect(readFileSync(file, "utf8")).toBe("the one before");
  });
});

test("--state and --owner choose signatures; a fixed one that came back is untriaged again", async () => {
  const admin = await startAdmin({}, { summary: () => QUIET });
  const ids = ["plain", "owned", "bug", "fixed"];
  const seenAt = (atMs: number, names: readonly string[]) =>
    batch({
      endpoints: [endpointDelta({ endpoint: "GET /x", lastSeenMs: atMs })],
      signatures: names.map((id) => signatureDelta({ id, endpoint: "GET /x", path: `/${id}` }, 1, atMs)),
    });
  admin.store.record(seenAt(START_MS, ids));
  await admin.store.flush();
  const actor = { who: "ann", role: "reviewer" } as const;
  await admin.store.triage({ ...actor, signatureIds: ["owned"], owner: "team-a" });
  const link = "https://tracker.example/1";
  await admin.store.triage({ ...actor, signatureIds: ["bug"], decision: { state: "bug", link } });
  await admin.store.triage({ ...actor, signatureIds: ["fixed"], decision: { state: "fixed" } });
  const of = async (choice: { state?: "open" | "untriaged" | "fixed" | "reopened"; owner?: string }) => {
    const { code, out } = await report({ admin: admin.base, failOn: "untriaged", ...choice });
    const { endpoints } = JSON.parse(out) as Report;
    return [code, endpoints[0]?.signatures.map(({ id }) => id)];
  };
  expect(await of({})).toEqual([1, ["owned", "plain", "bug", "fixed"]]);
  expect(await of({ state: "open" })).toEqual([1, ["owned", "plain", "bug"]]);
  expect(await of({ state: "fixed" })).toEqual([0, ["fixed"]]);
  expect(await of({ owner: "team-a" })).toEqual([1, ["owned"]]);
  admin.store.record(seenAt(Date.now() + 365 * 24 * HOUR_MS, ["fixed"]));
  await admin.store.flush();
  expect(await of({ state: "reopened" })).toEqual([1, ["fixed"]]);
  expect(await of({ state: "fixed" })).toEqual([0, []]);
});
