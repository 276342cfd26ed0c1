import { expect, test } from "vitest";
import type { ContractDocument } from "../../src/contract/contract-document.ts";
import { Counters } from "../../src/core/counters.ts";
import { type Answer, fieldLinesFrom } from "../../src/core/exchange.ts";
import type { Rule } from "../../src/core/rule.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import type { Judgement } from "../../src/core/verdict.ts";
import { ContractChecks } from "../../src/shadow/contract-check.ts";
import { answering, documentOf } from "../contract/documents.ts";

const SLOT = 1;
const SCHEMA = "{ required: [id], properties: { id: { type: string }, tags: { items: { type: string } } } }";

function snapshotOf(document: unknown, rules: readonly Rule[] = [], differencesMax = 1000): Snapshot {
  const contract = { name: "a", version: "1", digest: JSON.stringify(document), document };
  const compare = { rules, differencesMax, decodedBytesMax: 1024 * 1024 };
  return {
    routes: [
      { slot: SLOT, contract, compare },
      { slot: 2, contract: undefined, compare },
    ],
  } as unknown as Snapshot;
}

function checksOf(rules: readonly Rule[] = [], differencesMax = 1000) {
  const failures: string[] = [];
  const checks = new ContractChecks(new Counters(), (detail) => void failures.push(detail));
  checks.apply(snapshotOf(documentOf(answering(SCHEMA)), rules, differencesMax));
  return { checks, failures };
}

function answer(body: string, changes: Partial<Answer> = {}): Answer {
  return {
    status: 200,
    headers: fieldLinesFrom([["content-type", "application/json"]]),
    body: Buffer.from(body),
    capture: "complete",
    ...changes,
  };
}

const request = () => ({ method: "GET", target: "/things" });
const BYTES: Judgement = { verdict: { kind: "match", how: "bytes" }, ruleHits: new Map() };
const VALUES: Judgement = { verdict: { kind: "match", how: "values" }, ruleHits: new Map() };

test("a match that breaks the contract is a mismatch, with what was asked and found", () => {
  const { checks } = checksOf();
  const refined = checks.refine(SLOT, {
    request,
    legacy: answer('{"id":"1","tags":["a"]}'),
    candidate: answer('{"id":1,"tags":["a",2]}'),
    judgement: VALUES,
  });
  expect(refined.verdict).toEqual({
    kind: "mismatch",
    isCut: false,
    differences: [
      { part: "body", path: "/id", kind: "violation", legacy: "string", candidate: "1" },
      {
        part: "body",
        path: "/tags/1",
        erasedPath: "/tags/*",
        kind: "violation",
        legacy: "string",
        candidate: "2",
      },
    ],
  });
  expect(refined.notes).toBeUndefined();
});

test("what fits, and a route without a contract, keep the very judgement", () => {
  const { checks } = checksOf();
  const exchange = {
    request,
    legacy: answer('{"id":"1"}'),
    candidate: answer('{"id":"1"}'),
    judgement: BYTES,
  };
  expect(checks.refine(SLOT, exchange)).toBe(BYTES);
  const broken = { ...exchange, candidate: answer("{}"), judgement: VALUES };
  expect(checks.refine(2, broken)).toBe(VALUES);
});

test("what the legacy breaks in the same way is noted; by another keyword it is the candidate's own", () => {
  const { checks } = checksOf();
  const refine = (legacy: string, candidate: string) =>
    checks.refine(SLOT, { request, legacy: answer(legacy), candidate: answer(candidate), judgement: VALUES });
  expect(refine('{"id":1}', '{"id":2}')).toEqual({ ...VALUES, notes: ["contract-legacy"] });
  expect(refine("{}", '{"id":2}')).toMatchObject({
    verdict: { kind: "mismatch" },
    notes: ["contract-legacy"],
  });
  // The same place, whichever element it is.
  expect(refine('{"id":"","tags":[1]}', '{"id":"","tags":["",2]}').verdict.kind).toBe("match");
});

test("equal bytes are looked at once, and have the same note again", () => {
  const { checks } = checksOf();
  let decodings = 0;
  const counted = (): Answer => {
    const lines = fieldLinesFrom([["content-type", "application/json"]]);
    const getAll = (name: string) => {
      if (name === "content-encoding") decodings++;
      return lines.getAll(name);
    };
    return answer("{}", { headers: { ...lines, getAll } });
  };
  const refine = () =>
    checks.refine(SLOT, { request, legacy: counted(), candidate: counted(), judgement: BYTES }).notes;
  expect([refine(), decodings]).toEqual([["contract-legacy"], 2]);
  expect([refine(), decodings]).toEqual([["contract-legacy"], 2]);
});

