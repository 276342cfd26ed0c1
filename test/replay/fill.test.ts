import { describe, expect, test } from "vitest";
import { type Fill, Filler } from "../../src/replay/fill.ts";
import { mapJsonStrings } from "../../src/replay/json-strings.ts";
import { storedRequest } from "./recordings.ts";

const auth: Fill = { header: "Authorization", env: "REPLAY_AUTH", value: "Bearer s3cret" };

describe("a redacted header", () => {
  const request = storedRequest({
    headers: [
      ["authorization", "[redacted]"],
      ["accept", "*/*"],
    ],
  });

  test("gets the value of its variable", () => {
    expect(new Filler([auth]).fill(request)).toMatchObject({
      kind: "filled",
      headers: [
        ["authorization", "Bearer s3cret"],
        ["accept", "*/*"],
      ],
    });
  });

  test.each([
    [[], "authorization is redacted: set replay.fill"],
    [[{ ...auth, value: undefined }], "authorization is redacted: REPLAY_AUTH is not set"],
  ])("that nothing refills is named, not sent", (fills, why) => {
    expect(new Filler(fills).fill(request)).toEqual({ kind: "missing", why });
  });

  test("is given by --header, or taken away by one without a value", () => {
    expect(new Filler([], [["AUTHORIZATION", "x"]]).fill(request)).toMatchObject({
      headers: [
        ["accept", "*/*"],
        ["authorization", "x"],
      ],
    });
    expect(new Filler([], [["authorization", ""]]).fill(request)).toMatchObject({
      headers: [["accept", "*/*"]],
    });
  });

  test("that tells where the client came from is left out", () => {
    const from = storedRequest({ headers: [["referer", "http://a/?token=[redacted]"]] });
    expect(new Filler([]).fill(from)).toMatchObject({ kind: "filled", headers: [] });
  });
});

describe("a redacted query parameter", () => {
  const request = storedRequest({ target: "/items?a=1&api_key=[redacted]&b=%20" });

  test("gets its value, percent-encoded; the others stay as they are", () => {
    const fills = [{ queryParameter: "API_KEY", env: "K", value: "a&b=c" }];
    expect(new Filler(fills).fill(request)).toMatchObject({ target: "/items?a=1&api_key=a%26b%3Dc&b=%20" });
  });

  test("that nothing refills is named", () => {
    expect(new Filler([]).fill(request)).toEqual({
      kind: "missing",
      why: "api_key is redacted: set replay.fill",
    });
  });

  test("in a path is never sent", () => {
    expect(new Filler([]).fill(storedRequest({ target: "/u/[redacted]" }))).toMatchObject({
      kind: "missing",
    });
  });
});

describe("a redacted place in a body", () => {
  const json = (body: string) => storedRequest({ body, headers: [["content-type", "application/json"]] });

  test("gets its value as JSON; digits and order of the rest stay", () => {
    const fills = [{ pointer: "/**/password", env: "P", value: 'a"b' }];
    const filled = new Filler(fills).fill(
      json('{ "n": 9007199254740993, "users": [{"password":"[redacted]"}], "z":1.50}'),
    );
    expect(filled).toMatchObject({
      body: Buffer.from('{ "n": 9007199254740993, "users": [{"password":"a\\"b"}], "z":1.50}'),
    });
  });

  test("that nothing refills is named by its pointer", () => {
    expect(new Filler([auth]).fill(json('{"a/b":{"pin":"[redacted]"}}'))).toEqual({
      kind: "missing",
      why: "body /a~1b/pin is redacted: set replay.fill",
    });
  });

  test("of a form is refilled by name or by pointer", () => {
    const form = storedRequest({
      body: "user=a&token=[redacted]&pin=[redacted]",
      headers: [["Content-Type", "application/x-www-form-urlencoded"]],
    });
    const fills = [
      { queryParameter: "token", env: "T", value: "t t" },
      { pointer: "/pin", env: "P", value: "1" },
    ];
    expect(new Filler(fills).fill(form)).toMatchObject({ body: Buffer.from("user=a&token=t%20t&pin=1") });
  });

  test("of a body that was dropped whole is missing", () => {
    const dropped = json("[redacted: not searchable for the configured pointers]");
    expect(new Filler([]).fill(dropped)).toMatchObject({ kind: "missing" });
  });

  test("in base64 stays bytes", () => {
    const request = storedRequest({ body: "/w==", bodyEncoding: "base64" });
    expect(new Filler([]).fill(request)).toMatchObject({ body: Buffer.from([0xff]) });
  });
});

test("strings are found by their pointers at any depth", () => {
  const depth = 2000;
  const deep = `${"[".repeat(depth)}"x"${"]".repeat(depth)}`;
  const seen: string[] = [];
  mapJsonStrings(deep, (path) => void seen.push(path));
  expect(seen).toEqual(["/0".repeat(depth)]);
  expect(mapJsonStrings('{"a":["x",{"b":"y"}],"c":"z"}', (path, raw) => `"${path}${raw.length}"`)).toBe(
    '{"a":["/a/03",{"b":"/a/1/b3"}],"c":"/c3"}',
  );
  expect(mapJsonStrings("{", () => "x")).toBeUndefined();
});
