// `parallax data`: what a running Parallax has stored, through its admin API: taken along, deleted, made smaller.
// Invariant: nothing is deleted that was not shown before, unless --yes says that it need not be.
import { randomUUID } from "node:crypto";
import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import type { PurgeAnswer, VacuumAnswer } from "../admin/review-schemas.ts";
import { assertNever } from "../core/assert.ts";
import { CommandError } from "../core/errors.ts";
import { type AdminAddress, eachLine, postJson } from "../report/admin-client.ts";
import { askedSince } from "../report/since.ts";
import { STANDARD_TERMINAL, type Terminal } from "./terminal.ts";

export type DataVerb = "vacuum" | "export" | "purge";

export interface DataOptions extends AdminAddress {
  readonly endpoint?: string | undefined;
  readonly route?: string | undefined;
  /** A time ago, or ISO 8601: sinceOf (report/since). */
  readonly before?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly yes?: boolean | undefined;
  /** A file instead of the output. */
  readonly out?: string | undefined;
}

/** The exit code: 0 done, or nothing to do; 2 usage; 3 it could not be done. */
export async function runData(
  verb: DataVerb,
  options: DataOptions,
  terminal = STANDARD_TERMINAL,
): Promise<number> {
  try {
    switch (verb) {
      case "vacuum":
        await vacuum(options, terminal);
        break;
      case "export":
        await exportAll(options, terminal);
        break;
      case "purge":
        await purge(options, terminal);
        break;
      default:
        assertNever(verb);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    terminal.writeError(`parallax data ${verb}: ${error.message}\n`);
    return error.exitCode;
  }
}

async function vacuum(options: DataOptions, { write }: Terminal): Promise<void> {
  const { bytesBefore, bytesAfter } = await postJson<VacuumAnswer>(options, "/api/data/vacuum", {});
  write(`the store has ${bytesAfter} bytes; it had ${bytesBefore}\n`);
}

async function exportAll(options: DataOptions, { write }: Terminal): Promise<void> {
  const { endpoint, route, out } = options;
  const asked = { path: "/api/export", query: { endpoint, route } };
  const each = (take: (text: string) => void) =>
    eachLine<object>(options, asked, (line) => take(`${JSON.stringify(line)}\n`));
  if (out === undefined) return each(write);
  // Whoever looks sees the file before or the whole new one.
  const beside = `${out}.${randomUUID()}.part`;
  const file = sayingWhat(out, () => openSync(beside, "wx", 0o600));
  try {
    await each((text) => sayingWhat(out, () => writeSync(file, text)));
    sayingWhat(out, () => renameSync(beside, out));
  } finally {
    closeSync(file);
    rmSync(beside, { force: true });
  }
}

function sayingWhat<T>(out: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new CommandError(3, `--out ${out} cannot be written (${reason}); is its directory there?`);
  }
}

async function purge(options: DataOptions, terminal: Terminal): Promise<void> {
  const { endpoint, route } = options;
  const before = askedSince("--before", options.before, Date.now());
  if (endpoint === undefined && route === undefined && before === undefined)
    throw new CommandError(2, "say what is to go: --endpoint, --route or --before");
  const asked = { endpoint, route, before };
  const found = await postJson<PurgeAnswer>(options, "/api/data/purge", { ...asked, dryRun: true });
  if (options.dryRun === true || isNothing(found)) {
    terminal.write(`${isNothing(found) ? "nothing is stored of that" : `would go: ${countsText(found)}`}\n`);
    return;
  }
  if (options.yes !== true && !(await isWanted(found, terminal))) {
    terminal.write("nothing was deleted\n");
    return;
  }
  const gone = await postJson<PurgeAnswer>(options, "/api/data/purge", { ...asked, dryRun: false });
  terminal.write(`deleted: ${countsText(gone)}; \`parallax data vacuum\` gives the room back to the disk\n`);
}

async function isWanted(found: PurgeAnswer, { ask }: Terminal): Promise<boolean> {
  if (ask === undefined)
    throw new CommandError(2, `would go: ${countsText(found)}; nobody is there to be asked: give --yes`);
  const answer = await ask(`${countsText(found)}: delete? [y/N] `);
  return /^y(es)?$/i.test(answer.trim());
}

function isNothing({ endpoints, callers, signatures, samples }: PurgeAnswer): boolean {
  return endpoints + callers + signatures + samples === 0;
}

function countsText({ endpoints, callers, signatures, samples, sampleBytes }: PurgeAnswer): string {
  const counted = (count: number, one: string) => `${count} ${one}${count === 1 ? "" : "s"}`;
  const ofCallers = callers === 0 ? "" : `${counted(callers, "caller")}, `;
  return `${counted(endpoints, "endpoint")}, ${ofCallers}${counted(signatures, "signature")}, ${counted(samples, "exchange")} (${counted(sampleBytes, "byte")})`;
}
