// An answer that overtakes its request's body: served, and never mirrored with half of a body.
import { expect, test } from "vitest";
import { nonZero, openSocket, readUntil, startHouse } from "./house.ts";
import { startRaw } from "./upstreams.ts";

test("a request whose body was not whole when its answer ended is not mirrored (request-unfinished)", async () => {
  const mirrored: string[] = [];
  const legacy = await startRaw((socket) =>
    socket.once("data", () => socket.write("HTTP/1.1 413 Too Large\r\ncontent-length: 5\r\n\r\nearly")),
  );
  const candidate = await startRaw((socket) => socket.on("data", (bytes) => mirrored.push(bytes.toString())));
  const house = await startHouse({
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
    mirror: { methods: ["POST"], deadlineMs: 300 },
  });
  try {
    const socket = await openSocket(house.port);
    socket.write("POST / HTTP/1.1\r\nhost: a.test\r\ncontent-length: 10\r\n\r\nhalf-");
    expect(await readUntil(socket, "early")).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
    expect(nonZero((await house.settled(1)).skipped)).toEqual({ "request-unfinished": 1 });
    expect(mirrored).toEqual([]);
  } finally {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
  }
});
