// `parallax replay FILE…`: recorded traffic sent to the candidate and the legacy, with progress and checkpoints.
import type { Readable } from "node:stream";
import type { Environment } from "../config/overlays.ts";
import { systemClock } from "../core/clock.ts";
import { CommandError } from "../core/errors.ts";
import { readCheckpoint, writeCheckpoint } from "../replay/checkpoint.ts";
import { Ledger, type LedgerState } from "../replay/ledger.ts";
import type { Pace } from "../replay/pacer.ts";
import { readRecordings } from "../replay/read-recordings.ts";
import { findRecordings, type RecordingFile } from "../replay/recording-files.ts";
import { endText, progressText, renderTrafficJson, renderTrafficText } from "../replay/render-traffic.ts";
import { replayTraffic, type TrafficEnd } from "../replay/replay-traffic.ts";
import { loadReplayConfig, Placement, type ReplayFlags, setUpReplay, snapshotOf } from "../replay/set-up.ts";
import { comparedOf, type SumsState } from "../replay/sums.ts";
import { printable } from "../report/printable.ts";

const CHECKPOINT_MS = 1000;
/** A line in a terminal is renewed; in a log each one stays. */
const PROGRESS_TERMINAL_MS = 250;
const PROGRESS_LOG_MS = 5000;
/** Entries that cannot be read are told one by one up to this many. */
const UNREADABLE_TOLD_MAX = 20;
const ERASE_LINE = "\r\u001b[2K";

export interface TrafficOptions extends ReplayFlags {
  readonly files: readonly string[];
  readonly against: "legacy" | "recording";
  readonly pace: Pace;
  readonly limit?: number | undefined;
  /** An endpoint's name, with `*` for any characters. */
  readonly endpoint?: string | undefined;
  readonly checkpoint?: string | undefined;
  readonly isResumed: boolean;
  readonly isStrict: boolean;
  readonly format: "text" | "json";
  readonly failOn: "mismatch" | "none";
}

export interface TrafficStreams {
  readonly stdin: Readable;
  readonly writeError: (text: string) => void;
  /** The width of standard error where it is a terminal. */
  readonly columns: number | undefined;
  /** Aborted by a signal: what is under way is finished. */
  readonly stop: AbortSignal;
}

/** The text to print and the exit code: 0, 1 `failOn`, 3 not whole or nothing judged. Throws a CommandError. */
export async function runReplayTraffic(
  options: TrafficOptions,
  environment: Environment,
  streams: TrafficStreams,
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const isLegacyAsked = options.against === "legacy";
  const config = loadReplayConfig(options, environment, isLegacyAsked);
  const files = findRecordings(options.files);
  const snapshot = snapshotOf(config);
  const setUp = await setUpReplay(config, snapshot, { flags: options, environment, isLegacyAsked });
  const legacy = setUp.legacy ?? "as recorded";
  try {
    const keeper = new Keeper(options, files, { "--candidate": setUp.candidate, "--legacy": legacy });
    const ledger = new Ledger(keeper.begin(streams.writeError));
    const screen = new Screen(streams, { ledger, files, limit: options.limit });
    const placement = new Placement(snapshot);
    // Standard input may never say anything again.
    streams.stop.addEventListener("abort", () => streams.stdin.destroy(), { once: true });
    const ticking = setInterval(() => keeper.write(ledger.state), CHECKPOINT_MS);
    screen.begin();
    let end: TrafficEnd;
    try {
      end = await replayTraffic(
        {
          entries: readRecordings(files, streams.stdin),
          ledger,
          place: (exchange) => placement.place(exchange),
          isWanted: endpointFilter(options.endpoint),
          pace: options.pace,
          concurrency: options.concurrency,
          limit: options.limit ?? Number.POSITIVE_INFINITY,
          isStrict: options.isStrict,
          onUnreadable: (where, what) => screen.tellUnreadable(where, what),
          onPlace: (bytesDone) => screen.place(bytesDone),
          stop: streams.stop,
          clock: systemClock,
        },
        setUp.parts,
      );
    } finally {
      clearInterval(ticking);
      screen.end();
      keeper.write(ledger.state);
    }
    const { sums } = ledger;
    const output = { sums, end, legacy, candidate: setUp.candidate, isUnsafe: options.isUnsafeSent };
    const text = options.format === "json" ? renderTrafficJson(output) : renderTrafficText(output);
    return { text, exitCode: exitCodeOf(end, sums, { options, writeError: streams.writeError }) };
  } finally {
    await setUp.close();
  }
}

/** `*` stands for any characters. */
function endpointFilter(pattern: string | undefined): (endpoint: string) => boolean {
  if (pattern === undefined) return () => true;
  const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const expression = new RegExp(`^${parts.join("[^]*")}$`);
  return (endpoint) => expression.test(endpoint);
}

