// One place for a thread: replaced when it dies, hangs or cannot listen; stopped within its deadline.
import { afterEach, describe, expect, test } from "vitest";
import { type Loss, Thread, type ThreadSettings } from "../../src/control/thread.ts";
import type { Counters } from "../../src/core/counters.ts";
import type { FromThread } from "../../src/core/messages.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";

const SCRIPTED = new URL("scripted-thread.ts", import.meta.url);
/** A thread does not look into it here: only its epoch counts. */
const snapshotOf = (epoch: number) => ({ epoch }) as Snapshot;

interface Place {
  readonly thread: Thread;
  readonly lost: (Loss & { readonly counters: Counters })[];
  readonly said: FromThread[];
}

const places: Place[] = [];

/** What each life of the thread does; the last one goes on for ever. */
function place(lives: readonly string[], over: Partial<ThreadSettings> = {}): Place {
  let life = 0;
  const lost: Place["lost"] = [];
  const said: FromThread[] = [];
  const thread = new Thread(
    {
      kind: "serving",
      thread: 3,
      entry: SCRIPTED,
      dataFor: (counters) => ({ counters, does: lives[Math.min(life++, lives.length - 1)] }),
      silenceMsMax: 200,
      onMessage: (message) => said.push(message),
      onLost: (counters, loss) => lost.push({ counters, ...loss }),
      ...over,
    },
    snapshotOf(1),
  );
  const made = { thread, lost, said };
  places.push(made);
  return made;
}

afterEach(async () => {
  for (const { thread } of places.splice(0)) await thread.stop(0);
});

const state = ({ thread }: Place) => thread.state(Date.now()).state;

describe("a thread", () => {
  test("is replaced when it throws; its counters are handed over once", async () => {
    const made = place(["throws", "serves"]);
    made.thread.start();
    await expect.poll(() => state(made), { timeout: 5_000 }).toBe("running");
    expect(made.lost.map(({ error }) => error)).toEqual(["thrown by the script"]);
    expect(made.lost[0]?.stack).toContain("scripted-thread");
    expect(made.lost[0]?.counters.exchanges(5)).toBe(7);
    expect(made.thread.counters).not.toBe(made.lost[0]?.counters);
    expect(made.thread.restarts).toBe(1);
  });

  test("is replaced when it exits, and says so rather than why it was lost before", async () => {
    const made = place(["throws", "exits", "serves"]);
    made.thread.start();
    await expect.poll(() => state(made), { timeout: 5_000 }).toBe("running");
    expect(made.lost.map(({ error }) => error)).toEqual(["thrown by the script", "exited"]);
  });

  test("is replaced when it cannot listen any more", async () => {
    const made = place(["listen-failed", "serves"]);
    made.thread.start();
    await expect.poll(() => state(made), { timeout: 5_000 }).toBe("running");
    expect(made.lost.map(({ error }) => error)).toEqual(["cannot listen: EMFILE"]);
  });

  test("is replaced when it gives no sign of life for longer than its limit", async () => {
    const made = place(["hangs", "serves"]);
    made.thread.start();
    await expect.poll(() => made.said.length, { timeout: 5_000 }).toBe(1);
    const beatMs = made.thread.counters.get("heartbeatMs");
    made.thread.watch(beatMs + 200);
    expect(state(made)).toBe("running");
    made.thread.watch(beatMs + 201);
    await expect.poll(() => made.lost.length, { timeout: 5_000 }).toBe(1);
    expect(made.lost[0]?.error).toBe("no sign of life for 200 ms");
    await expect.poll(() => state(made), { timeout: 5_000 }).toBe("running");
  });

  test("acknowledges the decision that it has, not a newer one that is on its way", async () => {
    const made = place(["serves"]);
    made.thread.start();
    made.thread.publish(snapshotOf(2));
    const epochs: number[] = [];
    await expect
      .poll(
        () => {
          if (made.said.at(-1)?.kind === "listening") epochs.push(made.thread.epoch);
          return made.thread.epoch;
        },
        { timeout: 5_000, interval: 1 },
      )
      .toBe(2);
    expect(made.said).toContainEqual({ kind: "applied", epoch: 2 });
    expect([epochs.length > 0, epochs.includes(2)]).toEqual([true, false]);
  });

  test("that does not obey is ended a second after its deadline", async () => {
    const made = place(["disobeys"]);
    made.thread.start();
    await expect.poll(() => state(made), { timeout: 5_000 }).toBe("running");
    await made.thread.stop(0);
    expect([state(made), made.lost.length]).toEqual(["stopping", 0]);
  });

  test("that dies while it stops is not started again", async () => {
    const made = place(["throws-on-stop"]);
    made.thread.start();
    await expect.poll(() => state(made), { timeout: 5_000 }).toBe("running");
    await made.thread.stop(5_000);
    expect([state(made), made.lost.length]).toEqual(["stopping", 1]);
  });
});
