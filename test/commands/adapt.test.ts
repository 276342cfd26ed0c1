import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { runAdapt } from "../../src/commands/adapt.ts";

const folder = mkdtempSync(join(tmpdir(), "parallax-adapt-"));
afterAll(() => rmSync(folder, { recursive: true }));

const config = join(folder, "parallax.yaml");
writeFileSync(
  config,
  JSON.stringify({
    upstreams: { legacy: { url: "http://127.0.0.1:1" }, candidate: { url: "http://127.0.0.1:2" } },
    routes: [
      {
        name: "orders",
        match: { path: "/orders" },
        adapters: {
          request: [{ kind: "rename", path: "/customer", to: "customerId" }],
          response: [{ kind: "rename", path: "/customerId", to: "customer" }],
        },
      },
      { name: "plain", match: { path: "/plain" } },
    ],
  }),
);

async function adapted(body: string, more: { route?: string; direction?: "request" | "response" } = {}) {
  let out = "";
  const code = await runAdapt({
    body: "-",
    config,
    route: "orders",
    direction: "response",
    ...more,
    stdin: Readable.from([body]),
    write: (bytes) => {
      out += Buffer.from(bytes).toString();
    },
    writeError: (text) => {
      out += text;
    },
  });
  return { code, out };
}

test("prints what clients would get, and what the candidate would", async () => {
  expect(await adapted('{"customerId":9007199254740993}')).toEqual({
    code: 0,
    out: '{"customer":9007199254740993}',
  });
  expect(await adapted('{"customer":1}', { direction: "request" })).toEqual({
    code: 0,
    out: '{"customerId":1}',
  });
  expect(await adapted('{ "other": 1 }')).toEqual({ code: 0, out: '{ "other": 1 }' });
});

test("says what cannot be adapted, and which routes have adapters", async () => {
  expect(await adapted("no json")).toEqual({ code: 1, out: "parallax adapt: the body is no JSON text\n" });
  await expect(adapted("{}", { route: "nowhere" })).rejects.toThrow("orders, plain");
  await expect(adapted("{}", { route: "plain" })).rejects.toThrow("has no adapters");
});
