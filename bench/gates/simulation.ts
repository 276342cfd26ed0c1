// Runs simulated steps and rollouts through a gate, and counts: rolled back or not, and after how many exchanges.
import type { GateSettings } from "../../src/core/gate-settings.ts";
import { latencyBucket } from "../../src/core/latency-buckets.ts";
import { percentile } from "../statistics.ts";
import { OwnGate, type View } from "./own-gate.ts";
import { FixedThreshold, INTERVAL, MannWhitney, type PeerGate } from "./peer-gates.ts";
import { Stream, type World } from "./streams.ts";

/** The steps of the default ramp, as the share that the candidate serves. */
export const STEP_SHARES = [0, 0, 0.01, 0.05, 0.25, 0.5, 1, 1] as const;

const P99_SCALE = 2.3263;
export const legacyP99Bucket = (world: World) => latencyBucket(20 * Math.exp(P99_SCALE * world.legacySigma));

/** Exchanges of one step until the gate fails; undefined: it does not within `exchanges`. */
export function ownUntilFail(
  world: World,
  seed: number,
  { settings, view, exchanges }: { settings: GateSettings; view: View; exchanges: number },
): number | undefined {
  const stream = new Stream(world, seed);
  const gate = new OwnGate(settings, view, legacyP99Bucket(world));
  for (let i = 1; i <= exchanges; i++) if (gate.add(stream.next())) return i;
  return undefined;
}

export function peersFor(world: World): PeerGate[] {
  // Half again the legacy's error rate, and its p99 half again: room for chance, as people set it.
  const slowBucket = legacyP99Bucket(world) + Math.ceil(Math.log(1.5) / Math.log(1.0965));
  return [new FixedThreshold(world.legacyErrors * 1.5, 0.01, slowBucket), new MannWhitney()];
}

export function peerUntilFail(
  world: World,
  seed: number,
  { gate, share, exchanges }: { gate: PeerGate; share: number; exchanges: number },
): number | undefined {
  const stream = new Stream(world, seed);
  for (let i = 1; i <= exchanges; i++) {
    const exchange = stream.next();
    const { hasCandidateFailed, hasLegacyFailed, candidateBucket, legacyBucket } = exchange;
    // In shadow both are asked, in canary one of them.
    const isCandidate = exchange.unit < share * 2 ** 32;
    if (share === 0 || isCandidate) gate.add("candidate", hasCandidateFailed, candidateBucket);
    if (!isCandidate) gate.add("legacy", hasLegacyFailed, legacyBucket);
    if (i % INTERVAL === 0 && gate.look()) return i;
  }
  return undefined;
}

/** A whole rollout: every step with evidence of its own. True: rolled back somewhere. */
export function isRolledBack(
  world: World,
  seed: number,
  { settings, exchanges, isPaired = true }: { settings: GateSettings; exchanges: number; isPaired?: boolean },
): boolean {
  return STEP_SHARES.some((share, step) => {
    const view = { share, isPaired, knowsUnits: true };
    return ownUntilFail(world, seed * STEP_SHARES.length + step, { settings, view, exchanges }) !== undefined;
  });
}

export interface Detection {
  readonly median: number | undefined;
  readonly p95: number | undefined;
  /** Share of the runs that never failed. */
  readonly never: number;
}

/** Over all runs: one that never failed took longer than any. */
export function detectionOf(runs: readonly (number | undefined)[]): Detection {
  const sorted = runs.map((run) => run ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const finite = (value: number | undefined) =>
    value === undefined || !Number.isFinite(value) ? undefined : value;
  return {
    median: finite(percentile(sorted, 0.5)),
    p95: finite(percentile(sorted, 0.95)),
    never: runs.filter((run) => run === undefined).length / Math.max(1, runs.length),
  };
}
