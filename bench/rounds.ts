// Measures contestants in turns: A B C A B C …, so that what the machine does meanwhile meets all of them.
import { fileURLToPath } from "node:url";
import type { Contestant, ContestantStart } from "./contestants/contestant.ts";
import type { LoadRequest, LoadResult } from "./load/load.ts";
import { cpuSeconds } from "./proc.ts";
import { type Started, start } from "./processes.ts";
import { median, spread } from "./statistics.ts";
import type { Upstreams } from "./upstreams/healthy.ts";

const WORKER = fileURLToPath(new URL("./load/worker.ts", import.meta.url));
export const CONNECTIONS = 64;
/** What every contestant is asked for, unless a scenario says otherwise. */
export const PATH = "/r500/items/4711?currency=EUR";

export interface Round {
  readonly contestant: string;
  readonly round: number;
  readonly load: LoadResult;
  readonly requestsPerSecond: number;
  /** Of the whole process tree; undefined without a proxy, or off Linux. */
  readonly cpuMicrosPerRequest: number | undefined;
}

/** One row of a scenario's table: medians over its rounds. */
export interface Row {
  readonly contestant: string;
  readonly rounds: number;
  readonly requestsPerSecond: number | undefined;
  readonly cpuMicrosPerRequest: number | undefined;
  /** Half the distance between the quartiles, as a share of the median. */
  readonly cpuSpread: number | undefined;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** All rounds together. */
  readonly non2xx: number;
  readonly errors: number;
  readonly unanswered: number;
}

/** A table cell, not a log. */
const CAUSE_CHARACTERS_MAX = 240;

export interface Failure {
  /** `left-out` is no fault: this machine lacks what the contestant needs. */
  readonly kind: "left-out" | "failed-to-start" | "broke";
  readonly contestant: string;
  readonly reason: string;
}

/** Names a failure with its cause, whatever was thrown. */
export function failureOf(kind: Failure["kind"], contestant: string, error: unknown): Failure {
  const whole = error instanceof Error ? error.message : String(error);
  const cause = whole.replaceAll(/\s*\n\s*/g, " ").slice(0, CAUSE_CHARACTERS_MAX);
  return { kind, contestant, reason: `${kind.replaceAll("-", " ")}: ${cause}` };
}

export interface LoadPlan {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** Undefined: a closed loop. */
  readonly ratePerSecond: number | undefined;
  readonly path?: string;
}

function askWorker(worker: Started, request: LoadRequest): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error(`the load ended: ${worker.log()}`));
    worker.process.once("exit", onExit);
    worker.process.once("message", (result) => {
      worker.process.off("exit", onExit);
      resolve(result as LoadResult);
    });
    worker.process.send(request);
  });
}

async function measure(
  worker: Started,
  contestant: Contestant,
  plan: LoadPlan,
): Promise<Omit<Round, "round">> {
  const request: LoadRequest = {
    url: contestant.url + (plan.path ?? PATH),
    connections: CONNECTIONS,
    ratePerSecond: plan.ratePerSecond,
    seconds: plan.seconds,
  };
  if (plan.warmupSeconds > 0) {
    await askWorker(worker, { ...request, seconds: plan.warmupSeconds });
    await contestant.settle();
  }
  const before = contestant.pid === undefined ? undefined : cpuSeconds(contestant.pid);
  const load = await askWorker(worker, request);
  const end = contestant.ended();
  if (end !== undefined) throw new Error(end);
  // Work that is still owed (mirrors to judge) belongs to these requests.
  await contestant.settle();
  const after = contestant.pid === undefined ? undefined : cpuSeconds(contestant.pid);
  return {
    contestant: contestant.name,
    load,
    requestsPerSecond: load.requests / load.seconds,
    cpuMicrosPerRequest:
      before === undefined || after === undefined || load.requests === 0
        ? undefined
        : ((after - before) * 1e6) / load.requests,
  };
}

