// What the rows of two bodies show: nothing of a body is lost or rounded, and each difference of the judge is a row
// that is marked, whatever the bodies are.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judge } from "../../../src/diff/judge.ts";
import { compileCompare } from "../../../src/diff/judging.ts";
import type { Exchange, ExchangeDifference } from "../../../src/ui/exchange/exchange.ts";
import { type JsonRow, jsonRows } from "../../../src/ui/exchange/json-rows.ts";
import { type Prepared, prepare, rowsOf } from "../../../src/ui/exchange/prepare.ts";
import {
  AS_FOUND,
  type Folding,
  ROWS_MAX,
  type Rows,
  rowsByDifference,
} from "../../../src/ui/exchange/rows.ts";
import { documents, hasInvalidBytes, mutate, ODD_MUTATION } from "../../diff/reference/documents.ts";
import { spellBody } from "../../diff/reference/spelling.ts";
import { makeAnswer, makeSettings } from "../../diff/support/answers.ts";
import { effort, patience } from "../../diff/support/effort.ts";
import { diceFrom, models, writeModel } from "../../diff/support/model.ts";

const compiled = compileCompare(makeSettings({ differencesMax: 10_000 }));
const ALL_OPEN: Folding = { isAllOpen: true, toggled: new Set() };
const JSON_TYPE = [["content-type", "application/json"]] as const;

interface Bodies {
  readonly legacy: string;
  readonly candidate: string;
  readonly differences?: readonly ExchangeDifference[];
  readonly headers?: readonly (readonly [string, string])[];
  readonly isBodyCut?: boolean;
  readonly isCut?: boolean;
}

function exchangeOf({
  legacy,
  candidate,
  differences = [],
  headers = JSON_TYPE,
  ...facts
}: Bodies): Exchange {
  const answer = (body: string) => ({
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    body,
    bodyEncoding: "utf8" as const,
    bodyBytes: body.length,
    isBodyCut: facts.isBodyCut ?? false,
    status: 200,
    latencyMs: 1,
  });
  return {
    id: "1",
    atMs: 0,
    route: "default",
    endpoint: "GET /",
    request: { ...answer(""), method: "GET", target: "/" },
    legacy: answer(legacy),
    candidate: answer(candidate),
    verdict: differences.length > 0 ? "mismatch" : "match",
    differences: [...differences],
    isCut: facts.isCut ?? false,
    signatureIds: [],
    curl: "",
  };
}

