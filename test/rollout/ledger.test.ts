import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { JournalDraft } from "../../src/rollout/journal.ts";
import { APPEND_MS_MAX, Ledger } from "../../src/rollout/ledger.ts";

/** Only the reason is looked at here. */
const draftOf = (reason: string) => ({ reason }) as JournalDraft;

/** A disk that answers when it is told to: real ones do not hang on demand. */
class Disk {
  readonly written: string[] = [];
  isHanging = false;
  fault: string | undefined;
  readonly #hung: (() => void)[] = [];

  readonly append = async (draft: JournalDraft): Promise<string | undefined> => {
    if (this.isHanging) await new Promise<void>((resolve) => this.#hung.push(resolve));
    if (this.fault !== undefined) return this.fault;
    this.written.push(draft.reason);
    return undefined;
  };

  async goOn(): Promise<void> {
    this.isHanging = false;
    for (const resolve of this.#hung.splice(0)) resolve();
    await vi.advanceTimersByTimeAsync(0);
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function ledgerOn(disk: Disk): Ledger {
  return new Ledger({
    append: disk.append,
    restated: ({ reason }) => draftOf(`not ${reason}`),
  });
}

/** What a piece of work comes to, once the disk has had its time. */
async function late<T>(work: Promise<T>): Promise<T> {
  await vi.advanceTimersByTimeAsync(APPEND_MS_MAX);
  return work;
}

test("refuses a step forwards that a disk holds up, and takes it back where it was written all the same", async () => {
  const disk = new Disk();
  const ledger = ledgerOn(disk);
  disk.isHanging = true;
  expect(await late(ledger.write(draftOf("promote")))).toMatch(/has not answered for 5 s/);
  expect(await ledger.write(draftOf("another"))).toMatch(/has not answered/);
  await disk.goOn();
  expect(ledger.missing.map(({ reason }) => reason)).toEqual(["not promote"]);
  expect(await ledger.flush()).toBeUndefined();
  expect(disk.written).toEqual(["promote", "not promote"]);
});

test("keeps a step back that a disk holds up until it is written, once", async () => {
  const disk = new Disk();
  const ledger = ledgerOn(disk);
  disk.isHanging = true;
  expect(await late(ledger.keep(draftOf("rollback")))).toMatch(/has not answered/);
  expect(await ledger.keep(draftOf("kill"))).toMatch(/has not answered/);
  await disk.goOn();
  expect(ledger.missing.map(({ reason }) => reason)).toEqual(["kill"]);
  expect(await ledger.flush()).toBeUndefined();
  expect(disk.written).toEqual(["rollback", "kill"]);
});

test("takes nothing back that the disk refused after all", async () => {
  const disk = new Disk();
  const ledger = ledgerOn(disk);
  disk.isHanging = true;
  disk.fault = "no space left";
  await late(ledger.write(draftOf("promote")));
  await disk.goOn();
  expect(ledger.missing).toEqual([]);
});

test("writes what is missing before anything else, and nothing else while it cannot", async () => {
  const disk = new Disk();
  const ledger = ledgerOn(disk);
  disk.fault = "no space left";
  expect(await ledger.keep(draftOf("rollback"))).toBe("no space left");
  expect(await ledger.write(draftOf("promote"))).toBe("no space left");
  disk.fault = undefined;
  expect(await ledger.write(draftOf("arm"))).toBeUndefined();
  expect(disk.written).toEqual(["rollback", "arm"]);
});
