// Old clients of the new service, over real sockets: what the candidate gets, what they get, and what the legacy gets
// where it is the one that answers.
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { startServing, upstreamsAt } from "./serving-side.ts";
import { connectTo, exchange, get, type Received, startUpstream } from "./sockets.ts";

const CLOSE = "Connection: close";
const JSON_TYPE = "Content-Type: application/json";

const json = (body: string, ...lines: string[]): string =>
  `HTTP/1.1 200 OK\r\n${[JSON_TYPE, ...lines, `Content-Length: ${Buffer.byteLength(body)}`].join("\r\n")}\r\n\r\n${body}`;

const ADAPTERS = {
  request: [
    { kind: "rename", path: "/name", to: "fullName" },
    { kind: "constant", header: "x-api-version", value: "2" },
    { kind: "rename", query: "q", to: "query" },
  ],
  response: [
    { kind: "rename", path: "/fullName", to: "name" },
    { kind: "remove", header: "x-new" },
    { kind: "status", from: 410, to: 404 },
  ],
};

async function given(answer: (request: Received) => void, adapters: object = {}, rollout: object = {}) {
  const legacy = await startUpstream(({ peer, body }) =>
    peer.send(json(`{"legacy":${JSON.stringify(body)}}`)),
  );
  const candidate = await startUpstream(answer);
  const side = await startServing(
    {
      upstreams: upstreamsAt(legacy.port, candidate.port),
      rollout,
      routes: [{ name: "r", match: { path: "/**" }, adapters: { ...ADAPTERS, ...adapters } }],
    },
    { stage: "live" },
  );
  return { legacy, candidate, side };
}

const say =
  (text: string) =>
  ({ peer }: Received): void =>
    void peer.send(text);

const post = (body: string, ...lines: string[]): string =>
  `POST /things?q=a&x=1 HTTP/1.1\r\n${["Host: a.example", JSON_TYPE, ...lines, CLOSE].join("\r\n")}\r\n\r\n${body}`;
const sized = (body: string, ...lines: string[]): string =>
  post(body, `Content-Length: ${Buffer.byteLength(body)}`, ...lines);

const bodyOf = (text: string) => text.slice(text.indexOf("\r\n\r\n") + 4);
const headOf = (text: string) => text.slice(0, text.indexOf("\r\n\r\n")).toLowerCase();

