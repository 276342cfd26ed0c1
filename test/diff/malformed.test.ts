// What is not JSON, after the kinds of the JSONTestSuite: never a match with what is, never a throw. JSON.parse is
// the oracle of acceptance. PARALLAX_FUZZ_SECONDS mutates bytes for longer, PARALLAX_FUZZ_SEED again.
import { isUtf8 } from "node:buffer";
import { describe, expect, test } from "vitest";
import type { Verdict } from "../../src/core/verdict.ts";
import { judge } from "../../src/diff/judge.ts";
import { compileCompare } from "../../src/diff/judging.ts";
import { isSameReference } from "./reference/compare.ts";
import { readJson } from "./reference/json.ts";
import { makeAnswer, makeSettings } from "./support/answers.ts";
import { fuzzSeconds, fuzzSeed, patience } from "./support/effort.ts";
import { INVALID_UTF8_STRINGS, MALFORMED, truncations, VALID } from "./support/malformed.ts";
import { type Dice, diceFrom } from "./support/model.ts";

const compiled = compileCompare(makeSettings());

function verdictOf(legacy: Uint8Array, candidate: Uint8Array): Verdict {
  return judge(makeAnswer(legacy), makeAnswer(candidate), compiled).verdict;
}

function shown(body: Buffer): string {
  return JSON.stringify(body.toString("latin1")).slice(0, 60);
}

/** A value that no input of this file has. */
const OTHER = Buffer.from('{"nothing":["like",123454321]}');

/** Whether the judge reads `body` as JSON, by what it says of it beside another document. */
function isRead(body: Buffer): boolean {
  const verdict = verdictOf(OTHER, body);
  if (verdict.kind !== "mismatch") throw new Error(`${shown(body)} is ${JSON.stringify(verdict)}`);
  const isUnparseable = verdict.differences.some(({ kind }) => kind === "unparseable");
  if (isUnparseable) expect(verdict.differences).toHaveLength(1);
  return !isUnparseable;
}

/** Whether JSON.parse takes it, after the BOM that the judge tolerates; undefined where it is not asked. */
function isTakenByOracle(body: Buffer): boolean | undefined {
  if (!isUtf8(body)) return undefined;
  // The decoder takes one BOM away, as the judge does.
  const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("the tables are large, and say of each input what JSON.parse says", () => {
  expect(MALFORMED.length).toBeGreaterThan(300);
  expect(VALID.length).toBeGreaterThan(50);
  for (const body of MALFORMED) expect(isTakenByOracle(body) ?? false, shown(body)).toBe(false);
  for (const body of VALID) expect(isTakenByOracle(body), shown(body)).toBe(true);
});

describe("malformed", () => {
  test.each(MALFORMED.map((body) => [shown(body), body] as const))("%s is unparseable", (_, body) => {
    const unparseable = { kind: "mismatch", differences: [{ path: "", kind: "unparseable" }] };
    expect(verdictOf(OTHER, body)).toMatchObject(unparseable);
    expect(verdictOf(body, OTHER)).toMatchObject(unparseable);
  });

  test("the same malformed bytes are the same bytes", () => {
    for (const body of MALFORMED)
      expect(verdictOf(body, Buffer.from(body)), shown(body)).toEqual({ kind: "match", how: "bytes" });
  });

  test("with one byte changed, put in or left out they are never a match", () => {
    const dice = diceFrom(fuzzSeed);
    for (const body of MALFORMED)
      for (let times = 0; times < 6; times++) {
        const changed = mutateBytes(body, dice);
        if (changed.equals(body)) continue;
        expect(verdictOf(body, changed).kind, `${shown(body)} ${shown(changed)}`).toBe("mismatch");
        expect(verdictOf(changed, body).kind, `${shown(changed)} ${shown(body)}`).toBe("mismatch");
      }
  });

  test("with white space or a BOM around they are other bytes, not the same value", () => {
    for (const body of MALFORMED) {
      expect(verdictOf(body, Buffer.concat([body, Buffer.from(" ")])).kind, shown(body)).toBe("mismatch");
      const withBom = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]);
      expect(verdictOf(body, withBom).kind, shown(body)).toBe("mismatch");
    }
  });

  test("a body cut off anywhere is unparseable beside the whole one", () => {
    const whole = Buffer.from('{"a":[1,-2.5e+10,true,"x\\u00e9\\n",{"":null}],"é":{"b":[[],{}]}}');
    for (const cut of truncations(whole)) {
      expect(verdictOf(whole, cut), shown(cut)).toMatchObject({ differences: [{ kind: "unparseable" }] });
    }
  });
});

