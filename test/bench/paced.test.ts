// The load itself: what it must not do is flatter a slow server.
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { readAnswerHead, runPaced } from "../../bench/load/paced.ts";
import { requestHead } from "../../bench/load/request-head.ts";

let server: Server | undefined;
afterEach(
  () => new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve))),
);

async function serve(answer: (socket: Socket) => void): Promise<string> {
  server = createServer((socket) => {
    socket.on("data", () => answer(socket));
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}/x`;
}

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

test("sends each request that falls due, once", async () => {
  let served = 0;
  // The last one is answered late: one too many would be seen before it.
  const url = await serve((socket) => {
    if (++served === 200) setTimeout(() => socket.write(OK), 30);
    else socket.write(OK);
  });
  const result = await runPaced({ url, connections: 4, ratePerSecond: 500, seconds: 0.4 });
  expect(result).toMatchObject({ requests: 200, non2xx: 0, errors: 0, unanswered: 0 });
  expect(served).toBe(200);
});

test("the wait for a busy connection counts as latency", async () => {
  // One connection, 20 ms an answer, 100 requests a second: the queue grows by 10 ms with each request.
  const url = await serve((socket) => setTimeout(() => socket.write(OK), 20));
  const result = await runPaced({ url, connections: 1, ratePerSecond: 100, seconds: 0.3 });
  expect(result.requests).toBe(30);
  // Thirty answers take 600 ms at least; the middle one was due after 145 and came after 300.
  expect(result.latencyMs.p50).toBeGreaterThan(140);
});

test("counts answers other than 2xx, and reads an answer in two pieces", async () => {
  const url = await serve((socket) => {
    socket.write("HTTP/1.1 503 Busy\r\nContent-Le");
    setImmediate(() => socket.write("ngth: 2\r\n\r\nno"));
  });
  const result = await runPaced({ url, connections: 2, ratePerSecond: 200, seconds: 0.1 });
  expect(result).toMatchObject({ requests: 20, non2xx: 20, errors: 0 });
});

test("counts broken connections as errors", async () => {
  const url = await serve((socket) => socket.destroy());
  const result = await runPaced({ url, connections: 2, ratePerSecond: 200, seconds: 0.1 });
  expect(result.requests).toBe(0);
  expect(result.errors).toBe(20);
});

test("takes a head without a length for unreadable", () => {
  expect(readAnswerHead("HTTP/1.1 204 No Content")).toBeUndefined();
  expect(readAnswerHead("HTTP/1.1 200 OK\r\ncontent-length: 12")).toEqual({ status: 200, length: 12 });
});

test("the request head is as long as a browser's", () => {
  const { length } = requestHead(new URL("http://127.0.0.1:40000/r500/items/4711?currency=EUR"));
  expect(length).toBeGreaterThan(650);
  expect(length).toBeLessThan(750);
});
