import { expect, onTestFinished, test } from "vitest";
import type { UpstreamSettings } from "../../src/core/snapshot.ts";
import { Deadlines } from "../../src/wire/deadlines.ts";
import { ResponseHead } from "../../src/wire/response-head.ts";
import type { UpstreamConnection } from "../../src/wire/upstream-connection.ts";
import { UpstreamPool } from "../../src/wire/upstream-pool.ts";
import { startUpstream } from "../proxy/sockets.ts";
import { LIMITS } from "./codec-reading.ts";

async function poolOf(changes: Partial<UpstreamSettings> = {}): Promise<UpstreamPool> {
  const upstream = await startUpstream(() => undefined);
  const deadlines = new Deadlines();
  const settings: UpstreamSettings = {
    name: "legacy",
    host: "127.0.0.1",
    port: upstream.port,
    tls: undefined,
    hostHeader: "preserve",
    connectionsMax: 4,
    queueMax: 4,
    connectTimeoutMs: 60_000,
    firstByteTimeoutMs: 60_000,
    bodyIdleTimeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    ...changes,
  };
  connections = 0;
  const pool = new UpstreamPool(settings, {
    deadlines,
    readBuffer: Buffer.alloc(1024),
    responseHead: new ResponseHead(LIMITS),
    onConnections: (change) => {
      connections += change;
    },
  });
  onTestFinished(() => {
    pool.close();
    deadlines.stop();
  });
  return pool;
}

/** Open ones, as the pool's context is told. */
let connections = 0;

const ANY = { isReplayable: true, isFresh: false };

/** Resolves with the connection, or the code of the refusal. */
function acquire(pool: UpstreamPool, wish = ANY): Promise<UpstreamConnection | string> {
  return new Promise((resolve) => {
    pool.acquire({ onConnection: resolve, onNoConnection: resolve }, wish);
  });
}

async function connection(pool: UpstreamPool, wish = ANY): Promise<UpstreamConnection> {
  const acquired = await acquire(pool, wish);
  if (typeof acquired === "string") throw new Error(acquired);
  return acquired;
}

test("hands out the connection that became idle last", async () => {
  const pool = await poolOf();
  const [first, second] = [await connection(pool), await connection(pool)];
  pool.onReusable(first);
  pool.onReusable(second);
  expect(await connection(pool)).toBe(second);
  expect(await connection(pool)).toBe(first);
  expect(connections).toBe(2);
});

test("makes a new connection for who asks for a fresh one", async () => {
  const pool = await poolOf();
  const first = await connection(pool);
  pool.onReusable(first);
  expect(await connection(pool, { isReplayable: true, isFresh: true })).not.toBe(first);
});

test.each([true, false])(
  "does not hand out a connection that is closed already (replayable: %s)",
  async (isReplayable) => {
    const pool = await poolOf();
    const dead = await connection(pool);
    pool.onReusable(dead);
    // Its close is known to the pool only later.
    dead.destroy();
    expect(await connection(pool, { isReplayable, isFresh: false })).not.toBe(dead);
  },
);

test("lets queueMax wait at the cap, and refuses the next", async () => {
  const pool = await poolOf({ connectionsMax: 1, queueMax: 2 });
  const only = await connection(pool);
  const waiting = [acquire(pool), acquire(pool)];
  expect(await acquire(pool)).toBe("upstream-busy");
  pool.onReusable(only);
  expect(await waiting[0]).toBe(only);
  pool.onReusable(only);
  expect(await waiting[1]).toBe(only);
});

test("hands a connection to who waits in the order of arrival, and to nobody who left", async () => {
  const pool = await poolOf({ connectionsMax: 1 });
  const only = await connection(pool);
  const order: string[] = [];
  const waiter = (name: string) => ({
    onConnection: () => void order.push(name),
    onNoConnection: () => void order.push(`no ${name}`),
  });
  const [a, b, c] = [waiter("a"), waiter("b"), waiter("c")];
  for (const each of [a, b, c]) pool.acquire(each, ANY);
  pool.leave(b);
  pool.onReusable(only);
  pool.onReusable(only);
  expect(order).toEqual(["a", "c"]);
});

test("says why there is no connection", async () => {
  const gone = await startUpstream(() => undefined);
  gone.server.close();
  expect(await acquire(await poolOf({ port: gone.port }))).toBe("upstream-refused");
});
