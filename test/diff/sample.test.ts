import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { fieldLinesFrom } from "../../src/core/exchange.ts";
import { type Rule, ruleIdOf } from "../../src/core/rule.ts";
import type { Difference } from "../../src/core/verdict.ts";
import { judge } from "../../src/diff/judge.ts";
import { compileCompare } from "../../src/diff/judging.ts";
import { compileRedaction } from "../../src/diff/redact.ts";
import {
  buildSample,
  type ExchangeFacts,
  SAMPLE_BODY_BYTES_MAX,
  SAMPLE_DIFFERENCES_MAX,
} from "../../src/diff/sample.ts";
import { signatureOf } from "../../src/diff/signature.ts";
import { type AnswerFacts, makeAnswer, makeSettings } from "./support/answers.ts";

const SECRET = "s3cret";
const redaction = compileRedaction({
  headers: ["authorization", "set-cookie", "x-key"],
  pointers: ["/password", "/nested/token"],
  queryParameters: ["key"],
  detectors: [],
});
const settings = {
  redaction,
  decodedBytesMax: 1 << 22,
  bodyBytesMax: SAMPLE_BODY_BYTES_MAX,
  sampleBytesMax: 1 << 24,
};

interface Side {
  readonly body: string | Uint8Array;
  readonly facts?: AnswerFacts;
}

function factsOf(legacySide: Side, candidateSide: Side): ExchangeFacts {
  const legacy = makeAnswer(legacySide.body, legacySide.facts);
  const candidate = makeAnswer(candidateSide.body, candidateSide.facts);
  const compiled = compileCompare(makeSettings({ headers: ["content-type", "x-key"] }));
  return {
    id: "x1",
    atMs: 5,
    route: "default",
    endpoint: "POST /login",
    servedBy: "legacy",
    request: {
      method: "POST",
      target: `/login?key=${SECRET}&a=1`,
      headers: fieldLinesFrom([
        ["Authorization", SECRET],
        ["Referer", `/x?key=${SECRET}`],
        ["content-type", "application/json"],
      ]),
      body: Buffer.from(JSON.stringify({ password: SECRET, name: "n" })),
      capture: "complete",
    },
    legacy: { ...legacy, latencyMs: 1 },
    candidate: { ...candidate, latencyMs: 2 },
    judgement: judge(legacy, candidate, compiled),
    rules: [],
  };
}

const keyHeader = (value: string): AnswerFacts => ({
  headers: [
    ["content-type", "application/json"],
    ["x-key", value],
    ["set-cookie", SECRET],
  ],
});

test("no secret is anywhere in a sample, and each difference still is", () => {
  const facts = factsOf(
    { body: JSON.stringify({ password: SECRET, a: 1, nested: { token: SECRET } }), facts: keyHeader(SECRET) },
    { body: JSON.stringify({ password: `${SECRET}2`, a: 2 }), facts: keyHeader(`${SECRET}2`) },
  );
  const sample = buildSample(facts, settings);
  expect(JSON.stringify(sample)).not.toContain(SECRET);
  expect(sample.differences.map(({ part, path, kind }) => `${part} ${path} ${kind}`)).toEqual([
    "header x-key changed",
    "body /password changed",
    "body /a changed",
    "body /nested removed",
  ]);
  expect(sample.patch).toEqual([
    { op: "replace", path: "/a", value: 2 },
    { op: "remove", path: "/nested" },
  ]);
  expect(sample.request).toMatchObject({
    target: "/login?key=[redacted]&a=1",
    body: '{"password":"[redacted]","name":"n"}',
  });
  const { verdict } = facts.judgement;
  const ids =
    verdict.kind === "mismatch" ? verdict.differences.map((one) => signatureOf("POST /login", one).id) : [];
  expect(sample.signatureIds).toEqual(ids);
});

test("a key inside a redacted value is in no path, and its signature is the value's own", () => {
  const facts = factsOf({ body: `{"password":{"${SECRET}":1}}` }, { body: '{"password":{}}' });
  const sample = buildSample(facts, settings);
  expect(JSON.stringify(sample)).not.toContain(SECRET);
  const [difference] = sample.differences;
  expect(difference).toMatchObject({ path: "/password", kind: "changed" });
  expect(sample.signatureIds).toEqual([signatureOf("POST /login", difference as Difference).id]);
});

