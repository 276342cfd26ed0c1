import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BodyAdapter } from "../../src/adapt/adapt-body.ts";
import { STEPS_MAX } from "../../src/adapt/find-places.ts";
import { DEPTH_MAX } from "../../src/adapt/json-tape.ts";
import type { BodyOperation } from "../../src/core/adapters.ts";

const MiB = 1024 * 1024;

const rename = (path: string, to: string): BodyOperation => ({ on: "body", kind: "rename", path, to });
const move = (path: string, to: string): BodyOperation => ({ on: "body", kind: "move", path, to });
const remove = (path: string): BodyOperation => ({ on: "body", kind: "remove", path });
const constant = (path: string, value: string): BodyOperation => ({
  on: "body",
  kind: "constant",
  path,
  value,
});
const fallback = (path: string, value: string): BodyOperation => ({
  on: "body",
  kind: "default",
  path,
  value,
});

function outcomeOf(text: string, operations: readonly BodyOperation[], bytesMax = MiB) {
  return new BodyAdapter(operations, bytesMax).adapt(Buffer.from(text));
}

/** The adapted text; the text itself where nothing changed; what is wrong otherwise. */
function adapted(text: string, ...operations: readonly BodyOperation[]): string {
  const outcome = outcomeOf(text, operations);
  if (outcome.kind === "failed") return `failed: ${outcome.why}`;
  return outcome.kind === "unchanged" ? text : outcome.body.toString();
}

describe("each operation", () => {
  const cases: [string, string, string, ...BodyOperation[]][] = [
    ["renames in place", '{ "a" : 1, "b":2 }', '{ "x" : 1, "b":2 }', rename("/a", "x")],
    ["renames by *", '{"i":[{"a":1},{"b":1}]}', '{"i":[{"x":1},{"b":1}]}', rename("/i/*/a", "x")],
    ["renames by **", '{"a":{"a":[{"a":1}]}}', '{"x":{"x":[{"x":1}]}}', rename("/**/a", "x")],
    ["renames a name with escapes", '{"\\u0061":1}', '{"x":1}', rename("/a", "x")],
    ["writes a name with escapes", '{"a":1}', '{"\\"\\n":1}', rename("/a", '"\n')],
    ["renames each of two equal names", '{"a":1,"a":2}', '{"x":1,"x":2}', rename("/a", "x")],
    ["does not rename elements", '{"i":[1]}', '{"i":[1]}', rename("/i/0", "x")],
    ["moves down, and makes the objects", '{"a":1}', '{"x":{"y":{"b":1}}}', move("/a", "/x/y/b")],
    ["moves up", '{"x":{"a":1,"b":2}}', '{"x":{"b":2},"a":1}', move("/x/a", "/a")],
    ["moves within an object in place", '{"a":1,"b":2}', '{"x":1,"b":2}', move("/a", "/x")],
    [
      "moves by *, each in its element",
      '{"i":[{"a":1},{"a":2}]}',
      '{"i":[{"m":{"a":1}},{"m":{"a":2}}]}',
      move("/i/*/a", "/i/*/m/a"),
    ],
    [
      "moves by * to another place of the same names",
      '{"p":{"k":{"v":1},"l":{"v":2}},"q":{"k":{},"l":{}}}',
      '{"p":{"k":{},"l":{}},"q":{"k":{"v":1},"l":{"v":2}}}',
      move("/p/*/v", "/q/*/v"),
    ],
    ["removes members", '{"a":1,"b":2,"a":3}', '{"b":2}', remove("/a")],
    ["removes the last one", '{ "a":1 }', "{}", remove("/a")],
    ["removes elements", "[1, 2, 3]", "[1, 3]", remove("/1")],
    ["removes the first of lines", '{\n  "a": 1,\n  "b": 2\n}', '{\n  "b": 2\n}', remove("/a")],
    ["removes all by **", '{"a":1,"b":[{"a":2}]}', '{"b":[{}]}', remove("/**/a")],
    ["gives a default", '{"a":1}', '{"a":1,"b":[null]}', fallback("/b", "[null]")],
    ["gives none where there is one, null too", '{"b":null}', '{"b":null}', fallback("/b", "1")],
    ["gives a default by *", '{"i":[{},{"b":1},2]}', '{"i":[{"b":0},{"b":1},2]}', fallback("/i/*/b", "0")],
    ["makes no object for a default", '{"a":1}', '{"a":1}', fallback("/x/b", "1")],
    [
      "puts in lines what is put to lines",
      '{\n  "a": 1\n}',
      '{\n  "a": 1,\n  "b": 2\n}',
      fallback("/b", "2"),
    ],
    ["puts into an empty object", "{ }", '{"b":1 }', fallback("/b", "1")],
    ["sets a constant in place", '{"a":{"b":[1]},"c":1}', '{"a":7,"c":1}', constant("/a", "7")],
    ["sets a constant that is not there", '{"c":1}', '{"c":1,"a":7}', constant("/a", "7")],
    ["sets each element", "[1,[2],{}]", "[0,0,0]", constant("/*", "0")],
    [
      "sets an element, and adds none",
      '{"i":[1,2]}',
      '{"i":[1,0]}',
      constant("/i/1", "0"),
      constant("/i/2", "0"),
    ],
    ["sees what those before it left", '{"a":1}', '{"b":1}', rename("/a", "b"), fallback("/b", "2")],
    ["works on what was put there", "{}", '{"a":{"y":1}}', constant("/a", '{"x":1}'), rename("/a/x", "y")],
    ["works on what was moved", '{"a":{"x":1}}', '{"b":{"y":1}}', move("/a", "/b"), rename("/b/x", "y")],
    ["leaves scalars alone", "12", "12", rename("/a", "b"), fallback("/a", "1"), remove("/**/x")],
  ];
  test.each(cases)("%s", (_name, ...[text, expected, ...operations]) => {
    expect(adapted(text, ...operations)).toBe(expected);
  });
});