function exitCodeOf(
  end: TrafficEnd,
  sums: SumsState,
  { options, writeError }: { readonly options: TrafficOptions; readonly writeError: (text: string) => void },
): number {
  const ended = endText(end);
  if (ended !== undefined) {
    writeError(`parallax replay: ${printable(ended, 240)}\n`);
    return 3;
  }
  if (comparedOf(sums) === 0) {
    writeError("parallax replay: nothing was judged, so nothing is known; the summary says why\n");
    return 3;
  }
  return options.failOn === "mismatch" && sums.mismatch > 0 ? 1 : 0;
}

/** The checkpoint of a replay, where one is asked for. */
class Keeper {
  readonly #file: string | undefined;
  readonly #isResumed: boolean;
  readonly #of: {
    readonly files: readonly RecordingFile[];
    readonly settings: Readonly<Record<string, string>>;
  };

  constructor(
    options: TrafficOptions,
    files: readonly RecordingFile[],
    urls: Readonly<Record<string, string>>,
  ) {
    this.#file = options.checkpoint;
    this.#isResumed = options.isResumed;
    if (this.#file === undefined && this.#isResumed)
      throw new CommandError(2, "--resume goes on at a checkpoint: name it with --checkpoint FILE");
    if (this.#file !== undefined && files.some(({ name }) => name === "-"))
      throw new CommandError(2, "--checkpoint needs files: standard input cannot be read again");
    this.#of = {
      files,
      settings: {
        ...urls,
        "--against": options.against,
        "--endpoint": options.endpoint ?? "*",
        "--unsafe": String(options.isUnsafeSent),
      },
    };
  }

  /** Where to begin; undefined at the beginning. Throws a CommandError. */
  begin(writeError: (text: string) => void): LedgerState | undefined {
    const file = this.#file;
    if (file === undefined) return undefined;
    const state = readCheckpoint(file, this.#of);
    if (state !== undefined && !this.#isResumed)
      throw new CommandError(
        2,
        `--checkpoint ${file} is there already: --resume goes on from it, or delete it`,
      );
    if (this.#isResumed && state === undefined)
      writeError(`parallax replay: ${file} is not there yet: from the beginning\n`);
    return state;
  }

  write(state: LedgerState): void {
    if (this.#file !== undefined) writeCheckpoint(this.#file, this.#of, state);
  }
}

/** What is said on standard error while it runs. */
class Screen {
  readonly #streams: TrafficStreams;
  readonly #ledger: Ledger;
  readonly #bytes: number;
  readonly #limit: number | undefined;
  readonly #beganMs = performance.now();
  readonly #exchangesBefore: number;
  #bytesDone = 0;
  #shareBefore: number | undefined;
  #unreadable = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    streams: TrafficStreams,
    {
      ledger,
      files,
      limit,
    }: {
      readonly ledger: Ledger;
      readonly files: readonly RecordingFile[];
      readonly limit: number | undefined;
    },
  ) {
    this.#streams = streams;
    this.#ledger = ledger;
    this.#bytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#limit = limit;
    this.#exchangesBefore = this.#exchanges();
  }

  begin(): void {
    const { columns, writeError } = this.#streams;
    const everyMs = columns === undefined ? PROGRESS_LOG_MS : PROGRESS_TERMINAL_MS;
    this.#timer = setInterval(() => {
      const text = this.#text();
      writeError(columns === undefined ? `${text}\n` : `${ERASE_LINE}${printable(text, columns - 1)}`);
    }, everyMs);
  }

  place(bytesDone: number): void {
    this.#bytesDone = bytesDone;
    this.#shareBefore ??= this.#share() ?? 0;
  }

  tellUnreadable(where: string, what: string): void {
    this.#unreadable++;
    if (this.#unreadable > UNREADABLE_TOLD_MAX) return;
    const more = this.#unreadable === UNREADABLE_TOLD_MAX ? "; further ones are counted alone" : "";
    const erase = this.#streams.columns === undefined ? "" : ERASE_LINE;
    this.#streams.writeError(`${erase}parallax replay: ${printable(`${where}: ${what}`, 300)}${more}\n`);
  }

  end(): void {
    clearInterval(this.#timer);
    if (this.#streams.columns !== undefined) this.#streams.writeError(ERASE_LINE);
  }

  #exchanges(): number {
    const { entries, leftOut, unreadable } = this.#ledger.sums;
    return entries - leftOut - unreadable;
  }

  /** Of the bytes, or of the limit, whichever is nearer to its end. */
  #share(): number | undefined {
    const ofBytes = this.#bytes === 0 ? undefined : this.#bytesDone / this.#bytes;
    if (this.#limit === undefined) return ofBytes;
    return Math.min(1, Math.max(ofBytes ?? 0, this.#exchanges() / this.#limit));
  }

  #text(): string {
    return progressText({
      sums: this.#ledger.sums,
      share: this.#share(),
      shareBefore: this.#shareBefore ?? 0,
      exchangesBefore: this.#exchangesBefore,
      elapsedMs: performance.now() - this.#beganMs,
    });
  }
}
