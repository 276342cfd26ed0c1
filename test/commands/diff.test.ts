import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { type DiffOptions, runDiff } from "../../src/commands/diff.ts";

const folder = mkdtempSync(join(tmpdir(), "parallax-diff-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function fileWith(text: string): string {
  const name = join(folder, `${files++}.txt`);
  writeFileSync(name, text);
  return name;
}

async function run(
  legacy: string,
  candidate: string,
  more: Partial<DiffOptions> = {},
): Promise<{ readonly code: number; readonly text: string }> {
  let text = "";
  const write = (part: string): void => {
    text += part;
  };
  const code = await runDiff({
    legacy: fileWith(legacy),
    candidate: fileWith(candidate),
    isJson: true,
    write,
    ...more,
  });
  return { code, text };
}

test("a match is 0, a mismatch 1, an incomparable 3", async () => {
  expect(await run("[1e2]", "[100]")).toEqual({
    code: 0,
    text: '{"verdict":"match","differences":[],"rules":[]}\n',
  });
  expect((await run("1", "2")).code).toBe(1);
  const events = await run("a", "b", { contentType: "text/event-stream" });
  expect(events.code).toBe(3);
  expect(JSON.parse(events.text)).toMatchObject({ verdict: "incomparable", reason: "not-compared" });
});

test("a mismatch has differences, the patch and the rules, with all digits", async () => {
  const rulesFile = fileWith(
    "- kind: ignore\n  path: /t\n  expires: 2030-01-01\n- {kind: ignore, header: etag}\n",
  );
  const { code, text } = await run('{"t":1,"a":[1.10]}', '{"t":2,"a":[9007199254740993]}', { rulesFile });
  expect(code).toBe(1);
  expect(text).toContain('"value":9007199254740993}');
  expect(JSON.parse(text)).toMatchObject({
    verdict: "mismatch",
    differences: [{ path: "/a/0", kind: "changed", legacy: "1.10", candidate: "9007199254740993" }],
    rules: [
      { index: 0, hits: 1 },
      { index: 1, hits: 0 },
    ],
  });
});

test("a truncated body is unparseable although no type is given", async () => {
  const { code, text } = await run("{}", "{");
  expect(code).toBe(1);
  expect(JSON.parse(text)).toMatchObject({ differences: [{ path: "", kind: "unparseable" }] });
});

test("for people, one heading a difference", async () => {
  const { text } = await run('{"a":1}', '{"b":2}', { isJson: false });
  expect(text.split("\n").filter((line) => line.startsWith("──"))).toEqual([
    "── /a  removed",
    "── /b  added",
  ]);
});

test("for people, what each rule hid; one that hid nothing is told, too", async () => {
  const rulesFile = fileWith("- {kind: coerce, path: /a}\n- {kind: rename, from: /b, to: /c}\n");
  const { code, text } = await run('{"a":1}', '{"a":"1"}', { isJson: false, rulesFile });
  expect(code).toBe(0);
  expect(text.trimEnd().split("\n")).toEqual([
    "match (values)",
    "── rules, and how often each hid something",
    "      1× coerce /a",
    "      0× rename /b → /c",
  ]);
});

test("for people, a body that is not JSON comes with what reads it otherwise, where no type was given", async () => {
  const hint = "--content-type text/plain";
  expect((await run("a", "b", { isJson: false })).text).toContain(hint);
  expect((await run("a", "b", { isJson: false, contentType: "application/json" })).text).not.toContain(hint);
  expect((await run("1", "2", { isJson: false })).text).not.toContain(hint);
});

test("- is standard input, once", async () => {
  const stdin = Readable.from([Buffer.from("[1]")]);
  expect((await run("[1]", "", { candidate: "-", stdin })).code).toBe(0);
  await expect(run("", "", { legacy: "-", candidate: "-" })).rejects.toMatchObject({ exitCode: 2 });
});

test.each([
  ["kind: ignore", 'a list of rules, as it stands below "rules:" in a config'],
  ["- 1", "[0]: found 1; allowed: a rule: a mapping with a kind"],
  ["- kind: other\n  path: /a", '[0].kind: found "other"; allowed: one of ignore, shape'],
  ["- {kind: ignore, path: /a, header: b}", "either path or header"],
  ["- {kind: ignore, path: a}", "a JSON pointer"],
  ["- {kind: ignore, pth: /a}", "[0].pth: found an unknown key"],
  ["- {kind: ignore, path: 1}", "a JSON pointer"],
  ["- {kind: ignore, path: /a, path: /b}", "each key once"],
  ["- {kind: custom, module: ./gone.js}", "is no file"],
  ["- [", "valid YAML"],
])("rules that are none are a usage error: %s", async (text, message) => {
  await expect(run("1", "1", { rulesFile: fileWith(text) })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(message),
  });
});

