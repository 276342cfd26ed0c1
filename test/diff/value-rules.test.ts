import { describe, expect, test } from "vitest";
import type { Rule } from "../../src/core/rule.ts";
import {
  type CompiledValueRule,
  compileValueRule,
  hideByValue,
  normalText,
  type RuleValue,
} from "../../src/diff/rules/value-rules.ts";

type Short = Record<string, unknown> & { readonly kind: string };

function compile(...rules: readonly Short[]): readonly CompiledValueRule[] {
  return rules.map((rule, index) => {
    const compiled = compileValueRule({ path: "/x", ...rule } as unknown as Rule, index);
    if (compiled === undefined) throw new Error(`${rule.kind} is not about one value`);
    return compiled;
  });
}

/** From JSON text. */
function read(json: string): RuleValue {
  if (json.startsWith('"')) return { type: "string", text: JSON.parse(json) as string };
  if (json.startsWith("[")) return { type: "array", text: json };
  if (json.startsWith("{")) return { type: "object", text: json };
  if (json === "null") return { type: "null", text: json };
  return { type: json === "true" || json === "false" ? "boolean" : "number", text: json };
}

function hide(rules: readonly CompiledValueRule[], legacy: string, candidate: string): readonly number[] {
  return hideByValue(rules, read(legacy), read(candidate));
}

const YES = true;
const NO = false;
type Row = readonly [Short, string, string, boolean];

function checkRows(rows: readonly Row[]): void {
  test.each(rows)("%j: %s, %s → %s", (rule, legacy, candidate, isHidden) => {
    const rules = compile(rule);
    expect(hide(rules, legacy, candidate)).toEqual(isHidden ? [0] : []);
    if (isHidden) expect(normalText(rules, read(legacy))).toBe(normalText(rules, read(candidate)));
  });
}

const UUID = '"00000000-0000-0000-0000-000000000000"';

