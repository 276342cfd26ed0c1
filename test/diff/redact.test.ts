import { describe, expect, test } from "vitest";
import type { BodyForm } from "../../src/core/media-type.ts";
import type { Rule } from "../../src/core/rule.ts";
import type { RedactSettings } from "../../src/core/snapshot.ts";
import type { Difference, Hidden, Judgement } from "../../src/core/verdict.ts";
import { compileRedaction } from "../../src/diff/redact.ts";

const settings: RedactSettings = {
  headers: ["authorization", "set-cookie"],
  pointers: ["/user/password", "/**/token"],
  queryParameters: ["token", "api key"],
  detectors: [],
};
const redaction = compileRedaction(settings);
const withoutPointers = compileRedaction({ ...settings, pointers: [] });

function bodyAfter(
  body: string,
  contentType: string | undefined = "application/json",
  by = redaction,
): string {
  return Buffer.from(by.body(Buffer.from(body), contentType)).toString();
}

test("configured headers lose their values, others keep them", () => {
  expect(
    redaction.headers([
      ["Authorization", "Bearer x"],
      ["set-cookie", "a=b"],
      ["etag", "1"],
    ]),
  ).toEqual([
    ["Authorization", "[redacted]"],
    ["set-cookie", "[redacted]"],
    ["etag", "1"],
  ]);
});

test("query parameters in the target and in headers that hold one lose their values", () => {
  expect(redaction.target("/a?x=1&token=s3cret&TOKEN=s&t%6Fken=s;token=s&api+key=s&api%20key=s&token")).toBe(
    "/a?x=1&token=[redacted]&TOKEN=[redacted]&t%6Fken=[redacted];token=[redacted]&api+key=[redacted]&api%20key=[redacted]&token",
  );
  expect(redaction.target("/a?token[]=s&Token%5B0%5D[x]=s&token[=s&user[token]=s&tokens[]=1")).toBe(
    "/a?token[]=[redacted]&Token%5B0%5D[x]=[redacted]&token[=[redacted]&user[token]=[redacted]&tokens[]=1",
  );
  expect(redaction.target("/a??token=s&?token[]=s&x?token=1")).toBe(
    "/a??token=[redacted]&?token[]=[redacted]&x?token=1",
  );
  expect(redaction.target("/a?%20token=s&+token+=s&token%00x=s&user.token=s&my+token=1&a.tokens=1")).toBe(
    "/a?%20token=[redacted]&+token+=[redacted]&token%00x=[redacted]&user.token=[redacted]&my+token=1&a.tokens=1",
  );
  expect(redaction.target("https://h.test/cb#token=s&b=1")).toBe("https://h.test/cb#token=[redacted]&b=1");
  expect(redaction.target("/cb?a=1#/in?token=s#token=s")).toBe(
    "/cb?a=1#/in?token=[redacted]#token=[redacted]",
  );
  expect(redaction.target("/token=1")).toBe("/token=1");
  expect(redaction.target("/a?%zz=1&token==s")).toBe("/a?%zz=1&token=[redacted]");
  expect(redaction.headers([["Location", "https://h/cb?token=s&x=1"]])).toEqual([
    ["Location", "https://h/cb?token=[redacted]&x=1"],
  ]);
});

test("JSON values under a pointer are replaced, all other bytes stay", () => {
  expect(
    bodyAfter(
      '\ufeff{ "user" : {"password":"x","n":1.10e2}, "list":[{"t\\u006fken":{"a":[1]}}, 9007199254740993] }',
    ),
  ).toBe(
    '\ufeff{ "user" : {"password":"[redacted]","n":1.10e2}, "list":[{"t\\u006fken":"[redacted]"}, 9007199254740993] }',
  );
});

test("a secret within a secret, and both of two equal keys, are replaced", () => {
  expect(bodyAfter('{"token":{"token":1,"x":2},"y":3}')).toBe('{"token":"[redacted]","y":3}');
  expect(bodyAfter('{"token":"a","token":"b"}')).toBe('{"token":"[redacted]","token":"[redacted]"}');
});

