// The demo's progress: one line, redrawn on a terminal, repeated every few seconds elsewhere.

const REDRAW_MS = 250;
/** Into a file or a pipe: rare enough to read, often enough to show that it lives. */
const REPEAT_MS = 5_000;

export interface ProgressFacts {
  readonly elapsedMs: number;
  readonly durationMs: number;
  readonly requests: number;
  readonly failed: number;
  readonly match: number;
  readonly mismatch: number;
  readonly incomparable: number;
  readonly skipped: number;
}

const count = new Intl.NumberFormat("en-US");

/** ` 12 s left · 1,840 requests · 1,402 match · 387 mismatch · 51 skipped`; what is 0 and rare is left out. */
export function progressLine(facts: ProgressFacts): string {
  const leftSeconds = Math.max(0, Math.ceil((facts.durationMs - facts.elapsedMs) / 1000));
  const parts = [
    `${String(leftSeconds).padStart(3)} s left`,
    `${count.format(facts.requests)} requests`,
    `${count.format(facts.match)} match`,
    `${count.format(facts.mismatch)} mismatch`,
  ];
  if (facts.incomparable > 0) parts.push(`${count.format(facts.incomparable)} incomparable`);
  parts.push(`${count.format(facts.skipped)} skipped`);
  if (facts.failed > 0) parts.push(`${count.format(facts.failed)} without an answer`);
  return parts.join(" · ");
}

/** What progress is written to: standard output, or a test's own. */
export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Draws `facts()` until the returned function is called, which draws once more and ends the line. */
export function showProgress(output: ProgressOutput, facts: () => ProgressFacts): () => void {
  const draw = (): void => {
    const line = progressLine(facts());
    // A line wider than the terminal would wrap, and the next one could not overwrite it.
    if (output.isTTY === true) output.write(`\r\x1b[2K${line.slice(0, (output.columns ?? 80) - 1)}`);
    else output.write(`${line}\n`);
  };
  const timer = setInterval(draw, output.isTTY === true ? REDRAW_MS : REPEAT_MS);
  return () => {
    clearInterval(timer);
    draw();
    if (output.isTTY === true) output.write("\n");
  };
}
