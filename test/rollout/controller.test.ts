import { describe, expect, test } from "vitest";
import type { ArmDelta, RolloutDelta } from "../../src/core/batch.ts";
import type { GateSettings, KpiSeen } from "../../src/core/gate-settings.ts";
import { noneServed } from "../../src/core/served-counts.ts";
import { type ControllerParts, RolloutController, type RouteTerms } from "../../src/rollout/controller.ts";
import type { JournalDraft } from "../../src/rollout/journal.ts";
import { stepFrom, stepsOf, stepText } from "../../src/rollout/step.ts";
import type { RouteState } from "../../src/rollout/terms.ts";
import { armOf } from "./gate/exchanges.ts";

const STEPS = stepsOf([1, 50]);

const gateSettings: GateSettings = {
  policy: "fast",
  alpha: 0.05,
  pairsMin: 10,
  unitsMin: 0,
  warmUpMs: 0,
  holdMs: 1_000,
  graceMs: 10_000,
  mismatchRateMax: 0.5,
  errorRateMargin: 0.5,
  latency: { quantile: 0.5, ratioMax: 10 },
  rescueRateMax: 0.5,
  confirmedMax: 0,
  requestShareMax: undefined,
  kpis: [],
  slo: { availability: 0.5, windows: [] },
};

const NO_ARM = armOf();

/** Everything that a controller is given, each part a plain thing that the test can bend. */
class House {
  nowMs = Date.parse("2026-11-02T10:00:00Z");
  /** What the wall clock was set ahead by. */
  jumpMs = 0;
  epoch = 10;
  readonly journal: JournalDraft[] = [];
  /** What the disk says instead of taking an entry. */
  diskFault: string | undefined;
  stragglers: string[] = [];
  readonly told: string[] = [];
  /** How often others had their turn. */
  turns = 0;
  advance: RouteTerms["advance"] = "approval";
  after: readonly string[] = [];
  begin: RouteTerms["begin"] = "shadow";
  blockers: string[] = [];
  confirmed: number | undefined = 0;
  kpis: readonly KpiSeen[] = [];
  /** Epochs that were put in force, with what the journal had by then. */
  readonly published: { readonly epoch: number; readonly journalled: number }[] = [];
  routes: readonly string[];
  counts = noneServed();
  /** A route whose counters cannot be read. */
  uncounted: string | undefined;
  /** One decision at a time, as it is in the whole. */
  #decided: Promise<void> = Promise.resolve();
  readonly controller: RolloutController;