test("every problem of the rules is told at once", async () => {
  const rulesFile = fileWith("- {kind: ignore, path: a}\n- {kind: nope}\n");
  await expect(run("1", "1", { rulesFile })).rejects.toMatchObject({
    message: expect.stringMatching(/rules\[0\]\.path: .*; rules\[1\]\.kind: /),
  });
});

test("the object has the keys that are promised, a class on each difference", async () => {
  const { text } = await run('{"a":1}', '{"a":1.0e1,"b":2}', {
    rulesFile: fileWith('[{"kind":"trim","path":"/x"}]'),
  });
  const object = JSON.parse(text);
  expect(Object.keys(object)).toEqual(["verdict", "differences", "rules", "patch"]);
  expect(object.differences).toMatchObject([
    { path: "/a", kind: "changed", legacy: "1", candidate: "1.0e1", class: "breaking" },
    { path: "/b", kind: "added", candidate: "2" },
  ]);
  expect(["additive", "breaking"]).toContain(object.differences[1].class);
});

test("a file that is not there is a usage error with its name", async () => {
  await expect(run("1", "1", { legacy: "/nowhere/x" })).rejects.toMatchObject({
    exitCode: 2,
    message: "cannot read /nowhere/x: ENOENT",
  });
});

function moduleWith(text: string): string {
  const name = join(folder, `${files++}.mjs`);
  writeFileSync(name, text);
  return name;
}

test("custom rules are asked, and one that fails is 3", async () => {
  const isClose = moduleWith("export default (a, b) => Math.round(a) === Math.round(b);");
  const close = fileWith(`- {kind: custom, module: ${isClose}, path: /a}`);
  expect(JSON.parse((await run('{"a":1.1}', '{"a":1.2}', { rulesFile: close })).text)).toEqual({
    verdict: "match",
    differences: [],
    rules: [{ index: 0, hits: 1 }],
  });
  expect((await run('{"a":1.1}', '{"a":2}', { rulesFile: close })).code).toBe(1);
  const throws = fileWith(`- {kind: custom, module: ${moduleWith("export default () => { throw 1; };")}}`);
  const failed = await run('{"a":1.1}', '{"a":2}', { rulesFile: throws });
  expect(failed.code).toBe(3);
  expect(JSON.parse(failed.text)).toMatchObject({ verdict: "incomparable", reason: "rule-failed" });
});

test("a custom rule's module that cannot be loaded is a problem of the rules", async () => {
  const rulesFile = fileWith(`- {kind: custom, module: ${moduleWith("export const one = 1;")}}`);
  await expect(run("1", "2", { rulesFile })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining("no function as default export"),
  });
});

test("a patch is whole however long it is", async () => {
  const long = JSON.stringify("x".repeat(300_000));
  const { text } = await run("[1]", `[${long}]`);
  expect(JSON.parse(text)).toMatchObject({ patch: [{ op: "replace", path: "/0", value: JSON.parse(long) }] });
});
