// Whether memory grows with the exchanges: resident bytes after the first thousands and after ten times more.
import { type ParallaxContestant, startParallax } from "../contestants/parallax.ts";
import { residentBytes } from "../proc.ts";
import { alternate, type Failure, failureOf, type Round } from "../rounds.ts";
import { ratio } from "../statistics.ts";
import type { BenchSettings, Scenario } from "./scenario.ts";

const NAME = "Parallax, mirroring and judging";
const GOAL = "resident memory, second look against the first";
/** Slower than the fixed rate: what is skipped would not count. */
const RATE_SHARE = 0.6;
/** After the last exchange, before the look: collections and batches come to rest. */
const QUIET_MS = 3_000;

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

interface Look {
  readonly mirrored: number;
  readonly bytes: number | undefined;
  readonly rounds: readonly Round[];
}

/** Sends until about `count` exchanges have been judged since the start, waits, and looks. */
async function lookAfter(count: number, own: ParallaxContestant, settings: BenchSettings): Promise<Look> {
  const rate = Math.round(settings.ratePerSecond * RATE_SHARE);
  const judged = async (): Promise<number> => {
    const { match, mismatch, incomparable } = await own.totals();
    return match + mismatch + incomparable;
  };
  const missing = count - (await judged());
  const kept = {
    name: NAME,
    leftOut: undefined,
    start: () => Promise.resolve({ ...own, stop: () => Promise.resolve() }),
  };
  const plan = { rounds: 1, seconds: missing / rate, warmupSeconds: 0, ratePerSecond: rate };
  const { rounds, failures } = await alternate([kept], plan, settings);
  if (failures[0] !== undefined) throw new Error(failures[0].reason);
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  return { mirrored: await judged(), bytes: residentBytes(own.pid), rounds };
}

export const memory: Scenario = {
  name: "memory",
  title: "Resident memory over mirrored exchanges",
  run: async (settings) => {
    const nothing = (failure: Failure) => ({
      rows: [],
      rounds: [],
      failures: [failure],
      notes: [],
      goals: [
        { goal: GOAL, atMost: 1.1, ratio: undefined, detail: `${failure.contestant}: ${failure.reason}` },
      ],
    });
    let own: ParallaxContestant;
    try {
      own = await startParallax({ name: NAME, ...settings.upstreams });
    } catch (error) {
      const failure = failureOf("failed-to-start", NAME, error);
      settings.say(`  ${NAME}: ${failure.reason}`);
      return nothing(failure);
    }
    try {
      const [firstCount, secondCount] = settings.memoryExchanges;
      const first = await lookAfter(firstCount, own, settings);
      const second = await lookAfter(secondCount, own, settings);
      const looks = [first, second].map(
        ({ mirrored, bytes }) => `${bytes === undefined ? "unknown" : megabytes(bytes)} after ${mirrored}`,
      );
      settings.say(`  ${looks.join(", ")}`);
      const detail =
        second.bytes === undefined
          ? "resident memory is only read on Linux"
          : `${looks[1]} against ${looks[0]}`;
      return {
        rows: [],
        rounds: [...first.rounds, ...second.rounds],
        failures: [],
        notes: [`${looks.join(", ")} mirrored exchanges`],
        goals: [{ goal: GOAL, atMost: 1.1, ratio: ratio(second.bytes, first.bytes), detail }],
      };
    } finally {
      await own.stop();
    }
  },
};