describe("shape", () => {
  const uuid = { kind: "shape", class: "uuid" };
  const iso = { kind: "shape", class: "iso-time" };
  const epoch = { kind: "shape", class: "epoch" };
  const integer = { kind: "shape", class: "integer" };
  const number = { kind: "shape", class: "number" };
  const hex = { kind: "shape", class: "hex" };
  const token = { kind: "shape", class: "token" };
  const order = { kind: "shape", class: "/ord_[a-z0-9]{4}/" };
  const noon = '"2026-11-22T12:00:00Z"';
  const other = '"2025-01-01T00:00:00Z"';
  checkRows([
    [uuid, UUID, '"F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"', YES],
    [uuid, UUID, "null", NO],
    [uuid, "null", UUID, NO],
    [uuid, UUID, '"0000000-0000-0000-0000-000000000000"', NO],
    [uuid, UUID, '"00000000-0000-0000-0000-0000000000000"', NO],
    [uuid, UUID, '"g0000000-0000-0000-0000-000000000000"', NO],
    [uuid, UUID, '" 00000000-0000-0000-0000-000000000000"', NO],
    [uuid, UUID, '"00000000-0000-0000-0000-000000000000\\n"', NO],
    [iso, noon, '"2026-11-22T12:00:00.123456789+05:30"', YES],
    [iso, noon, '"2026-11-22t12:00:00z"', YES],
    [iso, noon, '"20261122T120000Z"', YES],
    [iso, noon, '"2026-11-22 12:00:00+0530"', YES],
    [iso, noon, '"2026-11-22T12:00Z"', YES],
    [iso, noon, '"2024-02-29T00:00:00Z"', YES],
    [iso, noon, '"2000-02-29T00:00:00Z"', YES],
    [iso, noon, '"2023-02-29T00:00:00Z"', NO],
    [iso, noon, '"1900-02-29T00:00:00Z"', NO],
    [iso, noon, '"2024-02-30T00:00:00Z"', NO],
    [iso, noon, '"2024-04-31T00:00:00Z"', NO],
    [iso, noon, '"2024-00-10T00:00:00Z"', NO],
    [iso, noon, '"2024-13-10T00:00:00Z"', NO],
    [iso, noon, '"2024-01-00T00:00:00Z"', NO],
    [iso, noon, '"2024-01-01T23:59:59Z"', YES],
    [iso, noon, '"2016-12-31T23:59:60Z"', YES],
    [iso, noon, '"2024-01-01T23:59:61Z"', NO],
    [iso, noon, '"2024-01-01T23:60:00Z"', NO],
    [iso, noon, '"2024-01-01T24:00:00Z"', NO],
    [iso, noon, '"2024-01-01T00:00:00+23:59"', YES],
    [iso, noon, '"2024-01-01T00:00:00+24:00"', NO],
    [iso, noon, '"2024-01-01T00:00:00+00:60"', NO],
    [iso, noon, '"2024-01-01T00:00:00."', NO],
    // A zone that is gone, or the time of day, is a difference.
    [iso, noon, '"2024-01-01T00:00:00"', NO],
    [iso, noon, '"2024-01-01"', NO],
    [iso, '"2024-01-01"', '"2025-12-31"', YES],
    [iso, '"2024-01-01T00:00:00"', '"2024-01-02 00:00:00.5"', YES],
    [iso, noon, "1700000000", NO],
    [iso, other, noon, YES],
    [epoch, "978307200", "4133980799", YES],
    [epoch, "978307200", "978307199", NO],
    [epoch, "978307200", "4133980800", NO],
    [epoch, "978307200000", "4133980799999.999", YES],
    [epoch, "978307200000000", "4133980799999999", YES],
    [epoch, "1700000000", "1.7000000015E9", YES],
    // Seconds are not milliseconds, and a number is not text.
    [epoch, "1700000000", "1700000000000", NO],
    [epoch, "1700000000", '"1700000001"', NO],
    [epoch, '"1700000000"', '"1700000001"', YES],
    [epoch, "1700000000", "-1700000000", NO],
    [epoch, "1700000000", "1e400", NO],
    [epoch, "1700000000", "1e999999999", NO],
    [integer, "1", "-12345678901234567890", YES],
    [integer, "1", "7.0", YES],
    [integer, "1", "1.5", NO],
    [integer, "1", '"2"', NO],
    [integer, '"1"', '"2"', YES],
    [integer, '"1"', '"02"', NO],
    [number, "1", "-1.5e-7", YES],
    [number, '"1"', '"-1.5e-7"', YES],
    [number, '"1"', '"NaN"', NO],
    [number, "1", "true", NO],
    [number, "1", "[1]", NO],
    [hex, '"00000000"', '"DEADbeef"', YES],
    [hex, '"00000000"', '"0000000"', NO],
    [hex, '"00000000"', '"0000000g"', NO],
    [token, '"abcdefghijklmno1"', '"eyJhbGciOiJIUzI1NiJ9.e30.c2ln"', YES],
    [token, '"abcdefghijklmno1"', '"YWJjZGVmZ2hpamtsbW4+/w=="', YES],
    [token, '"abcdefghijklmno1"', '"abcdefghijklmn1"', NO],
    [token, '"abcdefghijklmno1"', '"abcdefghijklmnop"', NO],
    [token, '"abcdefghijklmno1"', '"a-long-slug-of-words"', NO],
    [token, '"abcdefghijklmno1"', '"not a token of 24 chars"', NO],
    [order, '"ord_ab12"', '"ord_zz99"', YES],
    [order, '"ord_ab12"', '"xord_zz99"', NO],
    [order, '"ord_ab12"', '"ord_zz99x"', NO],
    [order, '"ord_ab12"', '"ord_zz99\\n"', NO],
  ]);

  test.each([4095, 4096, 4097])("a value of %d characters", (length) => {
    const rules = compile({ kind: "shape", class: "/a+/" });
    expect(hide(rules, '"a"', JSON.stringify("a".repeat(length)))).toEqual(length <= 4096 ? [0] : []);
  });
});

describe("tolerance", () => {
  const within = (abs: string | undefined, rel?: string): Short => ({ kind: "tolerance", abs, rel });
  checkRows([
    [within("0.1"), "0.3", "0.2", YES],
    [within("0.1"), "0.3", "0.19999999999999999999", NO],
    [within("0.1"), "0.2", "0.3", YES],
    [within("0"), "1", "1.0000000000000000000000001", NO],
    [within("1"), "9007199254740993", "9007199254740994", YES],
    [within("1"), "9007199254740993", "9007199254740995", NO],
    [within("1"), "1e400", `1${"0".repeat(399)}1`, YES],
    [within("1"), "1e400", `1${"0".repeat(399)}2`, NO],
    [within("0.001"), "-0", "0.001", YES],
    [within("0.001"), "-0.0005", "0.0005", YES],
    [within("0.001"), "-0.0005", "0.00050001", NO],
    [within("1e4096"), "1e4096", "2e4096", YES],
    // Past the bound of exactness nothing is within.
    [within("1e4096"), "1e4097", "2e4097", NO],
    [within("5"), "1e999999999999999999999", "1", NO],
    [within(undefined, "0.1"), "100", "110", YES],
    [within(undefined, "0.1"), "100", "110.0000000001", NO],
    [within(undefined, "0.1"), "100", "90", YES],
    // Of the legacy's magnitude: not the other way round.
    [within(undefined, "0.1"), "110", "99", YES],
    [within(undefined, "0.1"), "99", "110", NO],
    [within(undefined, "0.1"), "-100", "-110", YES],
    [within(undefined, "0.1"), "0", "1e-300", NO],
    [within("1e-300", "0.1"), "0", "1e-300", YES],
    [within("1"), '"1"', '"2"', NO],
    [within("1"), "1", '"2"', NO],
    [within("1"), "1", "null", NO],
    [within("1"), "true", "1", NO],
  ]);
});