describe("what it does not touch", () => {
  const UNTOUCHED =
    '\ufeff { "big" : 9007199254740993 ,"exp":1e400,\t"one":1.0, "e":"\\u00e9\\/", "d":1,"d":2, "z":[ ] }\n';

  test("stays byte for byte", () => {
    const text = UNTOUCHED.replace("{", '{"a":1,');
    expect(adapted(text, rename("/a", "x"))).toBe(text.replace('"a"', '"x"'));
    expect(adapted(UNTOUCHED, rename("/nowhere", "x"))).toBe(UNTOUCHED);
  });

  test("stays as it is where it is no UTF-8", () => {
    const body = Buffer.from([...Buffer.from('{"a":"'), 0xff, 0xfe, ...Buffer.from('","b":1}')]);
    const outcome = new BodyAdapter([rename("/b", "c")], MiB).adapt(body);
    expect(outcome).toEqual({
      kind: "adapted",
      body: Buffer.from([...Buffer.from('{"a":"'), 0xff, 0xfe, ...Buffer.from('","c":1}')]),
    });
  });
});

describe("what it refuses", () => {
  test.each<[string, string, RegExp, ...BodyOperation[]]>([
    ["a rename over a member", '{"a":1,"b":2}', /"b" already/, rename("/a", "b")],
    ["a move over a member", '{"a":1,"x":{"b":2}}', /"b" already/, move("/a", "/x/b")],
    ["a move of two into one", '{"a":1,"a":2}', /"b" already/, move("/a", "/b")],
    ["a move into what is no object", '{"a":1,"x":null}', /no object/, move("/a", "/x/b")],
    ["a move into an array", '{"a":1,"x":[]}', /array/, move("/a", "/x/b")],
    ["a move to one of two places", '{"a":1,"x":{},"x":{}}', /more than one/, move("/a", "/x/b")],
    ["half of a text", '{"a":1', /no JSON/, rename("/a", "b")],
    ["nothing", "", /no JSON/, rename("/a", "b")],
  ])("%s", (_name, text, why, ...operations) => {
    expect(outcomeOf(text, operations)).toEqual({ kind: "failed", why: expect.stringMatching(why) });
  });

  test("a body of one byte more than the limit, as it comes and as it goes", () => {
    const text = '{"a":1}';
    const same = [rename("/a", "b")];
    for (const bytesMax of [text.length, text.length + 1])
      expect(outcomeOf(text, same, bytesMax).kind).toBe("adapted");
    expect(outcomeOf(text, same, text.length - 1).kind).toBe("failed");
    const longer = [rename("/a", "bc")];
    expect(outcomeOf(text, longer, text.length).kind).toBe("failed");
    expect(outcomeOf(text, longer, text.length + 1).kind).toBe("adapted");
  });

  test("one level too deep, and not one less; no depth is a depth of the stack", () => {
    const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    expect(outcomeOf(nested(DEPTH_MAX), [remove("/**/a")]).kind).toBe("unchanged");
    expect(outcomeOf(nested(DEPTH_MAX + 1), [remove("/**/a")]).kind).toBe("failed");
    const objects = `${'{"a":'.repeat(DEPTH_MAX)}1${"}".repeat(DEPTH_MAX)}`;
    const renamed = outcomeOf(objects, [rename("/**/a", "b")]);
    expect(renamed.kind === "adapted" && renamed.body.toString()).toBe(objects.replaceAll('"a"', '"b"'));
  });

  test("more steps than it may take", () => {
    const elements = (count: number) => `[${"1,".repeat(count - 1)}1]`;
    expect(outcomeOf(elements(STEPS_MAX), [remove("/x")]).kind).toBe("unchanged");
    expect(outcomeOf(elements(STEPS_MAX + 1), [remove("/x")])).toMatchObject({
      kind: "failed",
      why: expect.stringMatching(/steps/),
    });
    // Duplicates: what is quadratic ends early.
    const twice = `{${'"a":1,'.repeat(1000)}"a":1}`;
    expect(outcomeOf(twice, [move("/a", "/b/c")]).kind).toBe("failed");
  });
});

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const NAMES = ["a", "b", "c", "d"];
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Json>(null, true, 0, -1.5, "", "é\n"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 4 }),
  ),
})).value;
const spaced = fc
  .tuple(json, fc.constantFrom(0, 1, 2, "\t"))
  .map(([value, space]) => JSON.stringify(value, null, space));

