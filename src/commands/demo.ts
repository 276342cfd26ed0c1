// `parallax demo`: two real upstreams of different versions, real traffic through Parallax, the report.
// Invariant: whatever ends it (time, Ctrl-C, SIGTERM, an error), no process and no folder stays behind.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError } from "../core/errors.ts";
import { generateDataSet } from "../demo/data-set.ts";
import { type LoadCounts, sendTraffic } from "../demo/load.ts";
import { type DemoParallax, startDemoParallax } from "../demo/parallax.ts";
import { type ProgressOutput, showProgress } from "../demo/progress.ts";
import { type DemoTotals, fetchTotals, waitUntilSettled } from "../demo/totals.ts";
import { createTraffic } from "../demo/traffic.ts";
import { startUpstreams } from "../demo/upstreams.ts";

const SEED = 20_240_917;
/** Long enough for every kind of request to come many times, short enough for a first look. */
const DURATION_MS = 20_000;
/** json-server copies what it lists: this leaves a laptop's core half idle. */
const RATE_PER_SECOND = 150;
const TOTALS_MS = 250;
/** Mirrors under way when the traffic ends: the mirror's own deadline is shorter. */
const SETTLE_MS_MAX = 10_000;

export interface DemoOptions {
  /** Undefined: DURATION_MS. */
  readonly durationMs: number | undefined;
  /** Undefined: RATE_PER_SECOND. */
  readonly ratePerSecond: number | undefined;
  /** Stays up after the report, until Ctrl-C. */
  readonly isKept: boolean;
  /** Standard output, unless a test wants to read it. */
  readonly output?: ProgressOutput;
  /** Ends the demo early, as Ctrl-C does. */
  readonly signal?: AbortSignal;
}

/** Resolves when `signal` aborts, or after `ms`. */
function waitFor(signal: AbortSignal, ms?: number): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/** The first Ctrl-C or SIGTERM aborts; the second one exits at once (exit listeners still clean up). */
function abortOnSignals(abort: AbortController): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    if (abort.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143);
    abort.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return () => void process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
}

/** Sends traffic through Parallax until the time is over or `signal` aborts, with a progress line. */
async function driveTraffic(
  parallax: DemoParallax,
  plan: { readonly durationMs: number; readonly ratePerSecond: number; readonly output: ProgressOutput },
  signal: AbortSignal,
): Promise<LoadCounts> {
  const counts: LoadCounts = { sent: 0, answered: 0, failed: 0, held: 0 };
  const startedMs = performance.now();
  let totals: DemoTotals = { exchanges: 0, match: 0, mismatch: 0, incomparable: 0, skipped: 0, inFlight: 0 };
  let isFetching = false;
  const refresh = setInterval(async () => {
    if (isFetching) return;
    isFetching = true;
    // A missed one shows the last known totals for another quarter of a second.
    totals = (await fetchTotals(parallax.adminUrl)) ?? totals;
    isFetching = false;
  }, TOTALS_MS);
  const endProgress = showProgress(plan.output, () => ({
    elapsedMs: performance.now() - startedMs,
    durationMs: plan.durationMs,
    requests: counts.sent,
    failed: counts.failed + counts.held,
    ...totals,
  }));
  const end = new AbortController();
  const traffic = sendTraffic({
    origin: parallax.url,
    ratePerSecond: plan.ratePerSecond,
    next: createTraffic(SEED + 1),
    counts,
    signal: end.signal,
  });
  try {
    await waitFor(signal, plan.durationMs);
    end.abort();
    await traffic;
    totals = (await waitUntilSettled(parallax.adminUrl, SETTLE_MS_MAX)) ?? totals;
  } finally {
    end.abort();
    clearInterval(refresh);
    endProgress();
  }
  return counts;
}

/**
 * Runs the demo and resolves with the exit code 0. Throws a CommandError (3) when an upstream or Parallax
 * cannot start, or when no request got an answer.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { durationMs = DURATION_MS, ratePerSecond = RATE_PER_SECOND, output = process.stdout } = options;
  const say = (line: string): void => void output.write(`${line}\n`);
  const abort = new AbortController();
  options.signal?.addEventListener("abort", () => abort.abort(), { once: true });
  const endSignals = abortOnSignals(abort);
  const folder = mkdtempSync(join(tmpdir(), "parallax-demo-"));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.on("exit", removeFolder);
  const stops: (() => Promise<void>)[] = [];
  try {
    say("Starting two versions of the same service, each with its own copy of some 4,500 records ...");
    const { legacy, candidate } = await startUpstreams(folder, generateDataSet(SEED));
    stops.unshift(legacy.stop, candidate.stop);
    const parallax = await startDemoParallax(legacy.url, candidate.url, folder);
    stops.unshift(parallax.stop);
    say(`  legacy     ${legacy.url}   ${legacy.version}: its answers go to the clients`);
    say(`  candidate  ${candidate.url}   ${candidate.version}: its answers are only compared`);
    say(`  Parallax   ${parallax.url}   page and API: ${parallax.adminUrl}`);
    say(
      "  Both also serve /quotes/{id}, added by the demo: an id, a time and an order that differ each time.",
    );
    say(`Sending ${ratePerSecond} requests a second through Parallax. Ctrl-C ends it early.`);

    const counts = await driveTraffic(parallax, { durationMs, ratePerSecond, output }, abort.signal);
    if (counts.sent > 0 && counts.answered === 0)
      throw new CommandError(3, `none of ${counts.sent} requests through ${parallax.url} got an answer`);
    say(`\n${await parallax.reportText()}`);
    const nextStep = await parallax.nextStepText();
    if (nextStep !== "") say(nextStep);
    say(await parallax.gateText());
    if (options.isKept && !abort.signal.aborted) {
      say(`The page stays up at ${parallax.adminUrl} until Ctrl-C; Parallax itself at ${parallax.url}.`);
      await waitFor(abort.signal);
    } else if (!options.isKept)
      say(
        "All of it has ended now, the page too. To review it there, and to try the commands: npm run demo -- --keep",
      );
    return 0;
  } finally {
    for (const stop of stops) await stop();
    removeFolder();
    process.off("exit", removeFolder);
    endSignals();
  }
}
