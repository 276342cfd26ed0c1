// Invariant 6: unsafe methods are always served and never mirrored unless the route says so.
import { expect, test } from "vitest";
import { converse, nonZero, startHouse } from "../flow/house.ts";
import { startHttp, startRaw } from "../flow/upstreams.ts";

const SAFE = ["GET", "HEAD", "OPTIONS"];
const UNSAFE = ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "QUERY"];

test("every method is served; the candidate sees safe ones, and others where the route lists them", async () => {
  const served: string[] = [];
  const mirrored: string[] = [];
  const record = (list: string[]) =>
    startHttp((incoming, answer) => {
      list.push(`${incoming.method} ${incoming.url}`);
      answer.end("ok");
    });
  const [legacy, candidate] = await Promise.all([record(served), record(mirrored)]);
  const house = await startHouse({
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
    routes: [
      { name: "writes", match: { path: "/writes" }, stage: "shadow", mirror: { methods: ["POST"] } },
      { name: "rest", match: { path: "/**" }, stage: "shadow" },
    ],
  });
  try {
    const send = (method: string, target: string) =>
      converse(
        house.port,
        `${method} ${target} HTTP/1.1\r\nhost: a.test\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi`,
      );
    for (const method of [...SAFE, ...UNSAFE])
      for (const target of ["/rest", "/writes"])
        expect((await send(method, target)).toString()).toMatch(/^HTTP\/1\.1 200 /);
    const totals = await house.settled(2 * (SAFE.length + UNSAFE.length));
    expect(served.length).toBe(2 * (SAFE.length + UNSAFE.length));
    expect([...mirrored].sort()).toEqual([...SAFE.map((method) => `${method} /rest`), "POST /writes"].sort());
    expect(nonZero(totals.skipped)).toEqual({ method: served.length - mirrored.length });
  } finally {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
  }
});

test("a method is its exact letters: get is not GET", async () => {
  const mirrored: string[] = [];
  const legacy = await startRaw((socket) =>
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")),
  );
  const candidate = await startRaw((socket) => socket.on("data", (bytes) => mirrored.push(bytes.toString())));
  const house = await startHouse({
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
  });
  try {
    await converse(house.port, "get / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n");
    expect((await house.settled(1)).skipped.method).toBe(1);
    expect(mirrored).toEqual([]);
  } finally {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
  }
});
