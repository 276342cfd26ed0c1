// A process that writes a journal and kills itself with SIGKILL at one point of one append, for rollout-journal.test.ts:
//   journal-driver.ts DIRECTORY POINT APPEND [BYTES]
// It prints the sequence of every entry that was answered for.
import { writeSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import * as files from "node:fs/promises";
import { argv, kill, pid } from "node:process";
import type { JournalIo } from "../../src/control/journal-file.ts";
import { RolloutJournal } from "../../src/control/rollout-journal.ts";
import { journalDraft } from "./journal-drafts.ts";

const [, , directory = "", point = "", fatalAppend = "0", bytes = "0"] = argv;

let appends = 0;
/** Within one append. */
let renames = 0;

function isFatal(at: string): boolean {
  return at === point && appends === Number(fatalAppend);
}

function die(): never {
  kill(pid, "SIGKILL");
  // The signal is this process's own: it does not come back from there.
  for (;;);
}

/** The handle, dying where it was asked to. */
function mortal(handle: FileHandle): FileHandle {
  return new Proxy(handle, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name === "write")
        return async (buffer: Buffer, offset: number, length: number, position: number) => {
          if (isFatal("before-write")) die();
          if (isFatal("within-write")) {
            await target.write(buffer, offset, Math.min(length, Number(bytes)), position);
            die();
          }
          const written = await target.write(buffer, offset, length, position);
          if (isFatal("after-write")) die();
          return written;
        };
      if (name === "datasync")
        return async () => {
          await target.datasync();
          if (isFatal("after-sync")) die();
        };
      return value.bind(target) as unknown;
    },
  });
}

const io: JournalIo = {
  ...files,
  open: async (...asked: Parameters<typeof files.open>) => mortal(await files.open(...asked)),
  rename: async (from, to) => {
    renames += 1;
    if (isFatal(`before-rename-${renames}`)) die();
    await files.rename(from, to);
    if (isFatal(`after-rename-${renames}`)) die();
  },
  copyFile: async (from, to) => {
    if (isFatal("before-copy")) die();
    await files.copyFile(from, to);
  },
};

// Small enough for a new file to be begun within the run.
const opened = await RolloutJournal.open(directory, { io, fileBytesMax: 8_000 });
if (!opened.ok) throw new Error(opened.message);
for (appends = 1; appends <= 20; appends += 1) {
  renames = 0;
  const answer = await opened.journal.append(journalDraft("orders", appends));
  if (!answer.ok) throw new Error(answer.message);
  writeSync(1, `${answer.entry.sequence}\n`);
}
await opened.journal.close();
