// `parallax record`: serves as `run` does, and says what it writes. A candidate is not needed.
// Invariant: 0 is never the exit code where an exchange that was to be recorded is in no file.
import type { Running } from "../app.ts";
import { type Config, type LoadResult, loadConfig, type RunFlags } from "../config/load.ts";
import type { Environment } from "../config/overlays.ts";
import { counted, duration } from "../replay/wording.ts";
import { printable } from "../report/printable.ts";
import type { RecordedTotals } from "../telemetry/totals.ts";
import { startServing } from "./start-serving.ts";

const DIRECTORY_DEFAULT = "./recordings";
/** A line in a terminal is renewed; in a log each one stays. */
const PROGRESS_TERMINAL_MS = 1000;
const PROGRESS_LOG_MS = 10_000;
const ERASE_LINE = "\r\u001b[2K";

export interface RecordFlags extends RunFlags {
  readonly durationMs?: number | undefined;
}

const say = (text: string): void => void process.stdout.write(text);

/** The exit code: 0 all is recorded, 2 a bad config, 3 something is lost. Throws a CommandError where it cannot start. */
export async function runRecord(flags: RecordFlags): Promise<number> {
  const serving = await startServing(() => loadRecordConfig(flags, process.env));
  if (serving === undefined) return 2;
  const { config, running, signalled } = serving;
  const began = performance.now();
  say(startText(config, running));
  const progress = showProgress(() => progressText(running.recorded(), performance.now() - began));
  await Promise.race([signalled, after(flags.durationMs)]);
  progress.say("finishing what is under way; a second signal exits at once");
  await running.stop();
  progress.end();
  const atEnd = running.recorded();
  const recorded = { ...atEnd, lost: atEnd.lost + atEnd.waiting };
  say(summaryText(config, recorded));
  if (recorded.lost === 0) return 0;
  process.stderr.write(`parallax record: of the exchanges, ${recorded.lost} are in no file: ${WHY_LOST}\n`);
  return 3;
}

const WHY_LOST =
  "the disk failed or was slower than the traffic (the log says more); --sample records fewer of them";

/** `--out` beats the file, which beats the default. */
function loadRecordConfig(flags: RunFlags, environment: Environment): LoadResult {
  const loaded = loadConfig(flags, environment);
  if (!loaded.ok || loaded.config.settings.record.dir !== undefined) return loaded;
  return loadConfig({ ...flags, recordDir: DIRECTORY_DEFAULT }, environment);
}

/** Resolves after `ms`; never, without. */
function after(ms: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    // What is served keeps the process up meanwhile, and a signal may come first.
    if (ms !== undefined) setTimeout(resolve, ms).unref();
  });
}

function startText({ settings: { record, upstreams } }: Config, { address, adminAddress }: Running): string {
  const { methods } = record;
  const mirrored = upstreams.candidate === undefined ? "" : `; mirrored to ${upstreams.candidate.url}`;
  const what =
    methods === undefined
      ? "of the methods that are mirrored"
      : methods === "all"
        ? "of all methods"
        : methods.join(", ");
  return [
    `Recording ${record.samplePercent === 100 ? "" : `${record.samplePercent} % of `}the exchanges, ${what}, redacted.`,
    `  clients     http://${address.host}:${address.port}, served by ${upstreams.legacy?.url}${mirrored}`,
    `  page, API   http://${adminAddress.host}:${adminAddress.port}`,
    `  files       ${printable(record.dir ?? "", 1000)}, at most ${record.filesMax} of ${sizeText(record.fileBytesMax)}`,
    "Ctrl-C ends it.",
    "",
  ].join("\n");
}

function progressText({ exchanges, files, bytes, lost }: RecordedTotals, elapsedMs: number): string {
  const trouble = lost === 0 ? "" : `, ${counted(lost, "exchange")} lost`;
  return `${counted(exchanges, "exchange")} in ${counted(files, "file")}, ${sizeText(bytes)}${trouble}, after ${duration(elapsedMs)}`;
}

function summaryText({ settings: { record, upstreams } }: Config, totals: RecordedTotals): string {
  const { exchanges, files, bytes, lost } = totals;
  const dir = printable(record.dir ?? "", 1000);
  const summary = `Recorded: ${counted(exchanges, "exchange")} in ${counted(files, "file")}, ${counted(bytes, "byte")}, ${lost} lost. They are in ${dir}\n`;
  if (exchanges === 0) return summary;
  const legacy = upstreams.legacy?.url ?? "URL";
  const candidate = upstreams.candidate?.url ?? "URL";
  return `${summary}Next: npx parallax replay ${dir} --legacy ${legacy} --candidate ${candidate}\n`;
}

function sizeText(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const unit = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const size = bytes / 1024 ** unit;
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** On standard error, now and then. */
function showProgress(text: () => string) {
  const { stderr } = process;
  const columns = stderr.isTTY ? stderr.columns : undefined;
  const line = (what: string): void => {
    if (columns === undefined) stderr.write(`parallax record: ${what}\n`);
    else stderr.write(`${ERASE_LINE}${printable(what, columns - 1)}`);
  };
  const everyMs = columns === undefined ? PROGRESS_LOG_MS : PROGRESS_TERMINAL_MS;
  const timer = setInterval(() => line(text()), everyMs);
  return {
    say: line,
    end: (): void => {
      clearInterval(timer);
      if (columns !== undefined) stderr.write(ERASE_LINE);
    },
  };
}
