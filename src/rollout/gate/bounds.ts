// Evidence about rates that stays right however often one looks at it: e-processes, and bounds made of them.
// Pure arithmetic over counts. docs/gates.md tells the formulas; a bound at level α is wrong, ever, with chance α.

/** A factor by which odds are tilted, and its share of the bets. */
type Bet = readonly [tilt: number, weight: number];

/**
 * On a smaller rate. Half the stake is on "never": so none seen certifies nearly as soon as a test of fixed size
 * would, and what is lost with the first one seen is the other half's to win back.
 */
const BELOW: readonly Bet[] = [
  [0, 0.5],
  [0.05, 0.1],
  [0.15, 0.1],
  [0.3, 0.1],
  [0.5, 0.1],
  [0.75, 0.1],
];

/** On a larger rate: from a quarter more to a thousandfold. */
const ABOVE: readonly Bet[] = [
  [1.25, 0.125],
  [1.6, 0.125],
  [2, 0.125],
  [3, 0.125],
  [6, 0.125],
  [20, 0.125],
  [100, 0.125],
  [1000, 0.125],
];

/** Shares of the stake that are bet at once on an excess below a margin. */
const STAKES: readonly Bet[] = [
  [1, 0.5],
  [0.6, 0.1],
  [0.35, 0.1],
  [0.2, 0.1],
  [0.1, 0.1],
  [0.03, 0.1],
];

/** Halvings of an interval: what is left is below a double's last bits of any rate that matters. */
const HALVINGS = 48;

/** ln Σ exp(logs), without overflow. */
function logSum(logs: readonly number[]): number {
  const top = Math.max(...logs);
  if (top === Number.NEGATIVE_INFINITY) return top;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - top);
  return top + Math.log(sum);
}

/** Each trial multiplies the bet by tilt^x / (1 + (tilt − 1)·rate), whose mean is 1 where x has the mean `rate`. */
function logMixture(bets: readonly Bet[], hits: number, of: number, rate: number): number {
  return logSum(
    bets.map(([tilt, weight]) => {
      const won = hits === 0 ? 0 : hits * Math.log(tilt);
      return Math.log(weight) + won - of * Math.log1p((tilt - 1) * rate);
    }),
  );
}

/** ln of the evidence that the rate behind `hits` of `of` lies below `rate` (0..1). */
export function logEvidenceBelow(hits: number, of: number, rate: number): number {
  return of === 0 ? 0 : logMixture(BELOW, hits, of, Math.min(rate, 1 - Number.EPSILON));
}

/** ln of the evidence that the rate lies above `rate`. */
export function logEvidenceAbove(hits: number, of: number, rate: number): number {
  return of === 0 ? 0 : logMixture(ABOVE, hits, of, rate);
}

/** The smallest of low..high for which `isSo` holds, which does for all above it. */
function threshold(low: number, high: number, isSo: (value: number) => boolean): number {
  let [from, to] = [low, high];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (from + to) / 2;
    if (isSo(middle)) to = middle;
    else from = middle;
  }
  return to;
}

/** The rate is at most this. 1 where nothing was tried. */
export function upperBound(hits: number, of: number, alpha: number): number {
  const least = -Math.log(alpha);
  return threshold(0, 1, (rate) => logEvidenceBelow(hits, of, rate) >= least);
}

/** The rate is at least this. 0 where nothing was tried. */
export function lowerBound(hits: number, of: number, alpha: number): number {
  const least = -Math.log(alpha);
  if (hits === 0) return 0;
  return threshold(0, 1, (rate) => logEvidenceAbove(hits, of, rate) < least);
}

/** Pairs of which `worse` went against the candidate alone, `better` against the legacy alone. */
export interface PairOutcomes {
  readonly worse: number;
  readonly better: number;
  readonly pairs: number;
}

/**
 * ln of the evidence that the candidate's rate exceeds the legacy's by less than `margin`: a stake s on each pair
 * becomes 1 + s·(margin − x), x being 1, −1 or 0. Its mean is at most 1 where the excess is the margin or more.
 */
export function logEvidenceWithin({ worse, better, pairs }: PairOutcomes, margin: number): number {
  if (pairs === 0) return 0;
  return logSum(
    STAKES.map(([stake, weight]) => {
      const lost = worse === 0 ? 0 : worse * Math.log(Math.max(0, 1 + stake * (margin - 1)));
      return (
        Math.log(weight) +
        lost +
        better * Math.log1p(stake * (margin + 1)) +
        (pairs - worse - better) * Math.log1p(stake * margin)
      );
    }),
  );
}

/** The candidate's rate exceeds the legacy's by at most this; never below 0. */
export function excessBound(outcomes: PairOutcomes, alpha: number): number {
  const least = -Math.log(alpha);
  return threshold(0, 1, (margin) => logEvidenceWithin(outcomes, margin) >= least);
}

/** Tilts of the contest between two arms. */
const CONTEST_TILTS = ABOVE.map(([tilt]) => tilt);

/**
 * Of failures in which of two arms: what was won so far, and per tilt what it cost. Within one look, failures fall
 * on the arms as their requests do where the services are alike; so the looks may have any shares.
 */
export interface Contest {
  hits: number;
  of: number;
  /** Per tilt, Σ ln(1 + (tilt − 1)·share). */
  costs: number[];
}

export function newContest(): Contest {
  return { hits: 0, of: 0, costs: CONTEST_TILTS.map(() => 0) };
}

/** `failures` fell on an arm that had `share` (0..1) of the requests, and `others` elsewhere. Changes `contest`. */
export function addToContest(contest: Contest, failures: number, others: number, share: number): void {
  contest.hits += failures;
  contest.of += failures + others;
  for (const [index, tilt] of CONTEST_TILTS.entries()) {
    const cost = (failures + others) * Math.log1p((tilt - 1) * share);
    contest.costs[index] = (contest.costs[index] ?? 0) + cost;
  }
}

/** ln of the evidence that the arm fails more often. */
export function logContestEvidence(contest: Contest): number {
  if (contest.of === 0) return 0;
  return logSum(
    ABOVE.map(
      ([tilt, weight], index) =>
        Math.log(weight) + contest.hits * Math.log(tilt) - (contest.costs[index] ?? 0),
    ),
  );
}

/** ln of the evidence that `hits` of `of` do not have the rate, either way. */
export function logEvidenceAgainst(hits: number, of: number, rate: number): number {
  const above = logEvidenceAbove(hits, of, rate);
  const below = logEvidenceBelow(hits, of, rate);
  return logSum([above, below]) - Math.LN2;
}
