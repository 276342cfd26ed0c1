// The log: pino, JSON lines on standard error, or one readable line each for a person at a terminal.
// Invariant: credentials are cut out wherever a known header name holds them. Must not log bodies.
import { type Logger, pino } from "pino";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Log = Logger;

const SECRET_NAMES = ["authorization", "proxy-authorization", "cookie", "set-cookie", "token"];
/** pino redacts by exact path: at the top, one level down, and two. */
const REDACT_PATHS = SECRET_NAMES.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);

export interface LogOptions {
  readonly level: LogLevel;
  /** Readable lines instead of JSON: for a terminal. */
  readonly isReadable: boolean;
  /** Takes one line, its end included. */
  readonly write: (line: string) => void;
}

/** Stack traces are for `debug`: elsewhere an error is its code and its message. */
function serializeError(level: LogLevel): (error: unknown) => unknown {
  return (error) => {
    if (!(error instanceof Error)) return error;
    const code = "code" in error ? { code: error.code } : {};
    const stack = level === "debug" ? { stack: error.stack } : {};
    return { type: error.name, message: error.message, ...code, ...stack };
  };
}

export function createLog(options: LogOptions): Log {
  const write = options.isReadable
    ? (line: string) => options.write(readableLine(line))
    : (line: string) => options.write(line);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError(options.level) },
      redact: { paths: REDACT_PATHS, censor: "[redacted]" },
    },
    { write },
  );
}

/** The log of a running program: standard error, readable where that is a terminal. */
export function createStandardLog(level: LogLevel): Log {
  return createLog({
    level,
    isReadable: process.stderr.isTTY === true,
    write: (line) => process.stderr.write(line),
  });
}

/** `{"level":"info","time":…,"msg":"m","a":1}` → `12:00:00 INFO  m a=1`. What is not JSON stays as it is. */
export function readableLine(line: string): string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line);
  } catch {
    return line; // pino writes JSON; anything else is worth more unread than lost
  }
  const { level, time, msg, ...rest } = fields;
  const shown = Object.entries(rest).map(([name, value]) => ` ${name}=${shownValue(value)}`);
  const clock = String(time).slice(11, 19);
  return `${clock} ${String(level).toUpperCase().padEnd(5)} ${withoutControls(String(msg ?? ""))}${shown.join("")}\n`;
}

function shownValue(value: unknown): string {
  return typeof value === "string" && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value);
}

/** What came over the network must not drive the terminal. */
function withoutControls(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, " ");
}
