import { describe, expect, test } from "vitest";
import { DETECTORS, type Detector } from "../../src/core/snapshot.ts";
import type { Difference } from "../../src/core/verdict.ts";
import { compileRedaction } from "../../src/diff/redact.ts";
import { RAW_TEXT_BYTES_MAX } from "../../src/diff/text.ts";

const by = (detectors: readonly Detector[] = DETECTORS, pointers: readonly string[] = []) =>
  compileRedaction({ headers: [], pointers, queryParameters: [], detectors });
const all = by();
const bodyAfter = (body: string, contentType = "application/json", redaction = all) =>
  Buffer.from(redaction.body(Buffer.from(body), contentType)).toString();

const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqb2huIn0.dGhlLXNpZ25hdHVyZQ";
/** Put together here, so that no scanner of source text takes them for real ones. */
const KEYS = [
  `sk_live_${"4eC39HqLyjWDarjtT1zdp7dc"}`,
  `AKIA${"IOSFODNN7EXAMPLE"}`,
  `ghp_${"16C7e42F292c6912E7710c838347Ae178B4a"}`,
  `github_pat_${"11ABCDEFG0123456789_abcdefghij"}`,
  `xoxb-${"123456789012-abcdefABCDEF"}`,
  `AIza${"SyA1234567890abcdefghijklmnopqrstuv"}`,
  `glpat-${"abcdefghij0123456789"}`,
  `sk-${"proj-abcdefghij0123456789"}`,
  `SG.${"abcdefghijklmnopqrst.abcdefghijklmnopqrstuvwxyz"}`,
  `npm_${"abcdefghijklmnopqrstuvwxyz0123456789"}`,
  `-----BEGIN RSA ${"PRIVATE KEY"}-----\nMIIEow\n-----END RSA ${"PRIVATE KEY"}-----`,
];

describe("a secret that is known by its looks", () => {
  test.each([
    ["card", "4111111111111111"],
    ["card", "4111 1111 1111 1111"],
    ["card", "4111-1111-1111-1111"],
    ["card", "378282246310005"],
    ["card", "30569309025904"],
    ["card", "4222222222222"],
    ["card", "6304000000000000000"],
    ["email", "alice@example.com"],
    ["email", "ALICE.O'Neil+tag@Mail.Example.CO.UK"],
    ["email", "jörg@müller.example"],
    ["email", "alice%40example.com"],
    ["email", "alice%2540example.com"],
    ["email", "alice&#64;example.com"],
    ["bearer", JWT],
    ["bearer", `${JWT}.a.b`],
    ["bearer", JWT.slice(0, JWT.lastIndexOf("."))],
    ...KEYS.map((key) => ["key", key] as const),
  ] as const)("is replaced by its kind in any text: %s %s", (kind, secret) => {
    const placeholder = `[redacted ${kind}]`;
    expect(all.text(`before ${secret}, after`)).toBe(`before ${placeholder}, after`);
    expect(bodyAfter(secret, "text/plain")).toBe(placeholder);
    expect(JSON.parse(bodyAfter(JSON.stringify({ [secret]: [`${secret}`] })))).toEqual({
      [placeholder]: [placeholder],
    });
    const others = by(DETECTORS.filter((other) => other !== kind));
    expect(others.text(secret)).not.toContain(placeholder);
    expect(by([]).text(secret)).toBe(secret);
  });

  test.each([
    ["https://h.test/pay?n=4111%201111%201111%201111&b=1", "https://h.test/pay?n=[redacted%20card]&b=1"],
    ["https://h.test/pay?n=4111%2D1111%2D1111%2D1111", "https://h.test/pay?n=[redacted%20card]"],
    ["https://h.test/?u=4111%2520111111111111%2522", "https://h.test/?u=[redacted%20card]%22"],
    ["n=4111+1111+1111+1111+%21", "n=[redacted%20card]%20!"],
    [
      "https://h.test/?j=%7B%22n%22:%224111111111111111%22%7D",
      "https://h.test/?j=%7B%22n%22:%22[redacted%20card]%22%7D",
    ],
    [
      "https://h.test/?a=Bearer%2520abcdefghij0123456789&b=%C3%A9",
      "https://h.test/?a=Bearer%20[redacted%20bearer]&b=%C3%A9",
    ],
  ])("is found in a URL within a text: %s", (url, redacted) => {
    expect(all.text(`see <${url}> "there"`)).toBe(`see <${redacted}> "there"`);
    expect(JSON.parse(bodyAfter(JSON.stringify({ url })))).toEqual({ url: redacted });
    expect(all.headers([["x-next", url]])).toEqual([["x-next", redacted]]);
  });

  test("leaves what is around it, and what only looks alike", () => {
    expect(all.text("Authorization: Bearer abcdef0123456789.x")).toBe(
      "Authorization: Bearer [redacted bearer]",
    );
    for (const open of [
      "4111111111111112", // the check digit
      "41111111111111111111", // twenty digits
      "1762000000000", // a time in milliseconds
      "0.4111111111111111",
      "9999999999999995", // no scheme
      "alice@localhost",
      "logo@2x.png",
      "@types/node@26.1.0",
      "bearer of bad news",
      "eyJ.a.b",
      "task-management-service-of-the-year",
      "xoxo-love",
    ])
      expect(all.text(open)).toBe(open);
  });
});

