import { describe, expect, test } from "vitest";
import { buildSnapshot, RouteSlots } from "../../src/config/snapshot.ts";
import { read } from "../house/source-tree.ts";
import { loadText, problemLines } from "./config-file.ts";

const UPSTREAMS =
  "upstreams:\n  legacy: { url: http://127.0.0.1:9001 }\n  candidate: { url: http://127.0.0.1:9002 }\n";

const withAdapters = (lines: string, more = "") =>
  `${UPSTREAMS}${more}routes:\n  - name: r\n    match: { path: "/orders/{id}" }\n    adapters:\n${lines
    .split("\n")
    .map((line) => `      ${line}`)
    .join("\n")}\n`;

function problemsOf(lines: string, more = ""): string {
  return problemLines(loadText(withAdapters(lines, more))).join("\n");
}

describe("adapters in the config", () => {
  test("are carried to the threads, with pointers for paths and lower-case headers", () => {
    const loaded = loadText(
      withAdapters(
        [
          "when: [{ header: X-Api-Version, is: '1' }]",
          "request:",
          "  - { kind: rename, path: '$.a[*].b', to: c }",
          "  - { kind: move, from: /x, to: /y/z }",
          "  - { kind: constant, header: X-New, value: '2' }",
          "response:",
          "  - { kind: default, path: /a, value: { b: [1] } }",
          "  - { kind: status, from: 4xx, to: 400 }",
        ].join("\n"),
      ),
    );
    if (!loaded.ok) throw new Error("refused");
    const snapshot = buildSnapshot(loaded.config, {
      epoch: 1,
      instanceId: "i",
      isKilled: false,
      slots: new RouteSlots(),
    });
    expect(snapshot.routes[0]?.adapters).toEqual({
      request: [
        { on: "body", kind: "rename", path: "/a/*/b", to: "c" },
        { on: "body", kind: "move", path: "/x", to: "/y/z" },
        { on: "header", kind: "constant", name: "x-new", value: "2" },
      ],
      response: [
        { on: "body", kind: "default", path: "/a", value: '{"b":[1]}' },
        { on: "status", from: 4, to: 400 },
      ],
      bodyBytesMax: 1024 * 1024,
      onFailure: "fail",
      when: [{ kind: "values", from: { kind: "header", name: "x-api-version" }, values: ["1"] }],
    });
  });

  test.each([
    ["no operation", "request: []", /at least one operation/],
    ["two targets", "request: [{ kind: remove, path: /a, header: x }]", /exactly one of path, header, query/],
    ["no target", "request: [{ kind: remove }]", /exactly one of path, header, query/],
    ["a query parameter of an answer", "response: [{ kind: remove, query: a }]", /no query parameters/],
    ["a status of a request", "request: [{ kind: status, from: 404, to: 410 }]", /one of rename/],
    ["a status that frames", "response: [{ kind: status, from: 200, to: 204 }]", /frame/],
    [
      "a status mapped twice",
      "response: [{ kind: status, from: 404, to: 410 }, { kind: status, from: 404, to: 400 }]",
      /no operation before it maps/,
    ],
    ["a framing header", "response: [{ kind: remove, header: Content-Length }]", /framing/],
    ["Content-Encoding", "response: [{ kind: remove, header: content-encoding }]", /another header/],
    ["a rename to a framing header", "response: [{ kind: rename, header: a, to: Connection }]", /may set/],
    [
      "a line break in a value",
      'response: [{ kind: constant, header: a, value: "x\\r\\nb: 1" }]',
      /header's value/,
    ],
    ["a number for a header", "response: [{ kind: constant, header: a, value: 1 }]", /header's value/],
    ["a rename to itself", "request: [{ kind: rename, path: /x/a, to: a }]", /another name/],
    ["a rename of each member", "request: [{ kind: rename, path: '/x/*', to: a }]", /name of a member/],
    ["a move with ** ", "request: [{ kind: move, from: '/**/a', to: /b }]", /without \*\*/],
    ["a move with fewer *", "request: [{ kind: move, from: '/x/*/a', to: /b }]", /as many \*/],
    ["a move into itself", "request: [{ kind: move, from: /a, to: /a/b }]", /inside/],
    ["a move of the root", "request: [{ kind: move, from: '', to: /a }]", /name of a member/],
    [
      "a condition on what the path has not",
      "request: [{ kind: remove, path: /a }]\nwhen: [{ path: name, is: x }]",
      /\{name\}/,
    ],
    [
      "a condition on a claim without tokens",
      "request: [{ kind: remove, path: /a }]\nwhen: [{ claim: org, is: x }]",
      /rollout.jwt/,
    ],
    ["a bound below its least", "request: [{ kind: remove, path: /a }]\nbodyBytesMax: 1023", /1024/],
  ])("%s is refused", (_name, lines, wanted) => {
    expect(problemsOf(lines)).toMatch(wanted);
  });

  test("a body may not be larger than what a thread may keep", () => {
    const lines = "request: [{ kind: remove, path: /a }]\nbodyBytesMax: 2097152";
    expect(problemsOf(lines, "limits: { captureBytesMax: 2097151 }\n")).toMatch(/limits.captureBytesMax/);
    expect(problemsOf(lines, "limits: { captureBytesMax: 2097152 }\n")).toBe("");
  });
});

describe("docs/adapters.md", () => {
  test("has examples that load", () => {
    const examples = [...read("docs/adapters.md").matchAll(/```yaml\n(.*?)```/gs)].map(
      ([, text = ""]) => text,
    );
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(problemLines(loadText(UPSTREAMS + example))).toEqual([]);
  });
});
