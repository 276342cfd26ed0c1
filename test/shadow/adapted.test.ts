// What is compared is what an old client would get: the candidate gets the adapted request, its answer is adapted.
import { describe, expect, onTestFinished, test } from "vitest";
import type { AdapterSettings } from "../../src/core/adapters.ts";
import { startHttp } from "../flow/upstreams.ts";
import { recordOf, SLOT, snapshotOf, startShadow } from "./support.ts";

const ADAPTERS: AdapterSettings = {
  request: [
    { on: "body", kind: "rename", path: "/name", to: "fullName" },
    { on: "query", kind: "rename", name: "q", to: "query" },
  ],
  response: [{ on: "body", kind: "rename", path: "/fullName", to: "a" }],
  bodyBytesMax: 1024,
  onFailure: "fail",
  when: [],
};

async function given(answer: string, over: Parameters<typeof recordOf>[1] = {}, requestBody = "") {
  const seen: { readonly url: string | undefined; readonly body: string }[] = [];
  const upstream = await startHttp((incoming, reply) => {
    let body = "";
    incoming.on("data", (part) => {
      body += String(part);
    });
    incoming.on("end", () => {
      seen.push({ url: incoming.url, body });
      reply.writeHead(200, { "content-type": "application/json" });
      reply.end(answer);
    });
  });
  onTestFinished(upstream.stop);
  const snapshot = snapshotOf(
    { legacy: "http://127.0.0.1:1", candidate: upstream.url },
    { stage: "shadow", adapters: ADAPTERS },
  );
  const record = recordOf({ body: '{"a":1}' }, { target: "/things/1?q=x", isAdapted: true, ...over });
  const head = record.requestHead.toString();
  const lines = `content-type: application/json\r\ncontent-length: ${requestBody.length}\r\n\r\n`;
  const { run, counters } = startShadow(snapshot);
  const batch = await run({
    ...record,
    requestHead: requestBody === "" ? record.requestHead : Buffer.from(head.replace(/\r\n$/, lines)),
    requestBody: Buffer.from(requestBody),
  });
  return { seen, endpoint: batch?.endpoints[0], counters };
}

describe("the mirror of an old client's request", () => {
  test("is adapted, and so is the answer before it is judged", async () => {
    const { seen, endpoint } = await given('{"fullName":1}', {}, '{"name":"x"}');
    expect(seen).toEqual([{ url: "/things/1?query=x", body: '{"fullName":"x"}' }]);
    expect(endpoint).toMatchObject({ match: 1, mismatch: 0 });
  });

  test("is not for clients that the adapter is not for", async () => {
    const { seen, endpoint } = await given('{"fullName":1}', { isAdapted: false }, '{"name":"x"}');
    expect(seen).toEqual([{ url: "/things/1?q=x", body: '{"name":"x"}' }]);
    expect(endpoint).toMatchObject({ match: 0, mismatch: 1 });
  });

  test("with an answer that cannot be adapted is a mismatch, as the client would get an error", async () => {
    const { endpoint } = await given('{"fullName":');
    expect(endpoint).toMatchObject({ match: 0, mismatch: 1 });
  });

  test("that cannot be adapted is not sent, and incomparable", async () => {
    const { seen, counters } = await given("{}", {}, '{"name":');
    expect(seen).toEqual([]);
    expect(counters.outcomes(SLOT).incomparable.get("adapter-failed")).toBe(1);
    expect(counters.get("breakerState")).toBe(0);
  });
});
