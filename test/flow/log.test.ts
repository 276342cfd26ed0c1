// What the log says of failures: whose, and once.
import { expect, test } from "vitest";
import { converse, type House, startHouse } from "./house.ts";
import { answerByPath, startHttp } from "./upstreams.ts";

const GET = "GET /a HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n";
const THREADS = { serving: 1, shadow: 1 };

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly thread?: string;
  readonly stack?: string;
}
const lines = ({ log }: House) => log.map((line) => JSON.parse(line) as Line);

test("says once that the breaker opens, and once that it closes", async () => {
  let isBroken = true;
  const [legacy, candidate] = await Promise.all([
    startHttp(answerByPath),
    startHttp((incoming, answer) => {
      if (isBroken) incoming.socket.destroy();
      else answerByPath(incoming, answer);
    }),
  ]);
  const house = await startHouse({
    threads: THREADS,
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
    shadow: { breaker: { failuresToOpen: 1, openMs: 1 } },
  });
  const said = () =>
    lines(house)
      .filter(({ msg }) => msg.startsWith("the breaker is"))
      .map(({ level, thread, msg }) => `${level} ${thread} ${msg.split(":")[0]}`);
  const opened = "warn shadow-0 the breaker is open";
  try {
    // Each probe fails and opens it again.
    for (let exchanges = 1; exchanges <= 3; exchanges++) {
      await converse(house.port, GET);
      await house.settled(exchanges);
    }
    await expect.poll(said, { timeout: 5_000 }).toEqual([opened]);
    isBroken = false;
    await converse(house.port, GET);
    expect((await house.settled(4)).match).toBe(1);
    await expect.poll(said, { timeout: 5_000 }).toEqual([opened, "info shadow-0 the breaker is closed"]);
  } finally {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
  }
});

test("says of each failure whose it is", async () => {
  const house = await startHouse({
    threads: THREADS,
    upstreams: { legacy: { url: "http://127.0.0.1:1" }, candidate: { url: "http://127.0.0.1:2" } },
  });
  try {
    await converse(house.port, GET);
    await expect
      .poll(() => lines(house).find(({ level }) => level === "warn"))
      .toMatchObject({
        thread: "serving-0",
        code: "upstream-refused",
        msg: expect.stringMatching(/^legacy ./),
      });
  } finally {
    await house.stop();
  }
});

test.each([
  ["debug", 1],
  ["info", 0],
] as const)("at level %s, says %i times where a lost thread threw", async (level, times) => {
  const house = await startHouse(
    { threads: THREADS, upstreams: { legacy: { url: "http://127.0.0.1:1" } } },
    level,
  );
  try {
    house.worker("shadow-0").postMessage({ kind: "no such message" });
    await expect.poll(() => lines(house).some(({ level: of }) => of === "error")).toBe(true);
    const stacks = lines(house).filter(({ stack }) => stack?.includes("shadow-thread.ts"));
    expect(stacks).toHaveLength(times);
  } finally {
    await house.stop();
  }
});
