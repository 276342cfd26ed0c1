// One service on a real socket, well-behaved and not.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { UpstreamSettings } from "../../src/core/snapshot.ts";
import { ReplayUpstream } from "../../src/replay/upstream.ts";
import { startHttp, startRaw } from "../flow/upstreams.ts";

const LIMITS = { deadlineMs: 5000, answerBytesMax: 10 };

function upstreamAt(port: number, changes: Partial<UpstreamSettings> = {}): ReplayUpstream {
  const upstream = new ReplayUpstream(
    {
      name: "candidate",
      host: "127.0.0.1",
      port,
      tls: undefined,
      hostHeader: "preserve",
      connectionsMax: 1,
      queueMax: 1,
      connectTimeoutMs: 2000,
      firstByteTimeoutMs: 5000,
      bodyIdleTimeoutMs: 5000,
      idleTimeoutMs: 4000,
      ...changes,
    },
    1,
  );
  onTestFinished(() => upstream.close());
  return upstream;
}

const get = (target = "/", changes: { method?: string; body?: Buffer } = {}) => ({
  method: "GET",
  target,
  headers: [["host", "shop.example"]] as const,
  body: Buffer.alloc(0),
  ...changes,
});

describe("an answer", () => {
  test.each([
    [9, "complete", 9],
    [10, "complete", 10],
    [11, "overflow", 0],
  ])("of %d bytes at a limit of 10 is %s", async (bytes, capture, kept) => {
    const server = await startHttp((_, answer) => void answer.end("x".repeat(bytes)));
    onTestFinished(() => server.stop());
    const sent = await upstreamAt(server.port).send(get(), LIMITS);
    expect(sent).toMatchObject({ kind: "answered", answer: { capture } });
    expect(sent.kind === "answered" && sent.answer.body.length).toBe(kept);
  });

  test("that redirects is the answer; header lines stay apart, the Host is the one given", async () => {
    const hosts: (string | undefined)[] = [];
    const server = await startHttp((incoming, answer) => {
      hosts.push(incoming.headers.host);
      answer.writeHead(302, { location: "/elsewhere", "set-cookie": ["a=1", "b=2"] }).end();
    });
    onTestFinished(() => server.stop());
    const sent = await upstreamAt(server.port).send(get(), LIMITS);
    if (sent.kind !== "answered") throw new Error(sent.detail);
    expect(sent.answer.status).toBe(302);
    expect(sent.answer.headers.getAll("set-cookie")).toEqual(["a=1", "b=2"]);
    expect(hosts).toEqual(["shop.example"]);
  });
});

describe("a connection that dies before any answer", () => {
  /** Answers the first request of each connection and closes at the second. */
  async function dying() {
    const seen: string[] = [];
    const server = await startRaw((socket) => {
      let requests = 0;
      socket.on("data", (bytes: Buffer) => {
        seen.push(bytes.toString("latin1").split(" ")[0] ?? "");
        if (++requests === 2) socket.destroy();
        else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      });
    });
    onTestFinished(() => server.stop());
    return { upstream: upstreamAt(server.port), seen };
  }

  test("costs an idempotent request a second sending, and no more", async () => {
    const { upstream, seen } = await dying();
    await upstream.send(get(), LIMITS);
    expect(await upstream.send(get(), LIMITS)).toMatchObject({ kind: "answered" });
    expect(seen).toEqual(["GET", "GET", "GET"]);
  });

  test("never sends a write twice", async () => {
    const { upstream, seen } = await dying();
    await upstream.send(get(), LIMITS);
    expect(await upstream.send(get("/", { method: "POST" }), LIMITS)).toMatchObject({ failure: "broken" });
    expect(seen).toEqual(["GET", "POST"]);
  });
});

test("a certificate is checked, unless the config says otherwise; further authorities are taken", async () => {
  const folder = new URL("../fixtures/tls/", import.meta.url);
  const [key, cert] = ["localhost.key", "localhost.crt"].map((name) => readFileSync(new URL(name, folder)));
  const server = createServer({ key, cert }, (_, answer) => void answer.end("ok"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const send = (tls: UpstreamSettings["tls"]) => upstreamAt(port, { tls }).send(get(), LIMITS);
  expect(await send({ ca: "", servername: "", verify: true })).toMatchObject({ failure: "unreachable" });
  expect(await send({ ca: "", servername: "", verify: false })).toMatchObject({ kind: "answered" });
  const ca = String(cert);
  expect(await send({ ca, servername: "localhost", verify: true })).toMatchObject({ kind: "answered" });
  expect(await send({ ca, servername: "other.example", verify: true })).toMatchObject({
    failure: "unreachable",
  });
});
