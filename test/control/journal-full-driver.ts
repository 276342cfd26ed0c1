// A process whose files may not grow beyond a limit, for rollout-journal.test.ts: it writes entries until one fails, says
// so, waits for a line, and writes one more.
import { once } from "node:events";
import { argv, stdin } from "node:process";
import { RolloutJournal } from "../../src/control/rollout-journal.ts";
import { journalDraft } from "./journal-drafts.ts";

// Without a listener the signal ends the process; with one, the write fails with EFBIG, as on a full disk.
process.on("SIGXFSZ", () => undefined);

const opened = await RolloutJournal.open(argv[2] ?? "");
if (!opened.ok) throw new Error(opened.message);
const { journal } = opened;
for (;;) {
  const answer = await journal.append(journalDraft("orders", journal.sequence + 1));
  if (answer.ok) continue;
  console.log(JSON.stringify({ sequence: journal.sequence, message: answer.message }));
  break;
}
await once(stdin, "data");
const answer = await journal.append(journalDraft("orders", journal.sequence + 1));
console.log(JSON.stringify({ sequence: answer.ok ? answer.entry.sequence : answer.message }));
await journal.close();
