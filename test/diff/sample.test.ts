import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { fieldLinesFrom } from "../../src/core/exchange.ts";
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
});
const settings = { redaction, decodedBytesMax: 1 << 20 };

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
    redaction: compileRedaction({ headers: [], pointers: [], queryParameters: [] }),
    decodedBytesMax: 99,
  };
  const facts: AnswerFacts = { headers: [["content-type", "image/png"]] };
  const { legacy } = buildSample(
    factsOf({ body: Buffer.from([0xff, 0]), facts }, { body: "1", facts }),
    open,
  );
  expect(legacy).toMatchObject({ body: "/wA=", bodyEncoding: "base64", bodyBytes: 2 });
});
