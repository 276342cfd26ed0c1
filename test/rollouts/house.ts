// The rollouts of one process without its threads: a real journal on disk, the real controller, real counter blocks.
// `decide` hands out epochs as decisions.ts does; who has them is the test's to say.
import { appendFileSync } from "node:fs";
import { onTestFinished } from "vitest";
import type { ExplainBody, RolloutAction, RolloutActionBody } from "../../src/admin/rollout-schemas.ts";
import type { Config } from "../../src/config/load.ts";
import { buildSnapshot, RouteSlots } from "../../src/config/snapshot.ts";
import { RolloutJournal } from "../../src/control/rollout-journal.ts";
import { Counters } from "../../src/core/counters.ts";
import type { JournalDraft } from "../../src/rollout/journal.ts";
import type { Step } from "../../src/rollout/step.ts";
import { Desk } from "../../src/rollouts/desk.ts";
import { explainRequest } from "../../src/rollouts/explain-request.ts";
import { Rollouts } from "../../src/rollouts/rollouts.ts";
import type { Actor } from "../../src/store/review-store.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { readServed } from "../../src/telemetry/served.ts";
import { loaded, loadText, TWO_URLS, testDirectory } from "../config/config-file.ts";
import { at } from "../rollout/states.ts";

export const USERS = `routes:
  - name: users
    match: { path: /users/** }
    rollout: { units: [{ kind: tenant, header: x-tenant }], steps: [5, 50] }
`;

export const ANNA: Actor = { who: "anna", role: "operator" };

export function configOf(text: string): Config {
  return loaded(loadText(TWO_URLS + text));
}

/** An entry as a process before this one left it. */
export function promotedAt(step: Step, atMs: number, epoch: number): JournalDraft {
  const told = { atMs, route: "users", epoch, who: "ben", role: "operator", reason: "planned" } as const;
  const state = at(step, { since: epoch, enteredAtMs: atMs, clockAtMs: atMs, salt: "parallax" });
  const from = { stage: "shadow", basisPoints: 0 } as const;
  return { ...told, event: "promote", from, to: step, isForced: true, gate: null, state };
}

export class House {
  config: Config;
  readonly journal: RolloutJournal;
  readonly block = new Counters();
  readonly slots = new RouteSlots();
  readonly log: string[] = [];
  stragglers: string[] = [];
  lastCallerMs: number | null | undefined = null;
  /** Since when callers were asked for. */
  askedSinceMs: number | undefined;
  readonly rollouts: Rollouts;
  readonly desk: Desk;
  #epoch: number;
  #decided: Promise<void> = Promise.resolve();

  constructor(text: string, journal: RolloutJournal) {
    this.config = configOf(text);
    this.journal = journal;
    this.#epoch = Math.max(1, journal.epoch);
    const stragglers = () => this.stragglers;
    this.rollouts = new Rollouts({
      log: createLog({ level: "info", isReadable: false, write: (line) => this.log.push(line) }),
      config: () => this.config,
      journal,
      evidence: new Map(),
      decide: (write) => this.#decide(write),
      served: (route) => readServed([this.block], this.slots.slotOf(route)),
      stragglers,
      signatureCounts: async () => ({ kind: "ok", value: [] }),
      lastCallerMs: async (_route, sinceMs) => {
        this.askedSinceMs = sinceMs;
        return this.lastCallerMs;
      },
    });
    this.desk = new Desk({
      controller: this.rollouts.controller,
      journal,
      stragglers,
      gateSettings: (route) => this.rollouts.gateSettings(route),
      deprecation: (route) => this.snapshot().routes.find(({ name }) => name === route)?.deprecation,
      explain: (asked) => explainRequest(asked, { snapshot: this.snapshot(), journal }),
    });
  }

  /** One at a time. */
  #decide(write: (epoch: number) => Promise<boolean>): Promise<void> {
    this.#decided = this.#decided.then(async () => {
      if (await write(this.#epoch + 1)) this.#epoch += 1;
    });
    return this.#decided;
  }

  snapshot() {
    const positions = this.rollouts.positions();
    const { slots } = this;
    return buildSnapshot(this.config, {
      epoch: this.#epoch,
      instanceId: "house",
      isKilled: false,
      slots,
      positions,
    });
  }

  act(action: RolloutAction, asked: RolloutActionBody = {}) {
    return this.desk.act("users", { reason: "because", ...asked, action }, ANNA);
  }

  force(to: string) {
    return this.act("promote", { to, force: true });
  }

  /** The answer of the route, which is there. */
  users(who?: string) {
    const answer = this.desk.route("users", who);
    if (answer === undefined) throw new Error("the config has no route users");
    return answer;
  }

  explain(asked: Partial<ExplainBody> = {}) {
    const headers: [string, string][] = [["x-tenant", "acme"]];
    return this.desk.explain({ target: "/users/1", headers, ...asked });
  }

  serve(by: "legacy" | "candidate", times: number): void {
    const slot = this.slots.slotOf("users");
    for (let i = 0; i < times; i++) this.block.addRequest(slot, by === "legacy" ? 0 : 1, 200, 0.01);
  }

  /** Somebody else writes into the file: nothing can be appended until a restart. */
  breakJournal(): void {
    appendFileSync(this.journal.path, "not ours\n");
  }
}

export async function openHouse(text = USERS, before: readonly JournalDraft[] = []): Promise<House> {
  const opened = await RolloutJournal.open(testDirectory());
  if (!opened.ok) throw new Error(opened.message);
  const { journal } = opened;
  onTestFinished(() => journal.close());
  for (const draft of before) {
    const appended = await journal.append(draft);
    if (!appended.ok) throw new Error(appended.message);
  }
  return new House(text, journal);
}