  constructor(states: ReadonlyMap<string, RouteState> = new Map(), routes = ["users", "orders"]) {
    this.routes = routes;
    const parts: ControllerParts = {
      clock: { nowMs: () => this.nowMs + this.jumpMs, monotonicMs: () => this.nowMs },
      routes: () => this.routes,
      terms: (route) => this.#terms(route),
      append: async (draft) => {
        if (this.diskFault !== undefined) return this.diskFault;
        this.journal.push(draft);
        return undefined;
      },
      decide: (write) => {
        this.#decided = this.#decided.then(async () => {
          if (!(await write(this.epoch + 1))) return;
          this.epoch++;
          this.published.push({ epoch: this.epoch, journalled: this.journal.length });
        });
        return this.#decided;
      },
      served: (route) => {
        if (route === this.uncounted) throw new Error("its counters are gone");
        return this.counts;
      },
      stragglers: () => this.stragglers,
      confirmed: () => this.confirmed,
      kpis: () => this.kpis,
      completeBlockers: async () => this.blockers,
      breathe: async () => {
        this.turns++;
      },
      tell: (level, { route }, text) =>
        this.told.push(route === undefined ? `${level} ${text}` : `${level} ${route}: ${text}`),
    };
    this.controller = new RolloutController(parts, { states, evidence: new Map() });
  }

  #terms(route: string): RouteTerms | undefined {
    if (!this.routes.includes(route)) return undefined;
    return {
      begin: this.begin,
      steps: STEPS,
      gateSettings,
      advance: this.advance,
      approvers: [],
      after: route === "users" ? this.after : [],
      freeze: [],
      hasUnits: true,
      hasCohorts: false,
      hasCandidate: true,
      hasDeny: false,
      salt: "s",
    };
  }

  at(route = "users"): string {
    return stepText(this.controller.life(route)?.state.at ?? { stage: "off", basisPoints: 0 });
  }

  promote(route = "users", to?: string, isForced = true) {
    const step = to === undefined ? undefined : stepFrom(to, STEPS);
    return this.controller.act(route, {
      kind: "promote",
      who: "dana",
      role: "operator",
      reason: "as planned",
      to: step?.ok === true ? step.step : undefined,
      isForced,
    });
  }

  rollback(since?: number) {
    const event = { kind: "rollback", who: "dana", role: "operator", reason: "no" } as const;
    return this.controller.act("users", event, since);
  }

  /** What needs nothing but a reason. */
  tell(kind: "kill" | "pause" | "arm") {
    return this.controller.act("users", { kind, who: "dana", role: "operator", reason: "because" });
  }

  /** Enough for any gate to pass, in two parts: the first fixes the reference. */
  certify(): void {
    this.nowMs += 5_000;
    this.counts = { ...noneServed(), requestsLegacy: 20_000, requestsCandidate: 20_000 };
    this.see(20_000);
    this.see(20_000);
    this.nowMs += 5_000;
  }

  failPairs(): void {
    this.nowMs += 5_000;
    for (let i = 0; i < 200; i++)
      this.see(10, { match: 0, candidateFailed: 10, legacyLatency: {}, candidateLatency: {} });
  }

  /** Clean or failing pairs of the step that the route stands at. */
  see(pairs: number, arm: Partial<ArmDelta> = {}): void {
    const delta: RolloutDelta = {
      route: "users",
      since: this.controller.life("users")?.state.since ?? 0,
      servedByLegacy: {
        ...NO_ARM,
        pairs,
        match: pairs,
        legacyLatency: { 10: pairs },
        candidateLatency: { 10: pairs },
        ...arm,
      },
      servedByCandidate: NO_ARM,
    };
    this.controller.see(delta);
  }
}

describe("a step forwards", () => {
  test("is in the journal before it is in force", async () => {
    const house = new House();
    expect(await house.promote()).toMatchObject({ kind: "ok", isWritten: true });
    expect(house.at()).toBe("ramp 1 %");
    expect(house.published[0]).toEqual({ epoch: 11, journalled: 1 });
    expect(house.journal[0]).toMatchObject({ event: "promote", who: "dana", epoch: 11, isForced: true });
    expect(house.controller.life("users")?.state.since).toBe(11);
  });

  test("is not taken when the journal cannot be written", async () => {
    const house = new House();
    house.diskFault = "no space left";
    expect(await house.promote()).toEqual({ kind: "failed", message: "no space left" });
    expect(house.at()).toBe("shadow");
    expect(house.published).toEqual([]);
  });

  test("is refused for a route that depends on one that is not as far", async () => {
    const house = new House();
    house.after = ["orders"];
    expect(await house.promote()).toMatchObject({ kind: "refused" });
    await house.promote("orders");
    expect(await house.promote()).toMatchObject({ kind: "ok" });
  });

  test("is refused where the route it depends on went back while it waited for its turn", async () => {
    const house = new House();
    house.after = ["orders"];
    await house.promote("orders");
    const event = { kind: "rollback", who: "dana", role: "operator", reason: "no" } as const;
    const [, acted] = await Promise.all([house.controller.act("orders", event), house.promote()]);
    expect(acted).toMatchObject({ kind: "refused" });
    expect([house.at("orders"), house.at("users")]).toEqual(["shadow", "shadow"]);
  });

  test("is refused for a route that depends on one that a reload has just brought", async () => {
    const house = new House(new Map(), ["users"]);
    house.after = ["orders"];
    expect(await house.promote()).toMatchObject({ kind: "refused" });
    house.routes = ["users", "orders"];
    expect(await house.promote()).toMatchObject({ kind: "refused" });
  });

  test("is refused for complete while something keeps the legacy", async () => {
    const house = new House();
    await house.promote("users", "live");
    house.blockers = ["tenant acme called at 14:02"];
    const acted = await house.promote("users", "complete");
    expect(acted.kind === "refused" && acted.refusal.message).toContain("tenant acme called at 14:02");
  });
});

