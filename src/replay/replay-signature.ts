// The stored requests of one signature, sent again and judged: is it fixed?
import type { SignatureAnswer } from "../admin/schemas.ts";
import type { Sample, Signature } from "../core/batch.ts";
import type { RouteSettings } from "../core/snapshot.ts";
import { type ReplayOutcome, type ReplayParts, replayExchange } from "./exchange.ts";
import { type FixedVerdict, findingOf, type SampleFinding, verdictOf, whyNotReplayable } from "./is-fixed.ts";
import type { SignedDifference } from "./replay-judge.ts";

/** Other differences that are listed; the rest are counted. */
export const OTHERS_MAX = 50;

export interface ReplayedSample {
  readonly exchangeId: string;
  readonly method: string;
  /** Redacted, as stored. */
  readonly target: string;
  readonly finding: SampleFinding;
}

export interface OtherDifference {
  readonly example: SignedDifference;
  /** Samples that show it. */
  readonly samples: number;
}

export interface SignatureReplay {
  readonly verdict: FixedVerdict;
  /** Why nothing was sent at all. */
  readonly why: string | undefined;
  readonly samples: readonly ReplayedSample[];
  /** Differences that the stored exchanges did not have: part of no verdict. */
  readonly fresh: readonly OtherDifference[];
  readonly freshTotal: number;
}

export interface SignatureReplayInput {
  readonly signature: SignatureAnswer;
  readonly samples: readonly Sample[];
  readonly routeOf: (sample: Sample) => RouteSettings;
}

/** One after the other: there are a few, and a service under test is not to be surprised. */
export async function replaySignature(
  { signature, samples, routeOf }: SignatureReplayInput,
  parts: ReplayParts,
): Promise<SignatureReplay> {
  const wanted: Signature = signature;
  const why = whyNothing(wanted, samples, routeOf);
  const nothing = { samples: [], fresh: [], freshTotal: 0 };
  if (why !== undefined) return { verdict: "cannot-tell", why, ...nothing };
  const replayed: ReplayedSample[] = [];
  const fresh = new Map<string, { example: SignedDifference; samples: number }>();
  for (const sample of samples) {
    // The signature's endpoint, which may have got another name since: so that ids are the same.
    const placed = { stored: sample, route: routeOf(sample), endpoint: wanted.endpoint };
    const outcome = await replayExchange(placed, parts);
    const { method, target } = sample.request;
    replayed.push({ exchangeId: sample.id, method, target, finding: findingOf(wanted, sample, outcome) });
    for (const found of freshIn(outcome, sample, wanted)) {
      const known = fresh.get(found.signature.id);
      if (known === undefined) fresh.set(found.signature.id, { example: found, samples: 1 });
      else known.samples++;
    }
  }
  const mostFirst = [...fresh.values()].sort((a, b) => b.samples - a.samples);
  return {
    verdict: verdictOf(replayed.map(({ finding }) => finding)),
    why: undefined,
    samples: replayed,
    fresh: mostFirst.slice(0, OTHERS_MAX),
    freshTotal: fresh.size,
  };
}

function whyNothing(
  wanted: Signature,
  samples: readonly Sample[],
  routeOf: SignatureReplayInput["routeOf"],
): string | undefined {
  const [newest] = samples;
  if (newest === undefined) return "no exchange is stored with it any more";
  if (wanted.kind === "violation" && routeOf(newest).contract === undefined)
    return "it is a violation of a contract, and none is given: name the config with --config";
  return whyNotReplayable(wanted);
}

/** The first of each signature that the stored exchange had not. */
function freshIn(outcome: ReplayOutcome, sample: Sample, wanted: Signature): readonly SignedDifference[] {
  if (outcome.kind !== "judged") return [];
  const known = new Set([...sample.signatureIds, wanted.id]);
  return outcome.judgement.differences.filter(({ signature }) => {
    if (known.has(signature.id)) return false;
    known.add(signature.id);
    return true;
  });
}