test("bodies are stored decoded, and searched for secrets after decoding", () => {
  const facts: AnswerFacts = {
    headers: [
      ["content-type", "application/json"],
      ["content-encoding", "gzip"],
    ],
  };
  const body = JSON.stringify({ password: SECRET });
  const sample = buildSample(factsOf({ body: gzipSync(body), facts }, { body: "{}" }), settings);
  expect(sample.legacy).toMatchObject({
    body: '{"password":"[redacted]"}',
    bodyBytes: body.length,
    isBodyCut: false,
  });
});

test.each([
  ["was not wholly kept", SECRET, { capture: "overflow" }],
  ["does not decode", SECRET, { headers: [["content-encoding", "gzip"]] }],
] as const)("a body that %s is not shown", (_, body, facts) => {
  const sample = buildSample(factsOf({ body, facts }, { body: "{}" }), settings);
  expect(sample.legacy).toMatchObject({ body: "", bodyBytes: SECRET.length, isBodyCut: true });
  expect(sample.patch).toBeUndefined();
});

test.each([-1, 0, 1])("a body %i bytes from the limit", (more) => {
  const body = `"${"x".repeat(SAMPLE_BODY_BYTES_MAX - 2 + more)}"`;
  const { legacy } = buildSample(factsOf({ body }, { body: "1" }), settings);
  expect(legacy.isBodyCut).toBe(more > 0);
  expect(legacy.body.length).toBe(Math.min(body.length, SAMPLE_BODY_BYTES_MAX));
  expect(legacy.bodyBytes).toBe(body.length);
});

test("a long body is cut between characters, so that it stays text", () => {
  const body = `"x${"é".repeat(SAMPLE_BODY_BYTES_MAX)}"`;
  const { legacy } = buildSample(factsOf({ body }, { body: "1" }), settings);
  expect(legacy.bodyEncoding).toBe("utf8");
  expect(legacy.body).toBe(body.slice(0, SAMPLE_BODY_BYTES_MAX / 2 + 1));
});

test.each([-1, 0, 1])("differences %i from the limit: the rest is cut, a rare signature is not", (more) => {
  const count = SAMPLE_DIFFERENCES_MAX - 1 + more;
  const body = (value: number): string => JSON.stringify({ many: new Array(count).fill(value), last: value });
  const legacy = makeAnswer(body(1));
  const candidate = makeAnswer(body(2));
  const facts = factsOf({ body: "1" }, { body: "1" });
  const judgement = judge(legacy, candidate, compileCompare(makeSettings({ differencesMax: 1000 })));
  const sample = buildSample(
    { ...facts, legacy: { ...legacy, latencyMs: 1 }, candidate: { ...candidate, latencyMs: 1 }, judgement },
    settings,
  );
  expect(sample.differences).toHaveLength(Math.min(count + 1, SAMPLE_DIFFERENCES_MAX));
  expect(sample.isCut).toBe(more > 0);
  expect(sample.differences.at(-1)?.path).toBe("/last");
  expect(sample.signatureIds).toHaveLength(2);
});

test("bytes that are not text are kept as base64 where nothing must be searched", () => {
  const open = {
    ...settings,
    redaction: compileRedaction({ headers: [], pointers: [], queryParameters: [], detectors: [] }),
    decodedBytesMax: 99,
  };
  const facts: AnswerFacts = { headers: [["content-type", "image/png"]] };
  const { legacy } = buildSample(
    factsOf({ body: Buffer.from([0xff, 0]), facts }, { body: "1", facts }),
    open,
  );
  expect(legacy).toMatchObject({ body: "/wA=", bodyEncoding: "base64", bodyBytes: 2 });
});

