// kill -9 at random moments: what was flushed is there, and the file is whole.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { answerOf, makeDirectory, openStore } from "./fixtures.ts";

const WRITER = fileURLToPath(new URL("./crash-writer.ts", import.meta.url));
const KILLS = 6;
const FLUSH_MS_ABOUT = 5;

/** Kills the writer somewhere after it said `flushes`; the last number that it said. */
async function killWriter(directory: string, run: string, flushes: number): Promise<number> {
  const child = spawn(process.execPath, [WRITER, directory, run], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  onTestFinished(() => void child.kill("SIGKILL"));
  let last = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    // A random moment after a flush, not its end: most kills fall in the middle of the next one.
    if (last === flushes) setTimeout(() => child.kill("SIGKILL"), Math.random() * FLUSH_MS_ABOUT * 3);
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  return last;
}

test("a killed process loses nothing that it flushed, and leaves a whole file", async () => {
  const directory = makeDirectory();
  for (let run = 0; run < KILLS; run++) {
    const flushed = await killWriter(directory, `run${run}`, 1 + Math.floor(Math.random() * 60));
    const database = new DatabaseSync(join(directory, "parallax.db"));
    expect(database.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
    expect(database.prepare("PRAGMA foreign_key_check").all()).toEqual([]);
    database.close();
    const { store } = openStore({}, directory);
    const query = { route: `run${run}`, sort: "exchanges", limit: 1000, offset: 0 } as const;
    const stored = answerOf(await store.endpoints(query)).rows[0]?.exchanges;
    const counts = new Set(answerOf(await store.endpoints(query)).rows.map((row) => row.exchanges));
    expect(counts, "a flush is there wholly or not at all").toEqual(new Set([stored]));
    // One more may be in the file than was said, never one less.
    expect(stored).toBeGreaterThanOrEqual(flushed);
    expect(stored).toBeLessThanOrEqual(flushed + 1);
    const [caller] = answerOf(await store.callers({ route: `run${run}`, limit: 1 })).rows;
    expect(caller?.requests).toBeGreaterThanOrEqual(flushed);
    expect(caller?.requests).toBeLessThanOrEqual(flushed + 1);
    expect(store.health()).toMatchObject({ kind: "ok", corruptFiles: 0 });
    await store.close();
  }
});
