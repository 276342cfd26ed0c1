// Prints what the gate does on simulated traffic, as Markdown: `node_modules/.bin/node bench/gates/simulate.ts`.
// Seeded: the same numbers each time. docs/gates.md holds them as measured.
import { POLICIES } from "../../src/config/gate-policies.ts";
import type { GateSettings } from "../../src/core/gate-settings.ts";
import {
  type Detection,
  detectionOf,
  isRolledBack,
  ownUntilFail,
  peersFor,
  peerUntilFail,
} from "./simulation.ts";
import { EQUAL, SIGMA_DOUBLES_P99, type World } from "./streams.ts";

const ROLLOUTS = 2_000;
/** Of the other kinds of traffic: enough to see a gross error, and soon done. */
const ROLLOUTS_FEW = 100;
const STEP_EXCHANGES = 4_000;
const RUNS = 50;
const EXCHANGES = 50_000;

const settings: GateSettings = {
  policy: "standard",
  ...POLICIES.standard,
  requestShareMax: undefined,
  kpis: [],
};

const print = (line: string) => process.stdout.write(`${line}\n`);
const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const inCount = (count: number | undefined) => (count === undefined ? "–" : count.toLocaleString("en-US"));
const inPercent = (share: number) => `${Number((share * 100).toFixed(2))} %`;

const HEAVY_FAILING: World = { ...EQUAL, heavyShare: 0.6, sharedErrors: 0.05, isHeavyFailing: true };

const EQUAL_WORLDS: readonly (readonly [name: string, world: World, isPaired?: boolean])[] = [
  ["equal, 1 % errors on both", EQUAL],
  ["… and mismatches exactly as often as allowed (0.1 %)", { ...EQUAL, mismatches: 0.001 }],
  ["… and 0.5 % noise, told as noise", { ...EQUAL, noise: 0.005 }],
  ["… and 0.5 % noise, not told: true mismatches to the gate", { ...EQUAL, mismatches: 0.005 }],
  ["… and one unit of 500 that sends 60 %", { ...EQUAL, heavyShare: 0.6 }],
  ["… and that unit's requests fail 5 % at both", HEAVY_FAILING],
  ["… the same, and nothing is mirrored", HEAVY_FAILING, false],
];

const FAULTS: readonly (readonly [name: string, world: World])[] = [
  ["errors 1 % → 2 %", { ...EQUAL, candidateErrors: 0.02 }],
  ["1 % mismatches", { ...EQUAL, mismatches: 0.01 }],
  ["p99 doubled", { ...EQUAL, candidateSigma: EQUAL.legacySigma + SIGMA_DOUBLES_P99 }],
  ["equal (every fail is false)", EQUAL],
];

const RETRIED: World = { ...EQUAL, retriedShare: 0.0005, retries: 9 };

function printEqual(): void {
  print(
    `| services | rollouts of 8 steps of ${inCount(STEP_EXCHANGES)} exchanges | rolled back (alpha: ${inPercent(settings.alpha)}) |`,
  );
  print("|---|---|---|");
  for (const [index, [name, world, isPaired = true]] of EQUAL_WORLDS.entries()) {
    const rollouts = index === 0 ? ROLLOUTS : ROLLOUTS_FEW;
    const count = seeds(rollouts).filter((seed) =>
      isRolledBack(world, seed, { settings, exchanges: STEP_EXCHANGES, isPaired }),
    ).length;
    print(`| ${name} | ${inCount(rollouts)} | ${inCount(count)} (${inPercent(count / rollouts)}) |`);
  }
}

function printDetection(label: string, gate: string, { median, p95, never }: Detection): void {
  print(`| ${label} | ${gate} | ${inCount(median)} | ${inCount(p95)} | ${inPercent(never)} |`);
}

function printDetections(): void {
  print(`| what is wrong | gate | median | p95 | never within ${inCount(EXCHANGES)} |`);
  print("|---|---|---|---|---|");
  for (const share of [0, 0.05]) {
    const where = share === 0 ? "shadow" : "5 %";
    for (const [name, world] of FAULTS) {
      const label = `${where}: ${name}`;
      const own = (isPaired: boolean) =>
        detectionOf(
          seeds(RUNS).map((seed) =>
            ownUntilFail(world, seed, {
              settings,
              view: { share, isPaired, knowsUnits: true },
              exchanges: EXCHANGES,
            }),
          ),
        );
      printDetection(label, "Parallax", own(true));
      if (share > 0) printDetection(label, "Parallax, nothing mirrored", own(false));
      for (const index of peersFor(world).keys()) {
        const runs = seeds(RUNS).map((seed) => {
          const gate = peersFor(world)[index];
          return gate === undefined
            ? undefined
            : peerUntilFail(world, seed, { gate, share, exchanges: EXCHANGES });
        });
        printDetection(label, peersFor(world)[index]?.name ?? "", detectionOf(runs));
      }
    }
  }
}

function printRetries(): void {
  print(
    `| one unit's request that the candidate fails, sent ten times, one in 2,000 | median | p95 | never within ${inCount(EXCHANGES)} |`,
  );
  print("|---|---|---|---|");
  for (const knowsUnits of [true, false]) {
    const { median, p95, never } = detectionOf(
      seeds(RUNS).map((seed) =>
        ownUntilFail(RETRIED, seed, {
          settings,
          view: { share: 0, isPaired: true, knowsUnits },
          exchanges: EXCHANGES,
        }),
      ),
    );
    print(
      `| ${knowsUnits ? "failures told by unit: five of a unit count" : "failures not told by unit"} | ${inCount(median)} | ${inCount(p95)} | ${inPercent(never)} |`,
    );
  }
}

printEqual();
print("");
printDetections();
print("");
printRetries();
