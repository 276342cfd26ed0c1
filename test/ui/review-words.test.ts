// What the page says of signatures, decisions, rules and the audit log, and what it sends.
import { describe, expect, test } from "vitest";
import { AUDIT_ACTIONS } from "../../src/store/review-store.ts";
import {
  ACTIONS,
  type AuditEntry,
  actionWords,
  linkOf,
  subjectPath,
} from "../../src/ui/audit/audit-words.ts";
import { asidePaths, grouped, pagePath, shownOrder } from "../../src/ui/differences/filters.ts";
import { trendBins, trendWord } from "../../src/ui/differences/trend-bins.ts";
import { checkForm, doneWords, EMPTY_FORM } from "../../src/ui/differences/triage-form.ts";
import {
  classOf,
  decisionWords,
  differenceWords,
  evidenceWords,
  placeWords,
  stepWords,
} from "../../src/ui/differences/words.ts";
import { accounted, checkAccounting, edited, textsOf } from "../../src/ui/rules/rule-form.ts";
import { flagWords, previewWarnings, previewWords, ruleTitle } from "../../src/ui/rules/rule-words.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const DAY = 86_400_000;

describe("a signature in words", () => {
  test.each([
    [{ part: "body", path: "/items/*/price" }, "price"],
    [{ part: "body", path: "/items/*" }, "an element of items"],
    [{ part: "body", path: "/*" }, "an element of the answer"],
    [{ part: "body", path: "" }, "the whole body"],
    [{ part: "body", path: "/a~1b~0c" }, "a/b~c"],
    [{ part: "header", path: "etag" }, "the header etag"],
    [{ part: "status", path: "" }, "the status"],
  ] as const)("%j is %s", (signature, words) => {
    expect(placeWords(signature)).toBe(words);
  });

  const of = (kind: Parameters<typeof differenceWords>[0]["kind"], legacy?: string, candidate?: string) =>
    differenceWords({
      part: "body",
      path: "/price",
      kind,
      values: [{ count: 1, ...(legacy && { legacy }), ...(candidate && { candidate }) }],
    });
  test("says which type each side has", () => {
    expect(of("type", "299", '"299"')).toBe("price is text in the candidate and a number in the legacy.");
    expect(of("type", "[1]", "null")).toBe("price is null in the candidate and a list in the legacy.");
    expect(of("type", "{}", "true")).toBe("price is a boolean in the candidate and an object in the legacy.");
  });
  test("says which side has it", () => {
    expect(of("added", undefined, "1")).toBe("Only the candidate has price.");
    expect(of("removed", "1")).toBe("The candidate lacks price, which the legacy has.");
  });
  test("tells both status codes", () => {
    const values = [{ legacy: "200", candidate: "201", count: 2 }];
    expect(differenceWords({ part: "status", path: "", kind: "changed", values })).toBe(
      "The status is 201 in the candidate and 200 in the legacy.",
    );
  });
  test("is of a class by how many of its differences break", () => {
    expect([0, 1, 2].map((breaking) => classOf({ breaking, count: 2 }))).toEqual([
      "additive",
      "mixed",
      "breaking",
    ]);
  });

  const EVIDENCE = { tier: "suspect", eValue: 1, rechecked: 0, transient: 0, shapeBroken: 0 } as const;
  test("without pairs says that noise cannot be told", () => {
    const pairs = { candidateOnly: 0, baselineOnly: 0, both: 0 };
    expect(evidenceWords({ ...EVIDENCE, paired: 0, pairs })).toEqual([
      expect.stringContaining("cannot be told"),
    ]);
  });
  test("with pairs says what was counted, and never more than is known", () => {
    const pairs = { candidateOnly: 9, baselineOnly: 1, both: 2 };
    const [counted, e, rechecked] = evidenceWords({
      ...EVIDENCE,
      paired: 40,
      pairs,
      eValue: 99.99,
      rechecked: 5,
      transient: 1,
    });
    expect(counted).toMatch(/Of 40 exchanges .+ differed here in 9, .+ from itself in 3\./);
    expect(e).toBe("E is 99: 100 would confirm it, 1 says nothing.");
    expect(rechecked).toMatch(/^5 exchanges were read again .+ gone in 1\.$/);
  });
  test("asks for something to be done in every state", () => {
    for (const state of ["new", "reopened", "bug", "accepted", "fixed"] as const)
      for (const tier of ["confirmed", "suspect", "noise", "transient"] as const)
        expect(stepWords({ state, tier, path: "/a" })).toMatch(/\.$|\?$/);
  });
});