test.each([
  ["broken JSON", '{"token":"s3cret"', "application/json"],
  ["text", "token is s3cret", "text/plain"],
  ["records", '{"token":"s3cret"}\n{"token":"s3cret"}', "application/x-ndjson"],
  ["multipart", '{"token":"s3cret"}', "multipart/form-data; boundary=x"],
  ["too deep a body", `${"[".repeat(20_000)}"s3cret"${"]".repeat(20_000)}`, "application/json"],
])("%s is dropped whole when pointers are configured", (_, body, contentType) => {
  expect(bodyAfter(body, contentType)).toBe("[redacted: not searchable for the configured pointers]");
  expect(bodyAfter(body, contentType, withoutPointers)).toBe(body);
});

test("JSON under another Content-Type is still searched", () => {
  expect(bodyAfter('{"token":"s"}', "text/plain")).toBe('{"token":"[redacted]"}');
  expect(bodyAfter('{"token":"s"}', undefined)).toBe('{"token":"[redacted]"}');
});

test("a form is redacted by parameter names and by pointers", () => {
  const form = "application/x-www-form-urlencoded; charset=utf-8";
  expect(
    bodyAfter("a=1&token=s&user[password]=s&user%5Bpassword%5D=s&user.password=s&user[name]=n", form),
  ).toBe(
    "a=1&token=[redacted]&user[password]=[redacted]&user%5Bpassword%5D=[redacted]&user.password=[redacted]&user[name]=n",
  );
  expect(bodyAfter("a=1&token=s", form, withoutPointers)).toBe("a=1&token=[redacted]");
});

function found(path: string, legacy: string | undefined, candidate: string | undefined): Difference {
  return { part: "body", path, kind: "changed", legacy, candidate };
}

test.each([
  ["at the pointer", found("/user/password", '"a"', '"b"'), ["[redacted]", "[redacted]"]],
  ["below it", found("/a/token/0", "1", undefined), ["[redacted]", undefined]],
  [
    "above it",
    found("/user", '{"password":"a","n":1.0}', "null"),
    ['{"password":"[redacted]","n":1.0}', "null"],
  ],
  [
    "above it in an array",
    found("/list", undefined, '[{"token":"a"}]'),
    [undefined, '[{"token":"[redacted]"}]'],
  ],
  ["above it, in text that was cut", found("/user", '{"password":"a…', "1"), ["[redacted]", "1"]],
  ["above it, in what is not JSON", found("", "token: a", "{}"), ["[redacted]", "{}"]],
])("a difference %s keeps its place and loses the secret", (_, difference, [legacy, candidate]) => {
  expect(redaction.difference(difference)).toEqual({ ...difference, legacy, candidate });
});

test("a difference elsewhere keeps its values", () => {
  const narrow = compileRedaction({ ...settings, pointers: ["/user/password"] });
  const difference = found("/other/password", '"a…', '"b"');
  expect(narrow.difference(difference)).toEqual(difference);
});

test("differences of headers and status", () => {
  const header: Difference = {
    part: "header",
    path: "set-cookie",
    kind: "removed",
    legacy: "a=b",
    candidate: undefined,
  };
  expect(redaction.difference(header)).toEqual({ ...header, legacy: "[redacted]" });
  const location: Difference = { ...header, path: "location", legacy: "/?token=s" };
  expect(redaction.difference(location)).toEqual({ ...location, legacy: "/?token=[redacted]" });
  const status: Difference = { part: "status", path: "", kind: "changed", legacy: "200", candidate: "500" };
  expect(redaction.difference(status)).toEqual(status);
});

test("a form that met JSON shows no parameter that is hidden elsewhere", () => {
  const difference: Difference = { ...found("", "a=1&token=s", "{}"), kind: "unparseable" };
  expect(withoutPointers.difference(difference).legacy).toBe("a=1&token=[redacted]");
});

function placesAfter(
  differences: readonly Difference[],
  pointers: readonly string[],
  form: "json" | "ndjson" | "json-seq" = "json",
) {
  const { verdict } = compileRedaction({ ...settings, pointers }).judgement(
    {
      verdict: { kind: "mismatch", differences, isCut: false },
      ruleHits: new Map(),
    },
    form,
  );
  return verdict.kind === "mismatch" ? verdict.differences : [];
}

test("no path leads into a redacted value: what differs in there is one difference of the value", () => {
  const inside = {
    ...found("/sessions/SECRET/0", "1", undefined),
    kind: "removed",
    erasedPath: "/sessions/SECRET/*",
  };
  const beside = found("/sessions2/x", "1", "2");
  const at = { ...found("/gone", "1", undefined), kind: "removed" } as const;
  expect(
    placesAfter(
      [inside as Difference, found("/sessions/SECRET2", "1", "2"), beside, at],
      ["/sessions", "/gone"],
    ),
  ).toEqual([found("/sessions", "[redacted]", "[redacted]"), beside, at]);
});

