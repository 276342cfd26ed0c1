import { expect, test } from "vitest";
import { Filler } from "../../src/replay/fill.ts";
import { prepareRequest, requestFor } from "../../src/replay/request.ts";
import { storedRequest } from "./recordings.ts";

const filler = new Filler([]);
const prepare = (changes: Parameters<typeof storedRequest>[0], isUnsafeSent = false) =>
  prepareRequest(storedRequest(changes), { filler, isUnsafeSent });

const KEEP = {
  setHeaders: [],
  removeHeaders: [],
  credentials: "keep",
  hostHeader: "preserve",
  pathRewrite: undefined,
} as const;

test("leaves writes alone unless they are asked for", () => {
  expect(prepare({ method: "POST" })).toMatchObject({ kind: "skipped", reason: "unsafe-method" });
  expect(prepare({ method: "POST" }, true)).toMatchObject({ kind: "ready" });
});

test.each([
  [{ isBodyCut: true }, "body-cut"],
  [{ target: "/a b" }, "not-sendable"],
  [{ target: "/a\r\nx: y" }, "not-sendable"],
  [{ target: "*" }, "not-sendable"],
  [{ method: "OPTIONS", headers: [["x", "a\r\ny: b"]] as const }, "not-sendable"],
  [{ headers: [["x y", "a"]] as const }, "not-sendable"],
  [
    {
      headers: [
        ["host", "a"],
        ["Host", "b"],
      ] as const,
    },
    "not-sendable",
  ],
])("does not send %j", (changes, reason) => {
  expect(prepare(changes)).toMatchObject({ kind: "skipped", reason });
});

test("sends to no other host than the one it was told, whatever the target says", () => {
  expect(prepare({ target: "http://evil.example/x?y" })).toMatchObject({ request: { target: "/x?y" } });
  expect(prepare({ target: "http://evil.example" })).toMatchObject({ request: { target: "/" } });
});

test("sends no hop-by-hop headers, no framing and nothing of the first journey", () => {
  const headers = [
    "connection",
    "content-length",
    "transfer-encoding",
    "te",
    "upgrade",
    "via",
    "traceparent",
  ].map((name) => [name, "1"] as const);
  expect(prepare({ headers: [...headers, ["content-encoding", "gzip"], ["Accept", "a"]] })).toMatchObject({
    request: { headers: [["accept", "a"]] },
  });
});

test("gives each service its own Host, credentials and path", () => {
  const request = {
    method: "GET",
    target: "/v1/items",
    headers: [
      ["host", "shop.example"],
      ["authorization", "x"],
      ["x-old", "1"],
    ] as const,
    body: Buffer.alloc(0),
  };
  expect(requestFor(request, KEEP).headers).toEqual([...request.headers, ["x-parallax-role", "replay"]]);
  const candidate = requestFor(request, {
    setHeaders: [["x-new", "2"]],
    removeHeaders: ["x-old"],
    credentials: "strip",
    hostHeader: "candidate:81",
    pathRewrite: { from: "/v1", to: "/v2" },
  });
  expect(candidate.target).toBe("/v2/items");
  expect(candidate.headers).toEqual([
    ["host", "candidate:81"],
    ["x-new", "2"],
    ["x-parallax-role", "replay"],
  ]);
});
