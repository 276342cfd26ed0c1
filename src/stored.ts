// What the data directory holds when Parallax starts: the store, the journal of the rollouts, their evidence.
import type { Config } from "./config/load.ts";
import { RolloutJournal } from "./control/rollout-journal.ts";
import { systemClock } from "./core/clock.ts";
import { CommandError } from "./core/errors.ts";
import type { StepEvidence } from "./rollout/gate/step-evidence.ts";
import { readEvidence } from "./rollouts/evidence-file.ts";
import type { AddedRule } from "./store/review-store.ts";
import type { Store } from "./store/store.ts";
import { openThreadedStore } from "./store/threaded-store.ts";
import type { Log } from "./telemetry/log.ts";

const DAY_MS = 86_400_000;

export interface Stored {
  readonly store: Store;
  readonly journal: RolloutJournal;
  readonly evidence: ReadonlyMap<string, StepEvidence>;
  readonly learnedTemplates: readonly string[];
  readonly addedRules: readonly AddedRule[];
}

/** Opens it all, or nothing. Throws CommandError 3 with what is wrong and what to do. */
export async function openStored(config: Config, log: Log): Promise<Stored> {
  const store = await openStore(config, log);
  try {
    const learned = await store.learnedTemplates();
    if (learned.kind === "failed") throw new CommandError(3, learned.message);
    const added = await store.addedRules();
    if (added.kind === "failed") throw new CommandError(3, added.message);
    // After the store: whoever holds its lock may write here.
    const journal = await openJournal(config, log);
    const evidence = await readEvidence(config.settings.data.dir, (text) => log.warn({}, text));
    return { store, journal, evidence, learnedTemplates: learned.value, addedRules: added.value };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openStore({ settings: { data, limits } }: Config, log: Log): Promise<Store> {
  const opened = await openThreadedStore({
    directory: data.dir,
    clock: systemClock,
    log: log.child({ area: "store" }),
    limits: {
      samplesPerSignature: data.samplesPerSignature,
      sampleBytesMax: data.sampleBytesMax,
      samplesBytesMax: data.samplesBytesMax,
      sampleAgeMsMax: data.sampleAgeDaysMax * DAY_MS,
      trendAgeMsMax: data.trendDaysMax * DAY_MS,
      auditAgeMsMax: data.auditDaysMax * DAY_MS,
      // Every shadow thread bounds its own; what restarts add has room beside them.
      endpointsMax: limits.endpointsMax * 5,
    },
  });
  if (opened.kind === "failed") throw new CommandError(3, opened.message);
  return opened.store;
}

async function openJournal({ settings: { data } }: Config, log: Log): Promise<RolloutJournal> {
  const opened = await RolloutJournal.open(data.dir, { warn: (message) => log.warn({}, message) });
  if (!opened.ok) throw new CommandError(3, opened.message);
  for (const warning of opened.warnings) log.warn({}, warning);
  return opened.journal;
}