describe("a gate that goes nowhere", () => {
  const tellings = (house: House) => house.told.filter((line) => line.startsWith("warn"));

  test("is told once its evidence is too little for longer than the grace", async () => {
    const house = new House();
    await house.promote();
    house.nowMs += gateSettings.graceMs - 1;
    await house.controller.tick();
    expect(tellings(house)).toEqual([]);
    house.nowMs += 10_001;
    await house.controller.tick();
    await house.controller.tick();
    expect(tellings(house)).toEqual([expect.stringContaining("too little evidence")]);
  });

  test("is told when it is unhealthy for a minute, once for each time", async () => {
    const house = new House();
    await house.promote();
    const gone: KpiSeen = {
      kind: "unhealthy",
      name: "orders",
      min: 1,
      max: undefined,
      why: "ECONNREFUSED",
      outsideInARow: 0,
    };
    for (const kpis of [[gone], [gone], [gone], [], [gone], [gone]]) {
      house.kpis = kpis;
      await house.controller.tick();
      house.nowMs += 60_000;
    }
    const unhealthy = tellings(house).filter((line) => line.includes("unhealthy"));
    expect(unhealthy).toEqual([
      expect.stringContaining("ECONNREFUSED"),
      expect.stringContaining("promotes nothing"),
    ]);
  });
});

describe("a step back", () => {
  test("is taken although the journal cannot be written, which has it as soon as it can", async () => {
    const house = new House();
    await house.promote();
    house.diskFault = "no space left";
    expect(await house.rollback()).toMatchObject({ kind: "ok", isWritten: false });
    expect(house.at()).toBe("shadow");
    await house.controller.tick();
    expect(house.journal.map(({ event }) => event)).toEqual(["promote", "acknowledged"]);
    house.diskFault = undefined;
    await house.controller.tick();
    expect(house.journal.map(({ event }) => event)).toContain("rollback");
    const life = house.controller.life("users");
    expect(life && house.controller.unwritten(life)).toEqual([]);
  });

  test("is written before the process ends, or told that the next start does not know of it", async () => {
    const house = new House();
    await house.promote();
    house.diskFault = "no space left";
    await house.rollback();
    await house.controller.tick();
    await house.controller.tick();
    house.told.length = 0;
    await house.controller.writeMissed();
    expect(house.told).toEqual([expect.stringContaining("the next start has it at ramp 1 %")]);
    house.diskFault = undefined;
    await house.controller.writeMissed();
    expect(house.journal.at(-1)).toMatchObject({ event: "rollback" });
  });

  test("is told once, however often its clock cannot be written", async () => {
    const house = new House();
    await house.promote();
    house.diskFault = "no space left";
    await house.rollback();
    for (let tick = 0; tick < 5; tick++) await house.controller.tick();
    expect(house.told.filter((text) => text.includes("acknowledged"))).toEqual([
      "error users: rollout: acknowledged was not done",
    ]);
  });

  test("tells the one who was slower that somebody else was faster", async () => {
    const house = new House();
    await house.promote();
    const seen = house.controller.life("users")?.state.since;
    expect(await house.rollback(seen)).toMatchObject({ kind: "ok" });
    expect(await house.rollback(seen)).toEqual({ kind: "conflict" });
  });

  test("is taken for a kill, too, although the journal cannot be written, and for a pause is not", async () => {
    const house = new House();
    await house.promote();
    house.diskFault = "no space left";
    expect(await house.tell("pause")).toMatchObject({ kind: "failed" });
    expect(await house.tell("kill")).toMatchObject({ kind: "ok", isWritten: false });
    expect(house.at()).toBe("off");
  });

  test("is in the journal in the order of what happened, however late the disk has room", async () => {
    const house = new House();
    await house.promote();
    house.diskFault = "no space left";
    await house.rollback();
    await house.tell("kill");
    house.diskFault = undefined;
    await house.tell("arm");
    const events = house.journal.map(({ event }) => event).filter((event) => event !== "acknowledged");
    expect(events).toEqual(["promote", "rollback", "kill", "arm"]);
  });

  test("is written late without anybody asking, also once the step's clock runs", async () => {
    const house = new House();
    await house.promote();
    house.diskFault = "no space left";
    await house.rollback();
    const life = house.controller.life("users");
    life?.move({ ...life.state, clockAtMs: house.nowMs }, { served: noneServed(), warmUpMs: 0 });
    house.diskFault = undefined;
    await house.controller.tick();
    expect(house.journal.map(({ event }) => event)).toEqual(["promote", "acknowledged", "rollback"]);
    expect(house.told).toContain("info users: the journal has what it missed");
  });

  test("is refused to one who saw an epoch that never was, as to one who saw an old one", async () => {
    const house = new House();
    await house.promote();
    expect(await house.rollback(house.epoch + 1)).toEqual({ kind: "conflict" });
  });

  test("does not follow from a tripwire where the candidate serves nobody", async () => {
    const house = new House();
    await house.promote();
    await house.rollback();
    const entries = house.journal.length;
    await house.controller.trip("users", house.controller.life("users")?.state.since ?? 0, "late");
    expect([house.journal.length, house.told.filter((text) => text.includes("not done"))]).toEqual([
      entries,
      [],
    ]);
  });

  test("does not follow from a gate that fails in shadow: it is told by the gate alone", async () => {
    const house = new House();
    await house.controller.tick();
    house.failPairs();
    await house.controller.tick();
    expect(house.controller.life("users")?.reading?.verdict).toBe("fail");
    expect([house.at(), house.controller.life("users")?.state.latch]).toEqual(["shadow", null]);
    expect(house.published).toEqual([]);
  });

  test("follows from the tripwire of the step that is in force, and of no other", async () => {
    const house = new House();
    await house.promote();
    await house.controller.trip("users", 3, "an old step");
    expect(house.at()).toBe("ramp 1 %");
    await house.controller.trip("users", house.epoch, "5 failures in a row");
    expect(house.at()).toBe("shadow");
    expect(house.controller.life("users")?.state.latch).toMatchObject({
      who: "tripwire",
      reason: "5 failures in a row",
    });
  });

  test("follows from a gate that fails, and stays until somebody arms the route", async () => {
    const house = new House();
    house.advance = "automatic";
    await house.promote();
    house.nowMs += 5_000;
    for (let i = 0; i < 200; i++)
      house.see(10, { match: 0, candidateFailed: 10, legacyLatency: {}, candidateLatency: {} });
    await house.controller.tick();
    expect(house.at()).toBe("shadow");
    expect(house.journal.at(-2)).toMatchObject({ event: "rollback", who: "gate", gate: { verdict: "fail" } });
    house.see(5_000);
    house.nowMs += 60_000;
    await house.controller.tick();
    await house.controller.tick();
    expect(house.at()).toBe("shadow");
  });
});