function prepared(bodies: Bodies): Prepared {
  const steps = prepare(exchangeOf(bodies));
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

function rowsFor(bodies: Bodies, folding: Folding = AS_FOUND): Rows {
  return rowsOf(prepared(bodies), folding);
}

function treeFor(bodies: Bodies): Rows<JsonRow> {
  const found = prepared(bodies);
  if (found.kind !== "json") throw new Error(`no tree: ${bodies.legacy} | ${bodies.candidate}`);
  return jsonRows(found.bodies, found.located, ALL_OPEN);
}

/** `~ 1 | 2`, a row each, without what is folded. */
function shown(bodies: Bodies, folding: Folding = AS_FOUND): readonly string[] {
  const rows = rowsFor(bodies, folding);
  return rows.rows.map((row) => {
    const side = (name: "legacy" | "candidate") => {
      const cell = rows.cell(row, name);
      return cell === undefined ? "" : cell.label === "" ? cell.text : `${cell.label}: ${cell.text}`;
    };
    const text = row.note ?? `${side("legacy")} | ${side("candidate")}`;
    return `${row.mark}${"  ".repeat(row.depth)} ${text}`;
  });
}

function differencesOf(legacy: Uint8Array, candidate: Uint8Array): readonly ExchangeDifference[] {
  const { verdict } = judge(makeAnswer(legacy), makeAnswer(candidate), compiled);
  return verdict.kind === "mismatch" ? verdict.differences : [];
}

const changed = (path: string, legacy: string, candidate: string): ExchangeDifference => ({
  part: "body",
  path,
  kind: "changed",
  legacy,
  candidate,
});

/** The text of one side, put together from its rows. */
function joined(rows: Rows<JsonRow>, side: "legacy" | "candidate"): string {
  let text = "";
  const separators: string[] = [];
  for (const row of rows.rows) {
    const cell = rows.cell(row, side);
    if (cell === undefined) continue;
    if (row.shape === "close") {
      separators.pop();
      text += cell.text;
      continue;
    }
    const label = row.isElement || cell.label === "" ? "" : `${cell.label}:`;
    text += (separators.at(-1) ?? "") + label + cell.text;
    if (separators.length > 0) separators[separators.length - 1] = ",";
    if (row.shape === "open") separators.push("");
  }
  return text;
}

describe("rows of JSON", () => {
  test("have all of what was sent, letter by letter, when all is unfolded", { timeout: patience }, () => {
    fc.assert(
      fc.property(models, fc.integer(), (model, seed) => {
        const text = writeModel(model, diceFrom(seed));
        const rows = treeFor({ legacy: text, candidate: text });
        const compact = text.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (token) =>
          token.startsWith('"') ? token : "",
        );
        expect(joined(rows, "legacy")).toBe(compact);
        expect(joined(rows, "candidate")).toBe(compact);
        expect(rows.rows.every(({ mark }) => mark === "=")).toBe(true);
      }),
      effort(500),
    );
  });

  test("mark each difference that the judge finds", { timeout: patience }, () => {
    fc.assert(
      fc.property(documents, fc.integer(), (document, seed) => {
        const dice = diceFrom(seed);
        const legacy = spellBody(document, dice);
        let after = document;
        for (let changes = Math.floor(dice() * 4); changes > 0; changes--)
          after = mutate(after, ODD_MUTATION, dice);
        const candidate = spellBody(after, dice);
        // What is not UTF-8 is stored in base64, and is no tree.
        fc.pre(!hasInvalidBytes(document) && !hasInvalidBytes(after));
        const differences = differencesOf(legacy, candidate);
        const rows = rowsFor({ legacy: legacy.toString(), candidate: candidate.toString(), differences });
        const found = rowsByDifference(rows.rows);
        const why = `${legacy} | ${candidate}`;
        for (const [index, { path }] of differences.entries()) {
          const row = rows.rows[found.get(index) ?? -1];
          expect(row, `${path} of ${why}`).toBeDefined();
          expect(row?.mark, `${path} of ${why}`).not.toBe("=");
        }
        for (const row of rows.rows)
          expect(row.mark === "~" && row.differences.length === 0 && row.fold === undefined, why).toBe(false);
      }),
      effort(1000),
    );
  });

  test("keep digits that no double holds", () => {
    const bodies = { legacy: '{"id":9007199254740993}', candidate: '{"id":9007199254740992}' };
    expect(
      shown({ ...bodies, differences: [changed("/id", "9007199254740993", "9007199254740992")] }),
    ).toEqual(["= { | {", '~   "id": 9007199254740993 | "id": 9007199254740992', "= } | }"]);
  });

  test("fold what is equal, and tell apart what is only equal to the judge", () => {
    const legacy = `{${Array.from({ length: 42 }, (_, at) => `"m${at}":1`).join()},"x":1}`;
    const differences = [changed("/x", "1", "2")];
    expect(shown({ legacy, candidate: legacy.replace('"x":1', '"x":2'), differences })).toEqual([
      "= { | {",
      "=   42 equal members",
      '~   "x": 1 | "x": 2',
      "= } | }",
    ]);
    const other = legacy.replace('"x":1', '"x":2').replace('"m7":1', '"m7":1.0');
    expect(shown({ legacy, candidate: other, differences })[1]).toBe(
      "≈   42 equal members, 1 of them written otherwise or hidden by a rule",
    );
  });

  test("say that it is not told what differs where not all is listed", () => {
    const rows = shown({
      legacy: "[1,1]",
      candidate: "[2,2]",
      differences: [changed("/0", "1", "2")],
      isCut: true,
    });
    expect(rows).toEqual(["= [ | [", "~   0: 1 | 0: 2", "?   1: 1 | 1: 2", "= ] | ]"]);
  });

  test("pair elements of which the judge found one put in", () => {
    const legacy = '[{"id":1},{"id":2,"v":1}]';
    const candidate = '[{"id":0},{"id":1},{"id":2,"v":5,"w":1}]';
    const differences = differencesOf(Buffer.from(legacy), Buffer.from(candidate));
    const marks = shown({ legacy, candidate, differences });
    expect(marks).toContain('~     "v": 1 | "v": 5');
    expect(marks).toContain('+      | "w": 1');
  });

  test("pair elements in another order by what they hold", () => {
    const legacy = '[{"id":1,"v":1},{"id":2,"v":2},{"id":3,"v":3}]';
    const candidate = '[{"id":3,"v":3},{"id":2,"v":9},{"id":1,"v":1}]';
    // As a rule pairs them by their id.
    const marks = shown({ legacy, candidate, differences: [changed("/1/v", "2", "9")] });
    expect(marks).toContain('~     "v": 2 | "v": 9');
    expect(marks.filter((row) => row.startsWith("~"))).toHaveLength(1);
  });

  test("of an array that moved show where its elements went", () => {
    const bodies = { legacy: '{"a":[1,2]}', candidate: '{"a":[2,1]}' };
    const differences: ExchangeDifference[] = [
      { part: "body", path: "/a", kind: "moved", legacy: "[1,2]", candidate: "[2,1]" },
    ];
    const rows = shown({ ...bodies, differences });
    expect(rows).toContain("↕     0: 1 | 1: 1");
    expect(rows).toContain("↕     1: 2 | 0: 2");
  });

  test("keep redacted values as they are, and mark them where they differ", () => {
    const bodies = { legacy: '{"token":"[redacted]"}', candidate: '{"token":"[redacted]"}' };
    const differences = [changed("/token", "[redacted]", "[redacted]")];
    expect(shown({ ...bodies, differences })).toContain('~   "token": "[redacted]" | "token": "[redacted]"');
  });
});