describe("in a JSON body", () => {
  test("escapes hide nothing, in strings and in strings within strings", () => {
    expect(bodyAfter('{"a":"alice\\u0040example.com","b":1.10}')).toBe('{"a":"[redacted email]","b":1.10}');
    expect(bodyAfter('{"a":"\\u0034111111111111111"}')).toBe('{"a":"[redacted card]"}');
    expect(bodyAfter('{"alice\\u0040example.com":1}')).toBe('{"[redacted email]":1}');
    const within = JSON.stringify({ a: '{"m":"\\u0061lice\\u0040example\\u002ecom"}' });
    expect(bodyAfter(within)).not.toMatch(/alice|lice|example/);
    expect(bodyAfter('not json: "alice\\u0040example\\u002ecom"')).toBe('not json: "[redacted email]"');
  });

  test("a bare number is a card only under a name that says so; a string always is", () => {
    expect(bodyAfter('{"id":4111111111111111,"x":"4111111111111111"}')).toBe(
      '{"id":4111111111111111,"x":"[redacted card]"}',
    );
    expect(bodyAfter('{"card":{"number":4111111111111111,"list":[4111111111111111.0]},"n":1}')).toBe(
      '{"card":{"number":"[redacted card]","list":["[redacted card]"]},"n":1}',
    );
    expect(bodyAfter("4111111111111111")).toBe("[redacted card]");
  });

  test("bytes that are not UTF-8 and other charsets hide nothing", () => {
    const bytes = Buffer.concat([
      Buffer.from('{"a":"alice@example.com '),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    expect(Buffer.from(all.body(bytes, "application/json")).toString("latin1")).toBe(
      '{"a":"[redacted email] \xff"}',
    );
    const utf16 = Buffer.from("alice@example.com", "utf16le");
    expect(Buffer.from(all.body(utf16, "text/plain; charset=utf-16le")).toString()).toBe("[redacted email]");
  });

  test("pointers and detectors both hide", () => {
    expect(
      bodyAfter(
        '{"p":"x","m":"a@b.com","deep":{"m":["a@b.com"]}}',
        "application/json",
        by(DETECTORS, ["/p"]),
      ),
    ).toBe('{"p":"[redacted]","m":"[redacted email]","deep":{"m":["[redacted email]"]}}');
  });
});

test("records are searched one by one, forms as servers read them", () => {
  expect(bodyAfter('{"id":4111111111111111}\n{"m":"a\\u0040b.com"}\n', "application/x-ndjson")).toBe(
    '{"id":4111111111111111}\n{"m":"[redacted email]"}\n',
  );
  expect(
    bodyAfter(
      "m=a%40b.com&n=x%20y&c=4111+1111+1111+1111&d=%34111111111111111",
      "application/x-www-form-urlencoded",
    ),
  ).toBe("m=[redacted%20email]&n=x%20y&c=[redacted%20card]&d=[redacted%20card]");
});

test("targets and headers hold none, whatever is percent-encoded", () => {
  expect(all.target("/u/alice%40example.com/x?a%20b=%61lice@example%2Ecom&c=4111%201111%201111%201111")).toBe(
    "/u/[redacted%20email]/x?a%20b=[redacted%20email]&c=[redacted%20card]",
  );
  expect(all.target(`/login?next=%2Fx%3Ftoken%3D${JWT}`)).not.toContain("eyJ");
  expect(
    all.headers([
      ["x-user", "Alice <alice@example.com>"],
      ["x-auth", `Bearer ${JWT}`],
      ["location", "https://h/u/alice%40example.com"],
      ["link", "<mailto:alice@example.com>; rel=author"],
    ]),
  ).toEqual([
    ["x-user", "Alice <[redacted email]>"],
    ["x-auth", "Bearer [redacted bearer]"],
    ["location", "https://h/u/[redacted%20email]"],
    ["link", "<mailto:[redacted email]>; rel=author"],
  ]);
});

describe("a difference", () => {
  const found = (path: string, legacy: string, candidate: string): Difference => ({
    part: "body",
    path,
    kind: "changed",
    legacy,
    candidate,
  });

  test("of two secrets is still one, and shows neither", () => {
    expect(all.difference(found("/m", '"a@b.com"', '"c\\u0040d.com"'))).toEqual(
      found("/m", '"[redacted email]"', '"[redacted email]"'),
    );
    expect(all.difference(found("/card/number", "4111111111111111", "null"))).toEqual(
      found("/card/number", '"[redacted card]"', "null"),
    );
    expect(all.difference(found("/id", "4111111111111111", "null")).legacy).toBe("4111111111111111");
    expect(all.difference(found("", "4111111111111111", "null")).legacy).toBe("[redacted card]");
  });

  test("under a key that is a secret has a path without it", () => {
    const { verdict } = all.judgement(
      {
        verdict: {
          kind: "mismatch",
          differences: [
            { ...found("/by/alice@example.com~1x/0", "1", "2"), erasedPath: "/by/alice@example.com~1x/*" },
          ],
          isCut: false,
        },
        ruleHits: new Map(),
      },
      "json",
    );
    expect(verdict).toMatchObject({
      differences: [{ path: "/by/[redacted email]~1x/0", erasedPath: "/by/[redacted email]~1x/*" }],
    });
  });

  test.each(["alice@exam", "4111 1111 1111 11", "alice.smith"])(
    "cut within %s shows no half of it",
    (half) => {
      const cut = `"${"word ".repeat(RAW_TEXT_BYTES_MAX / 5)}${half}…`;
      const { legacy = "" } = all.difference(found("/m", cut, "1"));
      expect(legacy).toMatch(/^"word word .*…$/);
      for (const part of ["alice", "4111", "smith"]) expect(legacy).not.toContain(part);
    },
  );
});