describe("a decision in words", () => {
  const triage = { who: "alice", atMs: NOW - 2 * DAY };
  const words = (state: "new" | "reopened" | "accepted" | "fixed" | "bug", extra = {}) =>
    decisionWords({ state, triage: { ...triage, ...extra }, lastSeenMs: NOW - 60_000 }, NOW);
  test("says who and when, and what became of it", () => {
    expect(words("reopened")).toBe("Was fixed by alice on 2026-11-20; came back, last seen 1 minute ago.");
    expect(words("fixed")).toBe("Called fixed by alice on 2026-11-20; not seen since.");
    expect(words("bug")).toBe("Called a bug by alice on 2026-11-20.");
    expect(words("new")).toBe("Put back to new by alice on 2026-11-20.");
    expect(decisionWords({ state: "new", triage: null, lastSeenMs: NOW }, NOW)).toBe("");
  });
  test("names the last day of an acceptance, in force or over", () => {
    const expiresMs = Date.parse("2026-12-01T00:00:00Z");
    expect(words("accepted", { expiresMs })).toBe("Accepted by alice on 2026-11-20, until 2026-11-30.");
    expect(words("new", { expiresMs })).toBe(
      "Was accepted by alice on 2026-11-20, until 2026-11-30: that is over.",
    );
  });
});

describe("a decision to be sent", () => {
  const check = (form: Partial<typeof EMPTY_FORM>) => checkForm(["s"], { ...EMPTY_FORM, ...form }, NOW);
  test("to accept needs a day that is not over", () => {
    expect(check({ decision: "accepted" })).toMatchObject({
      ok: false,
      problems: { expires: expect.any(String) },
    });
    expect(check({ decision: "accepted", expires: "2026-11-21" }).ok).toBe(false);
    expect(check({ decision: "accepted", expires: "2026-11-22" })).toEqual({
      ok: true,
      body: { ids: ["s"], state: "accepted", expires: "2026-11-22" },
    });
  });
  test("to call it a bug needs a link, of the web", () => {
    for (const link of ["", "bug 7", "javascript:alert(1)", "ftp://x.test/"])
      expect(check({ decision: "bug", link }).ok).toBe(false);
    expect(check({ decision: "bug", link: " https://x.test/7 ", expires: "2027-01-01" })).toEqual({
      ok: true,
      body: { ids: ["s"], state: "bug", link: "https://x.test/7" },
    });
  });
  test("may be an owner or a comment alone, but not nothing", () => {
    expect(check({}).ok).toBe(false);
    expect(check({ comment: "  " }).ok).toBe(false);
    expect(check({ owner: " " })).toEqual({ ok: true, body: { ids: ["s"], owner: "" } });
    expect(check({ comment: " hm " })).toEqual({ ok: true, body: { ids: ["s"], comment: "hm" } });
  });
  test("is said back once it is done", () => {
    expect(doneWords({ ids: [], state: "accepted", expires: "2027-01-31" }, 3)).toBe(
      "Accepted 3 signatures until 2027-01-31",
    );
    expect(doneWords({ ids: [], owner: "" }, 1)).toBe("1 signature without an owner");
  });
});

