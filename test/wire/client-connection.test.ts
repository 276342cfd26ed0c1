import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { ClientConnection } from "../../src/wire/client-connection.ts";
import { Deadlines } from "../../src/wire/deadlines.ts";
import { RequestHead } from "../../src/wire/request-head.ts";
import { LIMITS, SilentSocket } from "./codec-reading.ts";

const IDLE_MS = 1_000;

/** A client that sent `text`; requests are answered by the test, but `/busy` at once with an error; `unsentBytes` of earlier answers wait in its socket. */
function clientThatSent(
  text: string,
  unsentBytes = 0,
): { connection: ClientConnection; socket: SilentSocket; targets: readonly string[] } {
  const socket = new SilentSocket();
  const targets: string[] = [];
  Object.defineProperty(socket, "writableLength", { value: unsentBytes });
  Object.defineProperty(socket, "writableNeedDrain", { value: unsentBytes > 0 });
  const deadlines = new Deadlines();
  const connection = new ClientConnection(socket as unknown as Socket, {
    facts: { address: "127.0.0.1", isTls: true, isTrusted: false },
    context: {
      head: new RequestHead(LIMITS),
      readBuffer: Buffer.alloc(0),
      deadlines,
      timeouts: () => ({ headMs: IDLE_MS, idleMs: IDLE_MS, bodyIdleMs: IDLE_MS, drainMs: IDLE_MS }),
      isDraining: () => false,
      isNamed: () => true,
    },
    onClose: () => deadlines.stop(),
  });
  connection.attach({
    onRequest: (head) => {
      const target = head.targetText();
      targets.push(target);
      if (target === "/busy") connection.answerError("upstream-busy");
    },
    onRequestBody: () => undefined,
    onRequestEnd: () => undefined,
    onRequestBroken: () => undefined,
    onRefused: () => undefined,
    onClientDrain: () => undefined,
    onClientTunnelBytes: () => undefined,
    onClientTunnelEnd: () => undefined,
  });
  socket.emit("data", Buffer.from(text, "latin1"));
  return { connection, socket, targets };
}

/** How long the client has from now, in milliseconds. */
const patienceMs = ({ deadlineAtMs }: ClientConnection): number => deadlineAtMs - performance.now();

test.each([
  ["last", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"],
  ["kept", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
])("a client that is slow to take its %s answer is not cut off as one that is idle", (_which, text) => {
  const slow = clientThatSent(text, 60_000);
  slow.connection.finishAnswer();
  expect(patienceMs(slow.connection)).toBeGreaterThan(60_000);
  const quick = clientThatSent(text, 0);
  quick.connection.finishAnswer();
  expect(patienceMs(quick.connection)).toBeLessThan(3_000);
  for (const { socket } of [slow, quick]) socket.emit("close");
});

test("what is read after the last answer is bounded again once that answer is gone", () => {
  const { connection, socket } = clientThatSent(
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    60_000,
  );
  connection.finishAnswer();
  socket.emit("finish");
  expect(patienceMs(connection)).toBeLessThan(3_000);
  socket.emit("close");
});

test("a client that has closed its side gets what follows an error of the proxy's own", () => {
  const requests = ["/a", "/busy", "/c"].map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
  const { connection, socket, targets } = clientThatSent(requests.join(""));
  socket.emit("end");
  connection.finishAnswer();
  expect(targets).toEqual(["/a", "/busy", "/c"]);
  expect(socket.isDestroyed || socket.hasEnded).toBe(false);
  connection.finishAnswer();
  expect(socket.hasEnded).toBe(true);
  socket.emit("close");
});