describe("hostile bodies", () => {
  test("ten thousand levels are rows, not a stack", () => {
    const body = (leaf: string) => `${"[".repeat(10_000)}${leaf}${"]".repeat(10_000)}`;
    const differences = [changed("/0".repeat(10_000), "1", "2")];
    const rows = rowsFor({ legacy: body("1"), candidate: body("2"), differences });
    expect(rows.rows[rowsByDifference(rows.rows).get(0) ?? -1]?.depth).toBe(10_000);
  });

  test("more rows than are made are said to be more", () => {
    const legacy = `[${"1,".repeat(ROWS_MAX)}1]`;
    expect(rowsFor({ legacy, candidate: legacy }, ALL_OPEN)).toMatchObject({ isLimited: true });
    const less = `[${"1,".repeat(ROWS_MAX - 3)}1]`;
    const rows = rowsFor({ legacy: less, candidate: less }, ALL_OPEN);
    expect(rows.isLimited).toBe(false);
    expect(rows.rows).toHaveLength(ROWS_MAX);
  });

  test("a body that was cut anywhere shows what is there", () => {
    const text = '{"a":[1,-2.5e3,{"b":"x\\u00e9\\n"}],"c":true,"d":null,"e":"end"}';
    for (let length = 1; length <= text.length; length++) {
      const cut = text.slice(0, length);
      const rows = treeFor({ legacy: cut, candidate: cut, isBodyCut: true });
      expect(rows.rows[0]?.shape, cut).toBeDefined();
      expect(
        rows.rows.every(({ mark }) => mark === "="),
        cut,
      ).toBe(true);
    }
  });

  test("what is no JSON is text by lines, never a guess", () => {
    for (const legacy of ["{", "[1,]", '{"a":01}', "nul", '"\\x"', "[1] 2", '{"a" 1}', "\u0001"])
      expect(shown({ legacy, candidate: legacy })).toEqual([`= 1: ${legacy} | 1: ${legacy}`]);
  });

  test("no text makes it throw or hang", { timeout: patience }, () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.boolean(), (legacy, candidate, isBodyCut) => {
        rowsFor({ legacy, candidate, isBodyCut }, ALL_OPEN);
      }),
      effort(300),
    );
  });
});

describe("rows of other forms", () => {
  test("lines are aligned, and marked by the judge's word alone", () => {
    const headers = [["content-type", "text/plain"]] as const;
    const differences: ExchangeDifference[] = [
      { part: "body", path: "/1", kind: "added", candidate: "new" },
      changed("/2", "three", "3"),
    ];
    const bodies = { legacy: "one\ntwo\nthree\n", candidate: "one\nnew\ntwo\n3\n", differences, headers };
    expect(shown(bodies)).toEqual([
      "= 1: one | 1: one",
      "+  | 2: new",
      "= 2: two | 3: two",
      "~ 3: three | 4: 3",
    ]);
  });

  test("records are elements, and a broken one stays as it is", () => {
    const headers = [["content-type", "application/x-ndjson"]] as const;
    const differences = [changed("/1/a", "1", "2")];
    const legacy = '{"a":1}\n{"a":1}\nbroken\n';
    expect(
      shown({ legacy, candidate: legacy.replace('\n{"a":1}', '\n{"a":2}'), differences, headers }),
    ).toEqual([
      "= [ | [",
      "=   0: { 1 member } | 0: { 1 member }",
      "=   1: { | 1: {",
      '~     "a": 1 | "a": 2',
      "=   } | }",
      "=   2: broken | 2: broken",
      "= ] | ]",
    ]);
  });

  test("fields of forms go by name", () => {
    const headers = [["content-type", "application/x-www-form-urlencoded"]] as const;
    const differences = [changed("/a", "1", "2")];
    expect(shown({ legacy: "a=1&b=x+y", candidate: "b=x%20y&a=2", differences, headers })).toEqual([
      "~ a: 1 | a: 2",
      "= b: x y | b: x y",
    ]);
  });
});