describe("the list", () => {
  test("asks for what needs somebody, and counts what it leaves aside", () => {
    expect(pagePath({}, { page: 2, sort: undefined, nowMs: NOW })).toBe(
      "/api/differences?state=untriaged&tier=confirmed&tier=suspect&limit=50&offset=50",
    );
    expect(asidePaths({ owner: "me" }, NOW).map(({ path }) => path)).toEqual([
      "/api/differences?owner=me&state=untriaged&tier=noise&limit=1",
      "/api/differences?owner=me&state=untriaged&tier=transient&limit=1",
    ]);
    expect(asidePaths({ tier: "all" }, NOW)).toEqual([]);
  });
  test("asks for all, and since when in whole minutes", () => {
    const asked = (nowMs: number) =>
      pagePath({ state: "all", tier: "all", since: "1h" }, { page: 1, sort: "lastSeen", nowMs });
    expect(asked(NOW + 59_000)).toBe(
      "/api/differences?since=2026-11-22T11%3A00%3A00.000Z&sort=lastSeen&limit=50&offset=0",
    );
    expect(asked(NOW)).toBe(asked(NOW + 59_000));
  });
  test("stands under its endpoints in the order of their first rows", () => {
    const rows = ["b", "a", "b"].map((endpoint, id) => ({ endpoint, id }));
    expect(grouped(rows).map(({ endpoint }) => endpoint)).toEqual(["b", "a"]);
    expect(shownOrder(rows, false).map(({ id }) => id)).toEqual([0, 2, 1]);
    expect(shownOrder(rows, true)).toBe(rows);
  });
});

test("a trend has even steps, and says where it goes", () => {
  const point = (hoursAgo: number, exchanges: number) => ({
    atMs: NOW - hoursAgo * 3_600_000,
    exchanges,
    match: 0,
    mismatch: exchanges,
    noise: 0,
    incomparable: 0,
    skipped: 0,
    legacyMs: null,
    candidateMs: null,
  });
  const bins = trendBins(
    { points: [point(30, 9), point(24, 1), point(23.5, 2), point(1, 8), point(0, 3)] },
    { nowMs: NOW, bins: 24 },
  );
  expect(bins.map(({ exchanges }) => exchanges).filter((count) => count > 0)).toEqual([3, 11]);
  expect(bins.at(-1)?.exchanges).toBe(11);
  expect(trendWord(bins)).toBe("rising");
  expect(trendWord(bins.toReversed())).toBe("falling");
  expect(trendWord(trendBins({ points: [] }, { nowMs: NOW, bins: 24 }))).toBe("quiet");
});

describe("a rule under edit", () => {
  test("becomes what was written, and keeps what has no field", () => {
    const rule = { kind: "array", path: "/a", mode: "keyed", by: ["/id"] } as const;
    expect(textsOf(rule)).toEqual({ path: "/a", mode: "keyed", by: "/id" });
    expect(edited(rule, { path: " /b ", mode: "keyed", by: "/x , /y" })).toEqual({
      kind: "array",
      path: "/b",
      mode: "keyed",
      by: ["/x", "/y"],
    });
    expect(edited(rule, { path: "", mode: "unordered", by: "/x" })).toEqual({
      kind: "array",
      path: "",
      mode: "unordered",
    });
    expect(edited({ kind: "default", path: "/a", value: 0 }, { path: "/a" })).toEqual({
      kind: "default",
      path: "/a",
      value: 0,
    });
  });
  test("sends a number where there is one, and lets the API refuse what is none", () => {
    const rule = { kind: "timestamp", path: "/a", withinMs: 1 } as const;
    expect(edited(rule, { path: "/a", withinMs: "50" })).toMatchObject({ withinMs: 50 });
    expect(edited(rule, { path: "/a", withinMs: "soon" })).toMatchObject({ withinMs: "soon" });
  });
  test("answers for itself: a reason, an owner, a day to come", () => {
    expect(Object.keys(checkAccounting({ reason: " ", owner: "", expires: "" }, NOW))).toEqual([
      "reason",
      "owner",
      "expires",
    ]);
    expect(checkAccounting({ reason: "r", owner: "o", expires: "2026-11-22" }, NOW)).toEqual({});
    expect(checkAccounting({ reason: "r", owner: "o", expires: "2026-11-21" }, NOW)).toHaveProperty(
      "expires",
    );
    expect(accounted({ kind: "ignore", path: "/a" }, { reason: " r ", owner: "", expires: "" })).toEqual({
      kind: "ignore",
      path: "/a",
      reason: "r",
    });
  });
});