describe("an old client of the new service", () => {
  test("gets the old shape for the old request, digits and all", async () => {
    const { candidate, legacy, side } = await given(
      say(json('{"id":9007199254740993, "fullName":"Ann"}', "X-New: 1", 'ETag: "a"', "Content-MD5: x")),
    );
    const answer = await exchange(side.port, sized('{"name":"Ann","n":1e400}'));
    expect(bodyOf(answer)).toBe('{"id":9007199254740993, "name":"Ann"}');
    expect(headOf(answer)).toContain('etag: w/"a"');
    expect(headOf(answer)).toContain("content-length: 37");
    expect(headOf(answer)).not.toMatch(/x-new|content-md5/);
    const [got] = candidate.requests;
    expect(got?.body).toBe('{"fullName":"Ann","n":1e400}');
    expect(got?.head).toMatch(/^POST \/things\?query=a&x=1 HTTP\/1.1\r\n/);
    expect(got?.head.toLowerCase()).toContain("x-api-version: 2");
    expect(got?.head.toLowerCase()).toContain("accept-encoding: identity");
    expect(legacy.requests).toEqual([]);
    expect(side.events()).toEqual({ toCandidate: 1, adapted: 1 });
  });

  test("is captured as the client got it", async () => {
    const { side } = await given(say(json('{"fullName":1}')));
    await exchange(side.port, get("/a", CLOSE));
    const [record] = side.records();
    expect(record?.answerBody.toString()).toBe('{"name":1}');
    expect(record?.answerHead.toString().toLowerCase()).toContain("content-length: 10");
  });

  test("gets chunks as one body with a length, and the next answer on the same connection", async () => {
    const chunked = `HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"ful\r\n9\r\nlName":1}\r\n0\r\nx: y\r\n\r\n`;
    const { side } = await given(say(chunked));
    const peer = await connectTo(side.port);
    for (let turn = 0; turn < 2; turn++) {
      peer.received = "";
      const answer = (await peer.send(get("/a")).receive('{"name":1}')).received;
      expect(headOf(answer)).toContain("content-length: 10");
      expect(headOf(answer)).not.toContain("transfer-encoding");
    }
    peer.socket.destroy();
  });

  test("sends chunks, and the candidate gets a length", async () => {
    const { candidate, side } = await given(say(json("{}")));
    await exchange(side.port, post('6\r\n{"name\r\n4\r\n":1}\r\n0\r\n\r\n', "Transfer-Encoding: chunked"));
    const [got] = candidate.requests;
    expect(got?.body).toBe('{"fullName":1}');
    expect(got?.head.toLowerCase()).toContain("content-length: 14");
    expect(got?.head.toLowerCase()).not.toContain("transfer-encoding");
  });

  test("is told to go on where it waits for that", async () => {
    const { candidate, side } = await given(say(json("{}")));
    const peer = await connectTo(side.port);
    peer.send(post("", "Content-Length: 10", "Expect: 100-continue"));
    await peer.receive("100 Continue\r\n\r\n");
    peer.send('{"name":1}');
    await peer.receive("{}");
    expect(candidate.requests[0]?.body).toBe('{"fullName":1}');
    expect(candidate.requests[0]?.head.toLowerCase()).not.toContain("expect:");
    peer.socket.destroy();
  });

  test("gets another status, and no length of a body that it would not get, to HEAD", async () => {
    const gone = say(`HTTP/1.1 410 Gone\r\n${JSON_TYPE}\r\nContent-Length: 15\r\n\r\n`);
    const { side } = await given(gone);
    const answer = await exchange(side.port, `HEAD /a HTTP/1.1\r\nHost: a\r\n${CLOSE}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 404 \r\n/);
    expect(headOf(answer)).not.toContain("content-length");
  });

  test("gets what is no JSON as it came, streamed", async () => {
    const { side } = await given(
      say("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc"),
    );
    expect(bodyOf(await exchange(side.port, get("/a", CLOSE)))).toBe("abc");
  });

  test("asks for no part of an answer", async () => {
    const { candidate, side } = await given(say(json("{}")));
    await exchange(side.port, get("/a", CLOSE, "Range: bytes=0-1", "Accept-Encoding: gzip"));
    expect(candidate.requests[0]?.head.toLowerCase()).not.toMatch(/range:|gzip/);
  });
});

describe("who is no old client", () => {
  const when = [{ header: "x-old", is: "1" }];

  test("gets and sends what the candidate speaks", async () => {
    const { candidate, side } = await given(say(json('{"fullName":1}')), { when });
    expect(bodyOf(await exchange(side.port, sized('{"name":1}')))).toBe('{"fullName":1}');
    expect(candidate.requests[0]?.body).toBe('{"name":1}');
    expect(side.events()).toEqual({ toCandidate: 1 });
    expect(bodyOf(await exchange(side.port, sized('{"name":1}', "X-Old: 1")))).toBe('{"name":1}');
    expect(candidate.requests[1]?.body).toBe('{"fullName":1}');
  });
});

describe("an answer that cannot be adapted", () => {
  const gzip = gzipSync('{"fullName":1}');
  const cases: readonly (readonly [string, string | Buffer])[] = [
    ["is no JSON text", json('{"fullName":')],
    ["would lose a member", json('{"fullName":1,"name":2}')],
    ["is records", "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: 3\r\n\r\n{}\n"],
    ["is a part", json("{}", "Content-Range: bytes 0-1/9").replace("200 OK", "206 Partial")],
    ["is too large by its length", json(`{"a":"${"x".repeat(1017)}"}`)],
    [
      "is encoded",
      `HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nContent-Encoding: gzip\r\nContent-Length: ${gzip.length}\r\n\r\n${gzip.toString("latin1")}`,
    ],
  ];
  for (const [name, answer] of cases)
    test(`as it ${name}: the legacy answers a safe request, and it counts against the candidate`, async () => {
      const { legacy, side } = await given(say(answer as string), { bodyBytesMax: 1024 });
      expect(bodyOf(await exchange(side.port, get("/a", CLOSE)))).toBe('{"legacy":""}');
      expect(legacy.requests).toHaveLength(1);
      expect(side.events()).toEqual({
        toCandidate: 1,
        adapted: 1,
        adapterFailed: 1,
        candidateFailed: 1,
        rescued: 1,
      });
    });

  test("is a 502 where the legacy may not answer", async () => {
    const { legacy, side } = await given(say(json("nonsense")));
    const answer = await exchange(side.port, sized('{"name":1}'));
    expect(answer).toMatch(/^HTTP\/1.1 502 /);
    expect(JSON.parse(bodyOf(answer))).toMatchObject({ error: "adapter-failed" });
    expect(legacy.requests).toEqual([]);
    expect(side.books()).toEqual({ method: 1 });
  });

  test("goes as it came where the config says so", async () => {
    for (const body of ['{"fullName":', '{"fullName":1,"name":2}']) {
      const { side } = await given(say(json(body)), { onFailure: "pass" });
      const answer = await exchange(side.port, get("/a", CLOSE));
      expect(bodyOf(answer)).toBe(body);
      expect(side.events()).toEqual({ toCandidate: 1, adapted: 1, adapterFailed: 1 });
    }
  });

  test("without a length: one byte more than the bound is too much, and goes as it came where it may", async () => {
    const chunked = (body: string) =>
      `HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const ofLength = (length: number) => `{"fullName":"${"x".repeat(length - 15)}"}`;
    for (const [length, onFailure, expected] of [
      [1023, "fail", "name"],
      [1024, "fail", "name"],
      [1025, "fail", "legacy"],
      [1025, "pass", "fullName"],
    ] as const) {
      const { side } = await given(say(chunked(ofLength(length))), { bodyBytesMax: 1024, onFailure });
      const answer = await exchange(side.port, get("/a", CLOSE));
      expect(answer).toContain(`{"${expected}"`);
    }
  });
});

describe("a request that cannot be adapted", () => {
  test.each([
    ["is no JSON text", "nonsense"],
    ["would lose a member", '{"name":1,"fullName":2}'],
    ["is too large", `{"name":"${"x".repeat(2000)}"}`],
  ])(
    "as it %s: the legacy gets it as it came, once, and the candidate is not to blame",
    async (_name, body) => {
      const { legacy, candidate, side } = await given(say(json("{}")), { bodyBytesMax: 1024 });
      const answer = await exchange(side.port, sized(body));
      expect(JSON.parse(bodyOf(answer))).toEqual({ legacy: body });
      expect(legacy.requests).toHaveLength(1);
      expect(candidate.requests).toEqual([]);
      expect(side.events()).toEqual({ adapted: 1, adapterFailed: 1 });
    },
  );

  test("in chunks over the bound: the legacy gets all of it", async () => {
    const { legacy, side } = await given(say(json("{}")), { bodyBytesMax: 1024 });
    const part = "x".repeat(700);
    const chunk = `${part.length.toString(16)}\r\n${part}\r\n`;
    await exchange(side.port, post(`${chunk}${chunk}0\r\n\r\n`, "Transfer-Encoding: chunked"));
    const [got] = legacy.requests;
    expect(got?.body.replaceAll(/\r\n|(?<=^|\n)[0-9a-f]+(?=\r)/g, "")).toBe(part + part);
  });

  test("is a 502 without rescue, and goes as it came where the config says so", async () => {
    const alone = await given(say(json("{}")), {}, { rescue: { isOn: false } });
    expect(await exchange(alone.side.port, sized("nonsense"))).toMatch(/^HTTP\/1.1 502 /);
    const passing = await given(say(json("{}")), { onFailure: "pass" });
    await exchange(passing.side.port, sized("nonsense"));
    expect(passing.candidate.requests[0]?.body).toBe("nonsense");
    expect(passing.candidate.requests[0]?.head.toLowerCase()).toContain("x-api-version: 2");
  });

  test("a candidate that is not there: the legacy gets the client's own body", async () => {
    const { legacy, side } = await given(({ peer }) => void peer.socket.resetAndDestroy());
    await exchange(side.port, sized('{"name":1}').replace("POST", "OPTIONS"));
    expect(legacy.requests.map(({ body }) => body)).toEqual(['{"name":1}']);
    expect(legacy.requests[0]?.head).toMatch(/^OPTIONS \/things\?q=a&x=1 /);
  });
});