test("the erased path is cut with the path", () => {
  const inside = { ...found("/l/3/a~1b/SECRET/1", "1", "2"), erasedPath: "/l/*/a~1b/SECRET/*" };
  expect(placesAfter([inside], ["/l/*/a~1b"])).toEqual([
    { ...found("/l/3/a~1b", "[redacted]", "[redacted]"), erasedPath: "/l/*/a~1b" },
  ]);
  expect(placesAfter([{ ...found("/a/0", "1", "2"), erasedPath: "/a/*" }], ["/a"])).toEqual([
    found("/a", "[redacted]", "[redacted]"),
  ]);
  expect(placesAfter([inside], [""])).toEqual([found("", "[redacted]", "[redacted]")]);
});

test.each(["ndjson", "json-seq"] as const)(
  "a record of %s is a body of its own: no path leads into its secrets",
  (form) => {
    const inside = { ...found("/7/sessions/SECRET/0", "1", "2"), erasedPath: "/*/sessions/SECRET/*" };
    const other = found("/7/session/x", "1", "2");
    expect(placesAfter([inside, other], ["/sessions"], form)).toEqual([
      { ...found("/7/sessions", "[redacted]", "[redacted]"), erasedPath: "/*/sessions" },
      other,
    ]);
    expect(placesAfter([inside], ["/7/sessions"], form)).toMatchObject([{ path: "/7/sessions" }]);
    expect(placesAfter([inside], ["/sessions"])).toEqual([inside]);
  },
);

test.each([
  ["ndjson", "/3/user/password"],
  ["json-seq", "/3/user/password"],
  ["lines", "/3"],
  ["other", ""],
] as const)("what a rule hid in %s is redacted as a difference is", (form, path) => {
  const narrow = compileRedaction({ ...settings, pointers: ["/user/password"] });
  expect(
    hiddenAfter([{ part: "body", path, legacy: '"S3CRET"', candidate: '"s3cret"' }], narrow, form),
  ).toEqual([{ part: "body", path, legacy: "[redacted]", candidate: "[redacted]" }]);
});

test("parameters of a target in any header lose their values", () => {
  expect(
    redaction.headers([
      ["x-original-url", "/a?token=s&b=1"],
      ["x-next-page", "https://h.test/a?b=1&token=s#token=s"],
      ["content-type", "text/plain;charset=utf-8"],
    ]),
  ).toEqual([
    ["x-original-url", "/a?token=[redacted]&b=1"],
    ["x-next-page", "https://h.test/a?b=1&token=[redacted]#token=[redacted]"],
    ["content-type", "text/plain;charset=utf-8"],
  ]);
});

test.each([
  ['"b;1"', "b;1", "\r\n"],
  ["b1", "b1", "\n"],
])("a part of a multipart body loses what it holds by its name: boundary=%s", (written, boundary, line) => {
  const part = (head: string, text: string) =>
    `--${boundary}${line}content-disposition: form-data; ${head}${line}${line}${text}${line}`;
  const body = `${part('name="token"', `se${line}cret`)}${part("name=user[token]", "secret")}${part('filename="token"; name="b"', "open")}--${boundary}--${line}`;
  const type = `multipart/form-data; boundary=${written}`;
  const after = bodyAfter(body, type, withoutPointers);
  expect(after).not.toContain("cret");
  expect(after).toContain("open");
  expect(after.split("[redacted]")).toHaveLength(3);
  expect(bodyAfter(body, "multipart/form-data", withoutPointers)).toBe(body);
});

test("targets in link and refresh lose their secrets, and nothing else", () => {
  const link = '</a?page=2&token=S1>; rel="next", <https://h/b?token=S2;x=1>; rel=prev';
  expect(
    redaction.headers([
      ["Link", link],
      ["refresh", "5; url='/c?token=S3'"],
      ["link", "<bare>; token=S4"],
    ]),
  ).toEqual([
    ["Link", '</a?page=2&token=[redacted]>; rel="next", <https://h/b?token=[redacted];x=1>; rel=prev'],
    ["refresh", "5; url='/c?token=[redacted]'"],
    ["link", "<bare>; token=S4"],
  ]);
});