describe("a preview in words", () => {
  const PREVIEW = {
    samples: 37,
    cannotTell: 0,
    matching: 12,
    differences: 90,
    hidden: 40,
    appeared: 0,
    wholly: [{}, {}],
    partly: [{}],
    storedHidden: 1203,
    examples: [],
    isComplete: true,
    isWithoutCustom: false,
  } as unknown as Parameters<typeof previewWords>[0];
  test("says how many signatures and differences it hides", () => {
    expect(previewWords(PREVIEW)).toBe("Hides 2 signatures, and 1 in part, 1,203 differences so far.");
    expect(previewWords({ ...PREVIEW, hidden: 0 })).toBe("Hides nothing in 37 stored samples.");
    expect(previewWords({ ...PREVIEW, samples: 0 })).toContain("no stored sample");
    expect(previewWarnings(PREVIEW)).toEqual([]);
  });
  test("warns of what it brings about, and of what it could not see", () => {
    expect(
      previewWarnings({ ...PREVIEW, appeared: 2, cannotTell: 3, isComplete: false, isWithoutCustom: true }),
    ).toHaveLength(4);
  });
});

test("every flag says what to do", () => {
  expect(flagWords({ kind: "never-hit", compared: 5000 })).toContain("5,000 compared exchanges");
  expect(flagWords({ kind: "too-broad", endpoint: "GET /a", share: 0.61 })).toContain(
    "61.00\u00a0% of all that differs at GET /a",
  );
  expect(flagWords({ kind: "expired", expires: "2026-01-01" })).toContain("2026-01-01");
  expect(flagWords({ kind: "failed", exchanges: 1 })).toContain("1 exchange,");
});

test("a rule has one line", () => {
  expect(ruleTitle({ kind: "tolerance", path: "/p", abs: "0.1", rel: "0.01" })).toBe(
    "tolerance ± 0.1 or ± 1 % at /p",
  );
  expect(ruleTitle({ kind: "ignore", path: "" })).toBe("ignore at the whole body");
  expect(ruleTitle({ kind: "case", header: "etag" })).toBe("case at header etag");
  expect(ruleTitle({ kind: "array", path: "/a", mode: "keyed", by: ["/x", "/y"] })).toBe(
    "array keyed by /x, /y at /a",
  );
});

describe("an entry of the audit log", () => {
  test("can be chosen by every action that there is", () => {
    expect(ACTIONS.map(({ value }) => value)).toEqual([...AUDIT_ACTIONS]);
  });

  const entry = (action: string, subject: string, detail: AuditEntry["detail"] = {}): AuditEntry => ({
    id: 1,
    atMs: NOW,
    who: "alice",
    role: "reviewer",
    action,
    subject,
    detail,
  });
  test("reads as a sentence, and leads to its subject", () => {
    const accepted = entry("triage", "abc", {
      decision: { state: "accepted", expiresMs: Date.parse("2026-12-01T00:00:00Z") },
      owner: "bob",
    });
    expect(actionWords(accepted)).toBe("accepted it until 2026-11-30 and gave it to bob");
    expect(subjectPath(accepted)).toBe("/differences/abc");
    expect(actionWords(entry("comment", "abc", { text: "hm" }))).toBe("said: hm");
    const added = entry("rule-added", "r1", { rule: { kind: "ignore", path: "/a" }, route: "shop" });
    expect(actionWords(added)).toBe("put the rule “ignore at /a” to work on the route shop");
    expect(subjectPath(added)).toBe("/rules?rule=r1");
    expect(subjectPath(entry("killed", ""))).toBeUndefined();
  });
  test("of an action that is not known is told by its name", () => {
    expect(actionWords(entry("moved", "x"))).toBe("moved x");
  });
  test("has a link of the web alone", () => {
    expect(linkOf(entry("triage", "a", { decision: { state: "bug", link: "https://x.test/1" } }))).toBe(
      "https://x.test/1",
    );
    expect(
      linkOf(entry("triage", "a", { decision: { state: "bug", link: "javascript:alert(1)" } })),
    ).toBeUndefined();
  });
});