describe("the gate", () => {
  test("promotes by itself where the route is automatic, and where not, waits for a person", async () => {
    const certified = async (advance: RouteTerms["advance"]) => {
      const house = new House();
      house.advance = advance;
      await house.controller.tick();
      house.nowMs += 5_000;
      house.see(20_000);
      house.see(20_000);
      house.nowMs += 5_000;
      await house.controller.tick();
      return [house.at(), house.controller.life("users")?.reading?.verdict];
    };
    expect(await certified("automatic")).toEqual(["ramp 1 %", undefined]);
    expect(await certified("approval")).toEqual(["shadow", "pass"]);
  });

  test("promotes nobody while the route is paused, and never to complete", async () => {
    const paused = new House();
    paused.advance = "automatic";
    await paused.promote();
    await paused.tell("pause");
    paused.certify();
    await paused.controller.tick();
    expect([paused.at(), paused.controller.life("users")?.reading?.verdict]).toEqual(["ramp 1 %", "pass"]);
    const live = new House();
    live.advance = "automatic";
    await live.promote("users", "live");
    live.certify();
    await live.controller.tick();
    expect([live.at(), live.controller.life("users")?.reading?.verdict]).toEqual(["live", "pass"]);
  });

  test("says once in a step that it has too little for longer than its grace", async () => {
    const house = new House();
    const warnings = () => house.told.filter((text) => text.includes("too little evidence")).length;
    await house.promote();
    const counts: number[] = [];
    for (let i = 0; i < 3; i++) {
      house.nowMs += 11_000;
      await house.controller.tick();
      counts.push(warnings());
    }
    await house.promote("users", "50");
    house.nowMs += 11_000;
    await house.controller.tick();
    expect([...counts, warnings()]).toEqual([1, 1, 1, 2]);
  });

  test("stands in the journal beside what people did, and not beside an acknowledgement", async () => {
    const house = new House();
    await house.controller.tick();
    house.certify();
    await house.promote("users", undefined, false);
    expect(house.journal.map(({ event, gate }) => [event, gate?.verdict])).toEqual([
      ["promote", "pass"],
      ["acknowledged", undefined],
    ]);
  });

  test("passes for one step: a second person who promotes at the same moment is refused", async () => {
    const house = new House();
    await house.controller.tick();
    house.nowMs += 5_000;
    house.see(20_000);
    house.see(20_000);
    house.nowMs += 5_000;
    const both = await Promise.all([
      house.promote("users", undefined, false),
      house.promote("users", undefined, false),
    ]);
    expect(both.map(({ kind }) => kind)).toEqual(["ok", "refused"]);
    expect(house.at()).toBe("ramp 1 %");
  });

  test("is looked at of every route, although one cannot be looked after", async () => {
    const house = new House();
    house.uncounted = "users";
    await house.controller.tick();
    expect(house.controller.life("orders")?.reading?.verdict).toBe("insufficient");
    expect(house.told).toEqual(["error users: the route could not be looked after"]);
  });

  test("counts from when every thread has the decision", async () => {
    const house = new House();
    house.stragglers = ["serving-1"];
    await house.promote();
    house.see(100);
    expect(house.controller.life("users")?.evidence.pairs.pairs).toBe(0);
    house.stragglers = [];
    await house.controller.tick();
    // Of what decides nothing, the epoch of the step: 12 is another decision's.
    expect(house.journal.at(-1)).toMatchObject({ event: "acknowledged", epoch: 11 });
    house.see(100);
    expect(house.controller.life("users")?.evidence.pairs.pairs).toBe(100);
  });
});

