// `parallax replay`: is a signature fixed, and does a candidate answer recorded traffic as the legacy does?
// Invariant: 0 is never the exit code where nothing was judged, or the outcome not written down.
import type { Readable } from "node:stream";
import type { Environment } from "../config/overlays.ts";
import { CommandError } from "../core/errors.ts";
import type { Pace } from "../replay/pacer.ts";
import { runReplaySignature } from "./replay-signature.ts";
import { runReplayTraffic } from "./replay-traffic.ts";
import { writeWhole } from "./report.ts";

/** Ctrl-C in a terminal may come twice at once, from the terminal and from npm: that is one wish, not two. */
const SAME_WISH_MS = 300;
const CONCURRENCY_DEFAULT = 8;

/** As the command line has them. */
export interface ReplayOptions {
  readonly files: readonly string[];
  readonly signature?: string | undefined;
  readonly admin: string;
  readonly token?: string | undefined;
  readonly config?: string | undefined;
  readonly legacy?: string | undefined;
  readonly candidate?: string | undefined;
  readonly against?: "legacy" | "recording" | undefined;
  readonly header?: readonly string[] | undefined;
  readonly unsafe?: boolean | undefined;
  /** Milliseconds. */
  readonly timeout?: number | undefined;
  /** Exchanges a second. */
  readonly rate?: number | undefined;
  /** Times as fast as recorded. */
  readonly speed?: number | undefined;
  readonly concurrency?: number | undefined;
  readonly limit?: number | undefined;
  readonly endpoint?: string | undefined;
  readonly checkpoint?: string | undefined;
  readonly resume?: boolean | undefined;
  readonly strict?: boolean | undefined;
  readonly format?: "text" | "json" | undefined;
  readonly failOn?: "mismatch" | "none" | undefined;
  readonly out?: string | undefined;
}

/** The process's own unless a test gives others. */
export interface ReplayStreams {
  readonly environment: Environment;
  readonly stdin: Readable;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly columns: number | undefined;
}

const STANDARD_STREAMS: ReplayStreams = {
  environment: process.env,
  stdin: process.stdin,
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  columns: process.stderr.isTTY ? process.stderr.columns : undefined,
};

/** What means nothing to a signature's few requests. */
const TRAFFIC_ONLY = [
  "against",
  "rate",
  "speed",
  "concurrency",
  "limit",
  "endpoint",
  "checkpoint",
  "resume",
  "strict",
  "failOn",
] as const;

/** The exit code; throws a CommandError with its own. */
export async function runReplay(options: ReplayOptions, streams = STANDARD_STREAMS): Promise<number> {
  const { files, signature } = options;
  if (signature === undefined && files.length === 0)
    throw new CommandError(2, "what is to be replayed? --signature ID, or files of recorded traffic");
  if (signature !== undefined && files.length > 0)
    throw new CommandError(2, "either --signature ID or files of recorded traffic, not both");
  if (options.unsafe === true)
    streams.writeError("parallax replay: --unsafe: writes are sent again, to every service that is asked\n");
  const { text, exitCode } =
    signature === undefined
      ? await traffic(options, streams)
      : await oneSignature(options, signature, streams);
  if (options.out === undefined) streams.write(text);
  else writeWhole(options.out, text);
  return exitCode;
}

function flagsOf(options: ReplayOptions) {
  const { config, legacy, candidate, header = [], unsafe = false, timeout } = options;
  const { format = "text", concurrency = CONCURRENCY_DEFAULT } = options;
  return {
    config,
    legacy,
    candidate,
    headers: header,
    isUnsafeSent: unsafe,
    timeoutMs: timeout,
    format,
    concurrency,
  };
}

function oneSignature(options: ReplayOptions, signature: string, { environment }: ReplayStreams) {
  const given = TRAFFIC_ONLY.find((name) => options[name] !== undefined);
  if (given !== undefined)
    throw new CommandError(
      2,
      `--${given === "failOn" ? "fail-on" : given} is for files of recorded traffic, not for --signature`,
    );
  const { admin, token } = options;
  return runReplaySignature({ ...flagsOf(options), signature, admin, token }, environment);
}

async function traffic(options: ReplayOptions, streams: ReplayStreams) {
  const { files, limit, endpoint, checkpoint } = options;
  const { stop, forget } = stopOnSignals();
  try {
    return await runReplayTraffic(
      {
        ...flagsOf(options),
        files,
        limit,
        endpoint,
        checkpoint,
        against: options.against ?? "legacy",
        pace: paceOf(options),
        isResumed: options.resume ?? false,
        isStrict: options.strict ?? false,
        failOn: options.failOn ?? "mismatch",
      },
      streams.environment,
      { ...streams, stop },
    );
  } finally {
    forget();
  }
}

function paceOf({ rate, speed }: ReplayOptions): Pace {
  if (rate !== undefined && speed !== undefined)
    throw new CommandError(2, "either --rate or --speed: one says how many, the other how fast");
  if (rate !== undefined) return { kind: "rate", perSecond: rate };
  return speed === undefined ? { kind: "free" } : { kind: "speed", factor: speed };
}

/** The first SIGINT or SIGTERM lets what is under way finish; a later one ends the process there and then. */
function stopOnSignals(): { readonly stop: AbortSignal; readonly forget: () => void } {
  const controller = new AbortController();
  let firstAtMs = 0;
  const onSignal = (): void => {
    if (controller.signal.aborted && performance.now() - firstAtMs > SAME_WISH_MS) process.exit(3);
    firstAtMs ||= performance.now();
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  const forget = (): void => {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  };
  return { stop: controller.signal, forget };
}