/** Medians per contestant, in the order of their first round. */
export function rowsOf(rounds: readonly Round[]): readonly Row[] {
  const names = [...new Set(rounds.map((round) => round.contestant))];
  return names.map((contestant) => {
    const own = rounds.filter((round) => round.contestant === contestant);
    const medianOf = (pick: (round: Round) => number | undefined): number | undefined =>
      median(own.map(pick).filter((value) => value !== undefined));
    const cpu = own.map((round) => round.cpuMicrosPerRequest).filter((value) => value !== undefined);
    const sumOf = (pick: (load: LoadResult) => number): number =>
      own.reduce((sum, r) => sum + pick(r.load), 0);
    return {
      contestant,
      rounds: own.length,
      requestsPerSecond: medianOf((round) => round.requestsPerSecond),
      cpuMicrosPerRequest: median(cpu),
      cpuSpread: spread(cpu),
      p50Ms: medianOf((round) => round.load.latencyMs.p50),
      p99Ms: medianOf((round) => round.load.latencyMs.p99),
      non2xx: sumOf((load) => load.non2xx),
      errors: sumOf((load) => load.errors),
      unanswered: sumOf((load) => load.unanswered),
    };
  });
}

function requireUpstreams(upstreams: Upstreams): void {
  const end = upstreams.started.ended();
  if (end !== undefined) throw new Error(`the upstreams ${end}`);
}

export interface Alternated {
  readonly rounds: readonly Round[];
  readonly failures: readonly Failure[];
}

/**
 * Starts every contestant, then measures them in turns. One that cannot start or breaks is named in
 * `failures` with its reason, and the others go on. `atEnd` sees each one before it stops.
 */
export async function alternate(
  starts: readonly ContestantStart[],
  plan: LoadPlan,
  options: {
    readonly say: (line: string) => void;
    /** Without them no number is worth anything: the whole run ends when they do. */
    readonly upstreams: Upstreams;
    readonly atEnd?: (contestant: Contestant) => Promise<void>;
  },
): Promise<Alternated> {
  const rounds: Round[] = [];
  const failures: Failure[] = [];
  const contestants: Contestant[] = [];
  const fail = (failure: Failure): void => {
    failures.push(failure);
    options.say(`  ${failure.contestant}: ${failure.reason}`);
  };
  const worker = start("rest", process.execPath, [WORKER]);
  try {
    for (const each of starts) {
      if (each.leftOut !== undefined) fail(failureOf("left-out", each.name, each.leftOut));
      else
        try {
          contestants.push(await each.start());
        } catch (error) {
          fail(failureOf("failed-to-start", each.name, error));
        }
    }
    const broken = new Set<Contestant>();
    for (let round = 1; round <= plan.rounds; round++)
      for (const contestant of contestants) {
        if (broken.has(contestant)) continue;
        let result: Round;
        try {
          // One warm-up each is enough: the process is the same in every round.
          const warmupSeconds = round === 1 ? plan.warmupSeconds : 0;
          result = { ...(await measure(worker, contestant, { ...plan, warmupSeconds })), round };
        } catch (error) {
          requireUpstreams(options.upstreams);
          broken.add(contestant);
          fail(failureOf("broke", contestant.name, error));
          continue;
        }
        requireUpstreams(options.upstreams);
        rounds.push(result);
        options.say(`  ${round}/${plan.rounds} ${contestant.name.padEnd(34)} ${describeRound(result)}`);
      }
    for (const contestant of contestants) if (!broken.has(contestant)) await options.atEnd?.(contestant);
  } finally {
    for (const contestant of contestants) await contestant.stop();
    await worker.stop();
  }
  return { rounds, failures };
}

function describeRound(round: Round): string {
  const cpu =
    round.cpuMicrosPerRequest === undefined ? "" : `${round.cpuMicrosPerRequest.toFixed(1)} µs CPU, `;
  const { p99 } = round.load.latencyMs;
  const bad = round.load.non2xx + round.load.errors + round.load.unanswered;
  return `${cpu}${Math.round(round.requestsPerSecond)} req/s, p99 ${p99?.toFixed(2) ?? "-"} ms${bad > 0 ? `, ${bad} BAD` : ""}`;
}
