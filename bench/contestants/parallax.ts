// Parallax itself, as its users start it: `parallax run` in a process of its own, one serving thread.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { answersOk, freePort, makeFolder, start, untilReady } from "../processes.ts";
import { type Contestant, type ContestantStart, contestantOf } from "./contestant.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const READY_MS_MAX = 20_000;
const SETTLE_MS_MAX = 20_000;

export interface ParallaxTotals {
  readonly exchanges: number;
  readonly match: number;
  readonly mismatch: number;
  readonly incomparable: number;
  /** reason → count; only those above 0. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly inFlight: number;
}

/** `of 900 exchanges 890 match, 4 incomparable, 6 skipped (seam-full)`; what is 0 is left out. */
export function describeTotals(totals: ParallaxTotals): string {
  const counts = [
    [totals.match, "match"],
    [totals.mismatch, "mismatch"],
    [totals.incomparable, "incomparable"],
    [totals.inFlight, "in flight"],
    ...Object.entries(totals.skipped).map(([reason, count]) => [count, `skipped (${reason})`] as const),
  ] as const;
  const named = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return `of ${totals.exchanges} exchanges ${named.join(", ")}`;
}

export interface ParallaxContestant extends Contestant {
  readonly pid: number;
  totals(): Promise<ParallaxTotals>;
}

export interface ParallaxSettings {
  readonly name: string;
  readonly legacyUrl: string;
  /** Undefined: nothing is mirrored. */
  readonly candidateUrl: string | undefined;
  /** A config file's text, beside the flags. */
  readonly yaml?: string;
  /** A step that the route `default` is promoted to before anything is sent. */
  readonly promotedTo?: string;
}

async function promote(adminUrl: string, to: string): Promise<void> {
  const answer = await fetch(`${adminUrl}/api/rollout/default/promote`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ to, force: true, reason: "bench" }),
    signal: AbortSignal.timeout(5_000),
  });
  if (!answer.ok) throw new Error(`not promoted to ${to}: ${await answer.text()}`);
}

async function readTotals(adminUrl: string): Promise<ParallaxTotals> {
  const answer = await fetch(`${adminUrl}/api/summary`, { signal: AbortSignal.timeout(5_000) });
  const { totals } = (await answer.json()) as { readonly totals: ParallaxTotals };
  const skipped = Object.fromEntries(Object.entries(totals.skipped).filter(([, count]) => count > 0));
  return { ...totals, skipped };
}

async function settle(adminUrl: string): Promise<void> {
  const deadlineMs = performance.now() + SETTLE_MS_MAX;
  while ((await readTotals(adminUrl)).inFlight > 0 && performance.now() < deadlineMs)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Starts it and waits for GET /readyz; throws with its own last words when it cannot start. */
export async function startParallax(settings: ParallaxSettings): Promise<ParallaxContestant> {
  const folder = makeFolder("parallax");
  const url = `http://127.0.0.1:${await freePort()}`;
  const adminUrl = `http://127.0.0.1:${await freePort()}`;
  const flags = ["--legacy", settings.legacyUrl, "--threads", "1", "--data", join(folder, "data")];
  flags.push("--listen", new URL(url).host, "--admin", new URL(adminUrl).host);
  if (settings.candidateUrl !== undefined) flags.push("--candidate", settings.candidateUrl);
  if (settings.yaml !== undefined) {
    const file = join(folder, "parallax.yaml");
    writeFileSync(file, settings.yaml);
    flags.push("--config", file);
  }
  const started = start("proxy", process.execPath, [MAIN, "run", ...flags]);
  try {
    await untilReady(started, READY_MS_MAX, () => answersOk(`${adminUrl}/readyz`));
    if (settings.promotedTo !== undefined) await promote(adminUrl, settings.promotedTo);
  } catch (error) {
    await started.stop();
    throw error;
  }
  return {
    ...contestantOf(settings.name, url, started),
    pid: started.pid,
    settle: () => settle(adminUrl),
    totals: () => readTotals(adminUrl),
  };
}

export function parallax(settings: ParallaxSettings): ContestantStart & {
  start(): Promise<ParallaxContestant>;
} {
  return { name: settings.name, leftOut: undefined, start: () => startParallax(settings) };
}
