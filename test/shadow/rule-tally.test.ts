import { expect, test } from "vitest";
import { OTHER } from "../../src/core/other.ts";
import { type Rule, ruleIdOf } from "../../src/core/rule.ts";
import type { Hidden } from "../../src/core/verdict.ts";
import { RULE_PLACES_MAX, type RuledExchange, RuleTally } from "../../src/shadow/rule-tally.ts";

const AT: Rule = { kind: "ignore", path: "/at" };
const TRIM: Rule = { kind: "trim", path: "/name" };

const hidden = (ruleIndex: number, path: string): Hidden => ({
  ruleIndex,
  part: "body",
  path,
  legacy: "1",
  candidate: undefined,
});

function exchange(
  changes: Partial<RuledExchange> & { hits?: [number, number][]; hidden?: Hidden[] },
): RuledExchange {
  const { hits = [[0, 1]], hidden: places, ...rest } = changes;
  return {
    route: "r",
    endpoint: "GET /a",
    atMs: 10,
    exchangeId: "x",
    rules: [AT, TRIM],
    judgement: { verdict: { kind: "match", how: "values" }, ruleHits: new Map(hits), hidden: places },
    ...rest,
  };
}

test("a rule is counted under its id, wherever it stands in the list", () => {
  const tally = new RuleTally();
  tally.add(exchange({ hits: [[0, 2]] }));
  tally.add(exchange({ rules: [TRIM, { ...AT, owner: "me" }], hits: [[1, 3]], atMs: 20 }));
  expect(tally.take()).toMatchObject([{ ruleId: ruleIdOf(AT), hits: 5, lastHitMs: 20 }]);
  expect(tally.take()).toEqual([]);
});

test("endpoints and routes are kept apart", () => {
  const tally = new RuleTally();
  for (const place of [{}, { endpoint: "GET /b" }, { route: "s" }, {}]) tally.add(exchange(place));
  expect(tally.take().map(({ route, endpoint, hits }) => [route, endpoint, hits])).toEqual([
    ["r", "GET /a", 2],
    ["r", "GET /b", 1],
    ["s", "GET /a", 1],
  ]);
});

test("keeps the two newest examples of each rule, the newest first", () => {
  const tally = new RuleTally();
  for (const exchangeId of ["1", "2", "3"])
    tally.add(
      exchange({
        exchangeId,
        hits: [
          [0, 1],
          [1, 1],
        ],
        hidden: [hidden(1, `/name${exchangeId}`), hidden(0, "/at")],
      }),
    );
  const [at, trim] = tally.take();
  expect(at?.examples).toEqual([
    { exchangeId: "3", atMs: 10, part: "body", path: "/at", legacy: "1", candidate: undefined },
    { exchangeId: "2", atMs: 10, part: "body", path: "/at", legacy: "1", candidate: undefined },
  ]);
  expect(trim?.examples.map(({ path }) => path)).toEqual(["/name3", "/name2"]);
});

test("a long path is cut, and a hit of a rule that is not in the list is let go", () => {
  const tally = new RuleTally();
  tally.add(exchange({ hits: [[7, 1]] }));
  expect(tally.take()).toEqual([]);
  tally.add(exchange({ hidden: [hidden(0, `/${"k".repeat(600)}`)] }));
  expect(tally.take()[0]?.examples[0]?.path).toHaveLength(513);
});

test("past the limit a rule's further endpoints are one, at n - 1, n and n + 1", () => {
  const tally = new RuleTally();
  for (const [count, others] of [
    [RULE_PLACES_MAX - 1, 0],
    [RULE_PLACES_MAX, 0],
    [RULE_PLACES_MAX + 1, 1],
    [RULE_PLACES_MAX + 9, 9],
  ] as const) {
    for (let n = 0; n < count; n++) tally.add(exchange({ endpoint: `GET /${n}` }));
    const taken = tally.take();
    expect(taken).toHaveLength(Math.min(count, RULE_PLACES_MAX + 1));
    expect(taken.find(({ endpoint }) => endpoint === OTHER)?.hits ?? 0).toBe(others);
  }
});