describe("a place that a rule renames is a secret under both names", () => {
  const rename = (from: string, to: string): Rule => ({ kind: "rename", from, to });
  const isHidden = (pointer: string, rule: Rule, path: string) =>
    compileRedaction({ ...settings, pointers: [pointer] }, [rule]).difference(found(path, '"S"', '"T"'))
      .legacy === "[redacted]";
  test.each([
    ["the new name", "/password", rename("/pw", "/password"), "/pw"],
    ["the old name", "/pw", rename("/pw", "/password"), "/password"],
    ["any name like the new one", "/**/password", rename("/a/*/pw", "/b/*/password"), "/a/3/pw"],
    ["what is around the new name", "/vault", rename("/pw", "/vault/pw"), "/pw"],
    ["something below the new name", "/new/*/pin", rename("/old", "/new"), "/old/3/pin"],
    ["something below an element", "/list/*/token", rename("/old/*", "/list/*"), "/old/0/token"],
    ["all", "", rename("/a", "/b"), "/a"],
  ])("%s is configured", (_, pointer, rule, path) => {
    expect(isHidden(pointer, rule, path)).toBe(true);
  });
  test("and nothing else is", () => {
    expect(isHidden("/new/pin", rename("/old", "/new"), "/old/pins")).toBe(false);
    expect(isHidden("/password", rename("/pw", "/pass"), "/pw")).toBe(false);
    expect(isHidden("/**/pin", rename("/old", "/new"), "/old/open")).toBe(false);
  });
});

test("a pointer that is none is refused at once", () => {
  expect(() => compileRedaction({ ...settings, pointers: ["user"] })).toThrow(/JSON pointer/);
});

/** What is shown of the places that rules hid in a match. */
function hiddenAfter(places: readonly Omit<Hidden, "ruleIndex">[], by = redaction, form: BodyForm = "json") {
  const judgement: Judgement = {
    verdict: { kind: "match", how: "values" },
    ruleHits: new Map([[0, places.length]]),
    hidden: places.map((place) => ({ ruleIndex: 0, ...place })),
  };
  const shown = by.judgement(judgement, form);
  expect(shown.verdict).toBe(judgement.verdict);
  return shown.hidden?.map(({ ruleIndex: _, ...place }) => place);
}

test("what a rule hid is redacted as a difference is: values, what lies in them, and places", () => {
  const at = (path: string, legacy: string, candidate?: string) =>
    ({ part: "body", path, legacy, candidate }) as const;
  const shown = hiddenAfter([
    at("/at", "1", "2"),
    at("/user/password", '"S3CRET"', '"S3CRET2"'),
    at("/user/password/S3CRET/x", "1"),
    at("/user", '{"password":"S3CRET","name":"n"}'),
    at("/list/0/token", '"S3CRET"'),
    { part: "header", path: "set-cookie", legacy: "sid=S3CRET", candidate: undefined },
    { part: "header", path: "location", legacy: "/a?token=S3CRET", candidate: "/b" },
    { part: "status", path: "", legacy: "200", candidate: "204" },
  ]);
  expect(JSON.stringify(shown)).not.toContain("S3CRET");
  expect(shown).toEqual([
    at("/at", "1", "2"),
    at("/user/password", "[redacted]", "[redacted]"),
    at("/user/password", "[redacted]", "[redacted]"),
    at("/user", '{"password":"[redacted]","name":"n"}'),
    at("/list/0/token", "[redacted]"),
    { part: "header", path: "set-cookie", legacy: "[redacted]", candidate: undefined },
    { part: "header", path: "location", legacy: "/a?token=[redacted]", candidate: "/b" },
    { part: "status", path: "", legacy: "200", candidate: "204" },
  ]);
});

test("without pointers headers and whole bodies that are forms are redacted all the same", () => {
  const shown = hiddenAfter(
    [
      { part: "header", path: "authorization", legacy: "S3CRET", candidate: "S3CRET" },
      { part: "body", path: "", legacy: "a=1&token=S3CRET", candidate: "a=2" },
    ],
    withoutPointers,
  );
  expect(shown).toEqual([
    { part: "header", path: "authorization", legacy: "[redacted]", candidate: "[redacted]" },
    { part: "body", path: "", legacy: "a=1&token=[redacted]", candidate: "a=2" },
  ]);
});