describe("timestamp", () => {
  const within = (withinMs: number): Short => ({ kind: "timestamp", withinMs });
  const noon = '"2026-11-22T12:00:00Z"';
  checkRows([
    [within(1000), noon, '"2026-11-22T12:00:00.999999999Z"', YES],
    [within(1000), noon, '"2026-11-22T12:00:01Z"', YES],
    [within(1000), noon, '"2026-11-22T12:00:01.000000001Z"', NO],
    [within(1000), noon, '"2026-11-22T11:59:59Z"', YES],
    [within(1000), noon, '"2026-11-22T11:59:58.999999999Z"', NO],
    [within(0), noon, '"2026-11-22T13:00:00+01:00"', YES],
    [within(0), noon, '"2026-11-22T04:30:00-07:30"', YES],
    [within(0), noon, '"2026-11-22T12:00:00.000+00:00"', YES],
    [within(86_400_000), noon, '"2026-11-22T12:00:00"', NO],
    [within(0), '"2026-11-22T12:00:00"', '"2026-11-22 12:00:00.0"', YES],
    [within(86_400_000), '"2024-02-28"', '"2024-02-29"', YES],
    [within(86_400_000), '"2024-02-29"', '"2024-03-01"', YES],
    [within(86_400_000), '"2023-02-28"', '"2023-03-01"', YES],
    [within(86_400_000), '"2024-02-29"', '"2024-02-30"', NO],
    [within(1000), '"1969-12-31T23:59:59.5Z"', '"1970-01-01T00:00:00.5Z"', YES],
    [within(0), '"2016-12-31T23:59:60Z"', '"2017-01-01T00:00:00Z"', YES],
    [within(1000), '"Sun, 06 Nov 1994 08:49:37 GMT"', '"Sun, 06 Nov 1994 08:49:38 GMT"', YES],
    [within(1000), '"Sun, 06 Nov 1994 08:49:37 GMT"', '"Sun, 06 Nov 1994 08:49:39 GMT"', NO],
    [within(0), '"Sun, 06 Nov 1994 08:49:37 GMT"', '"Sunday, 06-Nov-94 08:49:37 GMT"', YES],
    [within(0), '"Sun, 06 Nov 1994 08:49:37 GMT"', '"Sun Nov  6 08:49:37 1994"', YES],
    [within(1000), '"Sun, 06 Nov 1994 08:49:37 GMT"', '"Mon, 06 Nov 1994 08:49:38 GMT"', NO],
    [within(1000), '"Sun, 06 Nov 1994 08:49:37 GMT"', '"1994-11-06T08:49:37Z"', NO],
    [within(1500), "1700000000", "1700000001.5", YES],
    [within(1500), "1700000000", "1700000001.500000001", NO],
    [within(1500), "1700000000000", "1700000001500", YES],
    [within(1500), "1700000000", "1700000000000", NO],
    [within(1500), '"1700000000"', '"1700000001"', YES],
    [within(1500), "1", "2", NO],
    [within(1500), noon, "null", NO],
    [within(1500), noon, '"yesterday"', NO],
  ]);
});