test("equal bytes do not hide that the candidate's head breaks the contract", () => {
  const document = `
openapi: 3.1.0
paths: { /things: { get: { responses: { "200": { headers: { x-rate: { required: true } }, content: { application/json: {} } } } } } }`;
  const checks = new ContractChecks(new Counters(), () => undefined);
  checks.apply(snapshotOf(documentOf(document)));
  const headers = fieldLinesFrom([
    ["content-type", "application/json"],
    ["x-rate", "1"],
  ]);
  const refine = (candidate: Answer) =>
    checks.refine(SLOT, { request, legacy: answer("{}", { headers }), candidate, judgement: BYTES });
  for (const _ of [1, 2]) {
    expect(refine(answer("{}", { headers }))).toBe(BYTES);
    expect(refine(answer("{}")).verdict).toMatchObject({ differences: [{ part: "header", path: "x-rate" }] });
  }
});

test("an ignore rule hides violations at its place and below, and counts them", () => {
  const { checks } = checksOf([
    { kind: "timestamp", path: "/id", withinMs: 1 },
    { kind: "ignore", path: "/tags" },
  ]);
  const refined = checks.refine(SLOT, {
    request,
    legacy: answer('{"id":"1"}'),
    candidate: answer('{"id":"1","tags":[1,2]}'),
    judgement: { ...VALUES, ruleHits: new Map([[1, 3]]) },
  });
  expect(refined.verdict).toEqual(VALUES.verdict);
  expect([...refined.ruleHits]).toEqual([[1, 5]]);
  expect(refined.hidden).toEqual([
    { ruleIndex: 1, part: "body", path: "/tags/0", legacy: "string", candidate: "1" },
  ]);
});

test("what breaks the contract is breaking, whatever the judge called it", () => {
  const { checks } = checksOf();
  const added = {
    part: "body",
    kind: "added",
    legacy: undefined,
    candidate: "1",
    class: "additive",
  } as const;
  const judgement: Judgement = {
    verdict: {
      kind: "mismatch",
      differences: [
        { ...added, path: "/id" },
        { ...added, path: "/x" },
      ],
      isCut: false,
    },
    ruleHits: new Map(),
  };
  const exchange = { request, legacy: answer("{}"), candidate: answer('{"id":1,"x":1}'), judgement };
  const { verdict } = checks.refine(SLOT, exchange);
  expect(
    verdict.kind === "mismatch" && verdict.differences.map(({ path, kind, class: of }) => [path, kind, of]),
  ).toEqual([
    ["/id", "violation", undefined],
    ["/id", "added", undefined],
    ["/x", "added", "additive"],
  ]);
});

test("the list of differences stays within its limit, violations first", () => {
  for (const [max, kinds, isCut] of [
    [1, ["violation"], true],
    [2, ["violation", "changed"], false],
    [3, ["violation", "changed"], false],
  ] as const) {
    const { checks } = checksOf([], max);
    const changed = { part: "body", path: "/id", kind: "changed", legacy: '"1"', candidate: "1" } as const;
    const judgement: Judgement = {
      verdict: { kind: "mismatch", differences: [changed], isCut: false },
      ruleHits: new Map(),
    };
    const { verdict } = checks.refine(SLOT, {
      request,
      legacy: answer('{"id":"1"}'),
      candidate: answer('{"id":1}'),
      judgement,
    });
    expect(
      verdict.kind === "mismatch" && [verdict.differences.map(({ kind }) => kind), verdict.isCut],
    ).toEqual([kinds, isCut]);
  }
});

test("of a body that was not kept nothing is said, and that is noted; a status stands", () => {
  const { checks } = checksOf();
  const judgement: Judgement = {
    verdict: { kind: "incomparable", reason: "overflow", detail: "" },
    ruleHits: new Map(),
  };
  const refine = (legacy: Partial<Answer>, candidate: Partial<Answer>) =>
    checks.refine(SLOT, {
      request,
      legacy: answer("{}", legacy),
      candidate: answer('{"id":1}', candidate),
      judgement,
    });
  expect(refine({}, { capture: "overflow" })).toEqual({ ...judgement, notes: ["contract-unchecked"] });
  expect(refine({ capture: "overflow" }, {})).toEqual({ ...judgement, notes: ["contract-unchecked"] });
  expect(refine({}, { capture: "overflow", status: 500 }).verdict).toMatchObject({
    kind: "mismatch",
    differences: [{ part: "status", kind: "violation", legacy: "one of 200", candidate: "500" }],
    isCut: true,
  });
});

test("a path that the contract does not have is noted", () => {
  const { checks } = checksOf();
  const elsewhere = () => ({ method: "GET", target: "/other" });
  const exchange = { request: elsewhere, legacy: answer("{}"), candidate: answer("[]"), judgement: VALUES };
  expect(checks.refine(SLOT, exchange)).toEqual({ ...VALUES, notes: ["contract-unknown"] });
});

test("a bug costs an exchange its check, never its verdict", () => {
  const failures: string[] = [];
  const checks = new ContractChecks(new Counters(), (detail) => void failures.push(detail));
  const broken: ContractDocument = { ...documentOf(answering(SCHEMA)), schemas: [] };
  checks.apply(snapshotOf(broken));
  const exchange = { request, legacy: answer("{}"), candidate: answer("{}"), judgement: VALUES };
  expect(checks.refine(SLOT, exchange)).toEqual({ ...VALUES, notes: ["contract-unchecked"] });
  expect(failures).toHaveLength(1);
});