describe("round trips", () => {
  test("a rename and its inverse give the same bytes", () => {
    fc.assert(
      fc.property(spaced, fc.constantFrom("/a", "/*/b", "/**/c", "/a/**/d"), (text, path) => {
        const name = path.slice(-1);
        const there = adapted(text, rename(path, "old"));
        const back = path.replace(/.$/, "old");
        // What is renamed may lie on the way to others: the way back goes by what they are called then.
        expect(adapted(there, rename(back, name))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test("a default and its removal give the same bytes, where the member was nowhere", () => {
    fc.assert(
      fc.property(spaced, fc.constantFrom("/new", "/*/new", "/**/new"), (text, path) => {
        const there = adapted(text, fallback(path, '{"x":[1]}'));
        const back = adapted(there, remove(path));
        expect(JSON.parse(back)).toEqual(JSON.parse(text));
        if (!/\{\s+\}/.test(text)) expect(back).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test("a move and its inverse give the same value", () => {
    fc.assert(
      fc.property(spaced, (text) => {
        const there = adapted(text, move("/*/a", "/*/inner/deep/a"));
        if (there.startsWith("failed")) return;
        const back = adapted(there, move("/*/inner/deep/a", "/*/a"), remove("/*/inner"));
        expect(JSON.parse(back)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });
});

describe("beside a plain reference on parsed values", () => {
  const isObject = (value: Json): value is { [name: string]: Json } =>
    typeof value === "object" && value !== null && !Array.isArray(value);

  /** Recursive and without any bound, as one would write it first. */
  function reference(value: Json, tokens: readonly string[], at: (parent: Json, name: string) => void): void {
    const [first, ...rest] = tokens;
    if (first === undefined || typeof value !== "object" || value === null) return;
    if (first === "**") {
      reference(value, rest, at);
      for (const child of Object.values(value)) reference(child, tokens, at);
    } else if (rest.length === 0) {
      if (first === "*") for (const name of Object.keys(value)) at(value, name);
      else at(value, first);
    } else
      for (const [name, child] of Object.entries(value))
        if (first === "*" || first === name) reference(child, rest, at);
  }

  const paths = ["/a", "/*/b", "/a/b", "/**/c", "/a/**/b", "/*/*/d", "/**/a/b"];

  test.each([
    [
      "remove",
      (path: string) => remove(path),
      (parent: Json, name: string) => {
        if (isObject(parent)) delete parent[name];
      },
    ],
    [
      "default",
      (path: string) => fallback(path, '["x"]'),
      (parent: Json, name: string) => {
        if (isObject(parent) && !Object.hasOwn(parent, name)) parent[name] = ["x"];
      },
    ],
    [
      "rename",
      (path: string) => rename(path, "new"),
      (parent: Json, name: string) => {
        if (!isObject(parent) || !Object.hasOwn(parent, name)) return;
        parent["new"] = parent[name] as Json;
        delete parent[name];
      },
    ],
  ])("%s says the same", (_kind, operation, at) => {
    fc.assert(
      fc.property(json, fc.constantFrom(...paths), (value, path) => {
        const expected = structuredClone(value);
        const places: (readonly [Json, string])[] = [];
        reference(expected, path.split("/").slice(1), (parent, name) => places.push([parent, name]));
        for (const [parent, name] of places) at(parent, name);
        expect(JSON.parse(adapted(JSON.stringify(value), operation(path)))).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });
});