describe("coerce, case and trim", () => {
  const coerce = { kind: "coerce" };
  const inCase = { kind: "case" };
  const trim = { kind: "trim" };
  checkRows([
    [coerce, '"1"', "1", YES],
    [coerce, "1.0", '"1e0"', YES],
    [coerce, '"1.50"', '"1.5"', YES],
    [coerce, '"-0"', "0", YES],
    [coerce, '"9007199254740993"', "9007199254740992", NO],
    [coerce, '"01"', "1", NO],
    [coerce, '" 1"', "1", NO],
    [coerce, '""', "0", NO],
    [coerce, '"true"', "true", YES],
    [coerce, "false", '"false"', YES],
    [coerce, '"true"', "false", NO],
    [coerce, '"True"', "true", NO],
    [coerce, "1", "true", NO],
    [coerce, '"null"', "null", NO],
    [coerce, '"[1]"', "[1]", NO],
    [inCase, '"ABC é"', '"abc É"', YES],
    [inCase, '"ΟΔΟΣ"', '"οδος"', YES],
    [inCase, '"ß"', '"ss"', NO],
    [inCase, '"ß"', '"ẞ"', YES],
    [inCase, '"İ"', '"i"', NO],
    [inCase, '"İ"', '"i̇"', YES],
    [inCase, '"I"', '"ı"', NO],
    [inCase, '"abc"', '"abd"', NO],
    [inCase, '"A"', "null", NO],
    [trim, '" a b\\t\\n"', '"a b"', YES],
    [trim, '"a  b"', '"a b"', NO],
    [trim, '""', '"   "', YES],
  ]);

  const tolerance = { kind: "tolerance", abs: "0.5" };
  test.each([
    ["trim and case together", [trim, inCase], '" A"', '"a "', [0, 1]],
    ["only the rule that was needed", [trim, inCase], '"A"', '"a"', [1]],
    ["trim, case and coerce", [coerce, inCase, trim], '" TRUE "', "true", [0, 1, 2]],
    ["coerce before tolerance", [coerce, tolerance], '"1"', "1.5", [0, 1]],
    ["tolerance without coerce does not do", [trim, tolerance], '"1"', "1.5", []],
    ["trim before shape", [{ kind: "shape", class: "uuid" }, trim], UUID, `" 1${UUID.slice(2)}`, [0, 1]],
    ["the first of two that would each do", [{ kind: "case" }, inCase], '"A"', '"a"', [0]],
    ["ignore, whatever else", [inCase, { kind: "ignore" }], '"A"', '"a"', [1]],
    ["two rules that each do not", [inCase, trim], '"A"', '"b"', []],
  ] as const)("%s", (_, rules, legacy, candidate, indices) => {
    const compiled = compile(...rules);
    expect(hide(compiled, legacy, candidate)).toEqual(indices);
    if (indices.length > 0)
      expect(normalText(compiled, read(legacy))).toBe(normalText(compiled, read(candidate)));
  });
});

test("only ignore hides a value that one side has not", () => {
  const rules = compile({ kind: "shape", class: "/.*/" }, { kind: "coerce" }, { kind: "case" });
  const value = read('"a"');
  expect(hideByValue(rules, value, undefined)).toEqual([]);
  expect(hideByValue(rules, undefined, value)).toEqual([]);
  expect(hideByValue(compile({ kind: "ignore" }), undefined, value)).toEqual([0]);
});

test("bytes that are not UTF-8 read as the same text and stay different", () => {
  const value = read('"\ufffd"');
  expect(hideByValue(compile({ kind: "case" }), value, value)).toEqual([]);
});

describe("what a value hashes as", () => {
  const text = (rules: readonly CompiledValueRule[], json: string) => normalText(rules, read(json));

  test("a value that no rule is about is told apart", () => {
    const within = compile({ kind: "tolerance", abs: "1" });
    expect(new Set(["null", "true", "false", '"a"', '"b"', "1"].map((json) => text(within, json))).size).toBe(
      6,
    );
    const uuid = compile({ kind: "shape", class: "uuid" });
    expect(text(uuid, '"x"')).not.toBe(text(uuid, '"y"'));
    expect(text(uuid, '"x"')).not.toBe(text(uuid, UUID));
  });

  test("a value that is normal already hashes as one that is not", () => {
    const inCase = compile({ kind: "case" });
    expect(text(inCase, '"a"')).toBe(text(inCase, '"A"'));
    expect(text(inCase, '"STRA\u1e9eE"')).toBe(text(inCase, '"stra\u00dfe"'));
    expect(text(inCase, '"a"')).not.toBe(text(inCase, '"b"'));
  });

  test("numbers of one value hash alike, though a shape asks how they are written", () => {
    const hex = compile({ kind: "shape", class: "hex" });
    expect(text(hex, "100000000")).toBe(text(hex, "1e8"));
    const coerce = compile({ kind: "coerce" });
    expect(text(coerce, '"1.50"')).toBe(text(coerce, "15e-1"));
    expect(text(coerce, "1e9999")).toBe(text(coerce, "10e9998"));
  });

  test("shapes are told apart; with several rules that compare, nothing is", () => {
    const shape = compile({ kind: "shape", class: "iso-time" });
    expect(text(shape, '"2026-01-01"')).not.toBe(text(shape, '"2026-01-01T00:00:00Z"'));
    const both = compile({ kind: "shape", class: "uuid" }, { kind: "shape", class: "hex" });
    expect(text(both, UUID)).toBe(text(both, '"0123456789"'));
    const normalised = compile({ kind: "trim" }, { kind: "shape", class: "/ .*/" });
    expect(hide(normalised, '" \ufffd"', '" a"')).toEqual([1]);
    expect(text(normalised, '" \ufffd"')).toBe(text(normalised, '" a"'));
  });
});