test("a sample says what each rule hid, redacted, and how it was judged", () => {
  const rules: readonly Rule[] = [
    { kind: "ignore", path: "/password" },
    { kind: "ignore", path: "/n/*" },
    { kind: "ignore", path: "/never" },
  ];
  const body = (side: number) =>
    JSON.stringify({ password: `${SECRET}${side}`, n: [side, side], open: side });
  const facts = factsOf({ body: body(1) }, { body: body(2) });
  const judgement = judge(facts.legacy, facts.candidate, compileCompare(makeSettings({ rules: [...rules] })));
  const noted = { ...judgement, notes: ["array-by-index"] } as const;
  const sample = buildSample({ ...facts, judgement: noted, rules }, settings);
  expect(sample.hidden).toEqual([
    {
      ruleId: ruleIdOf(rules[0] as Rule),
      places: 1,
      part: "body",
      path: "/password",
      legacy: "[redacted]",
      candidate: "[redacted]",
    },
    {
      ruleId: ruleIdOf(rules[1] as Rule),
      places: 2,
      part: "body",
      path: "/n/0",
      legacy: "1",
      candidate: "2",
    },
  ]);
  expect(sample.notes).toEqual(["array-by-index"]);
  expect(sample.incomparable).toBeUndefined();
});

test("a sample says why its bodies were not compared, where the heads differ", () => {
  const facts = factsOf(
    { body: "1", facts: { capture: "overflow" } },
    { body: "1", facts: { headers: [["content-type", "text/plain"]] } },
  );
  const sample = buildSample(facts, settings);
  expect([sample.verdict, sample.isCut]).toEqual(["mismatch", true]);
  expect(sample.incomparable).toEqual({
    reason: "overflow",
    detail: "the legacy's body is over the capture limit",
  });
});

describe("a sample over its limit is cut so that it can be stored", () => {
  const bytesOf = (sample: unknown) => Buffer.byteLength(JSON.stringify(sample));
  const control = "\u0001".repeat(1000);
  const facts = () =>
    factsOf(
      { body: `${control}é`, facts: { headers: [["content-type", "text/plain"]] } },
      { body: "short", facts: { headers: [["content-type", "text/plain"]] } },
    );
  const plain = compileRedaction({ headers: [], pointers: [], queryParameters: [], detectors: [] });
  const whole = buildSample(facts(), { ...settings, redaction: plain });

  test.each([-1, 0, 1])("with room for %i bytes more than it is", (more) => {
    const sampleBytesMax = bytesOf(whole) + more;
    const sample = buildSample(facts(), { ...settings, redaction: plain, sampleBytesMax });
    expect(bytesOf(sample)).toBeLessThanOrEqual(sampleBytesMax);
    expect(sample.legacy.isBodyCut).toBe(more < 0);
    expect(sample.candidate).toEqual(whole.candidate);
    expect(`${control}é`.startsWith(sample.legacy.body)).toBe(true);
    expect(sample.legacy.body.length).toBeGreaterThan(990);
  });

  test("the longest body first, between characters and within whole groups of base64", () => {
    const bytes = { headers: [["content-type", "image/png"]] } as const;
    const emoji = "😀".repeat(500);
    const built = (sampleBytesMax: number) =>
      buildSample(factsOf({ body: emoji, facts: bytes }, { body: Buffer.alloc(1500, 0xff), facts: bytes }), {
        ...settings,
        redaction: plain,
        sampleBytesMax,
      });
    const most = bytesOf(built(1 << 20));
    for (let less = 1; less < 12; less++) {
      const sample = built(most - 1500 - less);
      expect(bytesOf(sample)).toBeLessThanOrEqual(most - 1500 - less);
      expect([sample.legacy.isBodyCut, sample.candidate.isBodyCut]).toEqual([true, true]);
      expect(sample.legacy.body.isWellFormed()).toBe(true);
      expect(sample.candidate.body.length % 4).toBe(0);
      expect(sample.request.isBodyCut).toBe(false);
    }
  });

  test("then the patch goes; what is no body stays", () => {
    const long = { body: `{"a":"${"x".repeat(900)}"}` };
    const built = (sampleBytesMax: number) =>
      buildSample(factsOf({ body: "{}" }, long), { ...settings, redaction: plain, sampleBytesMax });
    const most = built(1 << 20);
    expect(most.patch).toHaveLength(1);
    const sample = built(bytesOf(most) - 1900);
    expect(sample.patch).toBeUndefined();
    expect(sample.differences).toEqual(most.differences);
  });
});
