import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { KpiReader } from "../../src/control/kpi-reader.ts";
import type { KpiSettings } from "../../src/core/gate-settings.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function webhook(url: string, given: Partial<KpiSettings> = {}): KpiSettings {
  return {
    name: "orders",
    source: { kind: "webhook", url },
    token: undefined,
    min: 1,
    max: undefined,
    timeoutMs: 5000,
    ...given,
  };
}

const read = (settings: KpiSettings, signal?: AbortSignal) => new KpiReader().read(settings, signal);

test("reads a webhook's number, with the token", async () => {
  let authorization: string | undefined;
  const url = await serve((request, response) => {
    authorization = request.headers.authorization;
    response.end('{"value": 1.5}');
  });
  expect(await read(webhook(url, { token: "t0ken" }))).toEqual({
    kind: "value",
    name: "orders",
    min: 1,
    max: undefined,
    value: 1.5,
  });
  expect(authorization).toBe("Bearer t0ken");
});

test("asks Prometheus with an instant query below the path of its address", async () => {
  let target = "";
  const url = await serve((request, response) => {
    target = request.url ?? "";
    response.end(
      JSON.stringify({
        status: "success",
        data: { resultType: "vector", result: [{ metric: {}, value: [1, "0.25"] }] },
      }),
    );
  });
  const source = { kind: "prometheus", url: `${url}/prom/`, query: 'sum(rate(x{a="b"}[5m]))' } as const;
  expect(await read(webhook("", { source }))).toMatchObject({ kind: "value", value: 0.25 });
  const asked = new URL(target, url);
  expect(asked.pathname).toBe("/prom/api/v1/query");
  expect(asked.searchParams.get("query")).toBe('sum(rate(x{a="b"}[5m]))');
});

test.for([
  ["no data", { resultType: "vector", result: [] }, "the query found no data"],
  [
    "two series",
    { resultType: "vector", result: [{ value: [1, "1"] }, { value: [1, "2"] }] },
    "the query found 2 series, not one",
  ],
  [
    "NaN",
    { resultType: "vector", result: [{ value: [1, "NaN"] }] },
    "no finite number where the value should be",
  ],
  ["an empty text", { resultType: "scalar", result: [1, ""] }, "no finite number where the value should be"],
  ["a matrix", { resultType: "matrix", result: [] }, "the query answers no instant value"],
])("is unhealthy when Prometheus has %s", async ([, data, why]) => {
  const url = await serve((_, response) => {
    response.end(JSON.stringify({ status: "success", data }));
  });
  const source = { kind: "prometheus", url, query: "x" } as const;
  expect(await read(webhook("", { source }))).toMatchObject({ kind: "unhealthy", why });
});

test.for([
  ["{}", "nothing where the value should be"],
  ['{"value": null}', "no finite number where the value should be"],
  ['{"value": 1e999}', "no finite number where the value should be"],
  ["<html>", "the answer is no JSON"],
])("is unhealthy when a webhook answers %s", async ([text, why]) => {
  const url = await serve((_, response) => {
    response.end(text);
  });
  expect(await read(webhook(url))).toMatchObject({ kind: "unhealthy", why });
});

test("follows no redirect, so that the token stays where it was sent", async () => {
  let asked = 0;
  const elsewhere = await serve((_, response) => {
    asked++;
    response.end('{"value": 1}');
  });
  const url = await serve((_, response) => {
    response.writeHead(302, { location: elsewhere }).end("moved");
  });
  expect(await read(webhook(url, { token: "t0ken" }))).toMatchObject({
    kind: "unhealthy",
    why: "it answered 302, and redirects are not followed",
  });
  expect(asked).toBe(0);
});

test("does not read an answer that never ends", async () => {
  const url = await serve((_, response) => {
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(8192)));
    };
    response.on("drain", more);
    more();
  });
  expect(await read(webhook(url))).toMatchObject({
    kind: "unhealthy",
    why: "its answer is over 65536 bytes",
  });
});

test("gives up at the timeout, before an answer and within one", async () => {
  const silent = await serve(() => undefined);
  const begun = await serve((_, response) => {
    response.write("{");
  });
  for (const url of [silent, begun])
    expect(await read(webhook(url, { timeoutMs: 50 }))).toMatchObject({
      kind: "unhealthy",
      why: "no answer within 50 ms",
    });
});

test("is unhealthy when nothing listens, when it breaks off, and when it is told to stop", async () => {
  const gone = await serve(() => undefined);
  servers.at(-1)?.close();
  expect(await read(webhook(gone))).toMatchObject({ kind: "unhealthy", why: "ECONNREFUSED" });
  const broken = await serve((request) => request.socket.destroy());
  expect(await read(webhook(broken))).toMatchObject({ kind: "unhealthy", why: "UND_ERR_SOCKET" });
  const stop = new AbortController();
  const url = await serve(() => stop.abort());
  expect(await read(webhook(url), stop.signal)).toMatchObject({ kind: "unhealthy", why: expect.any(String) });
});

test("shows nothing of the token, even one that no header can hold", async () => {
  const url = await serve((_, response) => {
    response.end('{"value": 1}');
  });
  const reading = await read(webhook(url, { token: "se\ncret" }));
  expect(reading.kind).toBe("unhealthy");
  expect(JSON.stringify(reading)).not.toContain("cret");
});
