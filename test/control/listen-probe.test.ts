// The address of a Parallax is its own: neither a plain listener nor a second Parallax shares it.
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { probeListen } from "../../src/control/listen-probe.ts";

const HOST = "127.0.0.1";

test("an address that somebody listens on is refused", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  expect(await probeListen(HOST, port)).toEqual({ kind: "refused", code: "EADDRINUSE" });
});

// Elsewhere one thread listens, without sharing the port.
test.runIf(process.platform === "linux")(
  "an address that was probed is refused to the next one, until it is let go",
  async () => {
    const first = await probeListen(HOST, 0);
    if (first.kind !== "free") throw new Error(first.code);
    expect(await probeListen(HOST, first.port)).toEqual({ kind: "refused", code: "EADDRINUSE" });
    first.release();
    await expect.poll(async () => (await probeListen(HOST, first.port)).kind).toBe("free");
  },
);
