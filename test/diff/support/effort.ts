// How long the property tests of the judge run: a fixed number of cases from a fixed seed, or PARALLAX_FUZZ_SECONDS
// from a seed of now. PARALLAX_FUZZ_SEED runs a seed again.

export const fuzzSeconds = Number(process.env["PARALLAX_FUZZ_SECONDS"] ?? 0);
export const fuzzSeed = Number(
  process.env["PARALLAX_FUZZ_SEED"] ?? (fuzzSeconds > 0 ? Date.now() % 2 ** 31 : 20_260_101),
);

/** For a test that works by `effort`. */
export const patience = (fuzzSeconds + 60) * 1000;

interface Effort {
  readonly seed: number;
  readonly numRuns: number;
  /** The bodies are in the message; shrinking documents of a kilobyte takes minutes. */
  readonly endOnFailure: true;
  readonly interruptAfterTimeLimit?: number;
  readonly markInterruptAsFailure?: boolean;
}

/** What fast-check needs to know: `cases` of them, or as many as fit into the seconds asked for. */
export function effort(cases: number): Effort {
  if (fuzzSeconds === 0) return { seed: fuzzSeed, numRuns: cases, endOnFailure: true };
  return {
    seed: fuzzSeed,
    numRuns: 1_000_000_000,
    endOnFailure: true,
    interruptAfterTimeLimit: fuzzSeconds * 1000,
    markInterruptAsFailure: false,
  };
}