describe("valid", () => {
  test.each(VALID.map((body) => [shown(body), body] as const))("%s is read", (_, body) => {
    expect(isRead(body)).toBe(true);
    const spaced = Buffer.concat([body, Buffer.from("\n ")]);
    expect(verdictOf(body, spaced)).toEqual({ kind: "match", how: "values" });
  });

  test("no two of them match unless the reference says so", () => {
    for (const legacy of VALID)
      for (const candidate of VALID) {
        const isExpected = isSameForReference(legacy, candidate);
        expect(verdictOf(legacy, candidate).kind === "match", `${shown(legacy)} ${shown(candidate)}`).toBe(
          isExpected,
        );
      }
  });
});

function isSameForReference(legacy: Buffer, candidate: Buffer): boolean {
  const a = readJson(legacy);
  const b = readJson(candidate);
  if (a === undefined || b === undefined) return legacy.equals(candidate);
  return isSameReference(a, b);
}

test("strings with bytes that are not UTF-8 match themselves alone", () => {
  const all = [
    ...INVALID_UTF8_STRINGS,
    Buffer.from('"\ufffd"'),
    Buffer.from('"\\ufffd"'),
    Buffer.from('"é"'),
  ];
  for (const legacy of all)
    for (const candidate of all) {
      const spaced = Buffer.concat([candidate, Buffer.from(" ")]);
      const why = `${shown(legacy)} ${shown(candidate)}`;
      expect(verdictOf(legacy, spaced).kind === "match", why).toBe(isSameForReference(legacy, candidate));
    }
});

/** Bytes that break documents in interesting places, and any others. */
const TELLING = Buffer.from(
  '"\\{}[]:,-+.eE0123456789 \n\tntfu/\x00\x1f\x7f\x80\xbf\xc3\xe2\xef\xf0\xff',
  "latin1",
);

function mutateBytes(body: Buffer, dice: Dice): Buffer {
  const at = Math.floor(dice() * (body.length + 1));
  const byte =
    dice() < 0.7 ? (TELLING[Math.floor(dice() * TELLING.length)] as number) : Math.floor(dice() * 256);
  const removed = Math.floor(dice() * 3);
  const put = dice() < 0.7 ? Buffer.from([byte]) : Buffer.alloc(0);
  return Buffer.concat([body.subarray(0, at), put, body.subarray(at + removed)]);
}

const REAL: readonly Buffer[] = [
  Buffer.from(
    '{"id":9007199254740993,"name":"Zoë \\ud83d\\ude00","tags":["a","b"],"at":"2026-01-02T03:04:05Z"}',
  ),
  Buffer.from('[{"price":1.50,"cur":"EUR"},{"price":-2e-3,"cur":null},[],{},[[true],[false]]]'),
  Buffer.from('\ufeff {"a" : {"b" : {"c" : [ 0.0 , -0 , 1E+2 ] } } , "\\u0061" : "\\\\\\"" }\r\n'),
];

test("bytes changed at random: JSON is what JSON.parse takes, and verdicts are the reference's", {
  timeout: patience,
}, () => {
  const dice = diceFrom(fuzzSeed);
  const endsAtMs = performance.now() + fuzzSeconds * 1000;
  let taken = 0;
  let refused = 0;
  for (let count = 0; count < 4000 || performance.now() < endsAtMs; count++) {
    const whole = REAL[count % REAL.length] as Buffer;
    let body = whole;
    for (let changes = 1 + Math.floor(dice() * 3); changes > 0; changes--) body = mutateBytes(body, dice);
    const why = `${JSON.stringify(body.toString("latin1"))} PARALLAX_FUZZ_SEED=${fuzzSeed}`;
    const isTaken = isRead(body);
    const oracle = isTakenByOracle(body) ?? readJson(body) !== undefined;
    expect(isTaken, why).toBe(oracle);
    expect(readJson(body) !== undefined, why).toBe(oracle);
    expect(verdictOf(whole, body).kind === "match", why).toBe(isSameForReference(whole, body));
    if (isTaken) taken++;
    else refused++;
  }
  expect(Math.min(taken, refused)).toBeGreaterThan(500);
});