describe("a clock that is set", () => {
  const HOUR_MS = 3_600_000;

  test.each([-HOUR_MS, 24 * HOUR_MS])("by %i ms makes no step longer or shorter", async (jumpMs) => {
    const house = new House();
    await house.controller.tick();
    const elapsed = () => house.controller.life("users")?.reading?.elapsedMs;
    house.nowMs += 600;
    house.see(100);
    await house.controller.tick();
    expect(elapsed()).toBe(600);
    house.jumpMs = jumpMs;
    await house.controller.tick();
    expect(elapsed()).toBe(600);
    house.nowMs += 500;
    house.see(1);
    await house.controller.tick();
    expect(elapsed()).toBe(1_100);
    expect(house.told).toEqual(["warn the clock was set: steps go on by the time that has passed"]);
  });
});

describe("a tick", () => {
  test("lets others have their turn after each route", async () => {
    const house = new House();
    await house.controller.tick();
    expect(house.turns).toBe(2);
  });

  test("asks a gate again where something came, and now and then where nothing did", async () => {
    const house = new House();
    const lookedAtMs = async (afterMs: number) => {
      house.nowMs += afterMs;
      await house.controller.tick();
      return house.controller.life("users")?.reading?.atMs;
    };
    const first = await lookedAtMs(0);
    expect(await lookedAtMs(1_000)).toBe(first);
    house.see(1);
    expect(await lookedAtMs(1_000)).toBe(house.nowMs);
    expect(await lookedAtMs(9_000)).toBe(house.nowMs - 9_000);
    expect(await lookedAtMs(1_000)).toBe(house.nowMs);
  });
});

describe("where a route stands", () => {
  test("is what the journal says, and for one that never moved what the config says", async () => {
    const house = new House();
    await house.promote();
    house.begin = "off";
    expect([house.at("users"), house.at("orders")]).toEqual(["ramp 1 %", "off"]);
    const again = new House(house.controller.states());
    expect([again.at("users"), again.at("orders")]).toEqual(["ramp 1 %", "shadow"]);
  });
});
