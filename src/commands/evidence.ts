// `parallax evidence`: one bundle of a route's way, for the person who signs off, and a check that it is still whole.
// Invariant: nothing is written that was not gathered whole.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { assertNever } from "../core/assert.ts";
import { CommandError } from "../core/errors.ts";
import { type AdminAddress, NotFound } from "../report/admin-client.ts";
import { type Evidence, gatherEvidence } from "./evidence-bundle.ts";
import { renderEvidenceHtml } from "./evidence-html.ts";
import { verifyEvidence } from "./evidence-verify.ts";
import { writeWhole } from "./report.ts";
import { instant, name, sentence } from "./rollout-words.ts";
import { STANDARD_TERMINAL, type Terminal } from "./terminal.ts";

export interface EvidenceOptions extends AdminAddress {
  readonly route?: string | undefined;
  /** A file (.html or .json), or a directory for both. Without it the JSON goes to the output. */
  readonly out?: string | undefined;
  /** A JSON file to check; nothing is asked of a running Parallax then. */
  readonly verify?: string | undefined;
  /** Of this Parallax. */
  readonly version: string;
}

/** The exit code: 0 fine, 1 what was verified is not whole, 2 usage, 3 it could not be had, read or written. */
export async function runEvidence(
  options: EvidenceOptions,
  terminal: Pick<Terminal, "write" | "writeError"> = STANDARD_TERMINAL,
  nowMs = Date.now(),
): Promise<number> {
  try {
    if (options.verify !== undefined) return verify(options.verify, options, terminal);
    await gather(options, terminal, nowMs);
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const isName = error instanceof NotFound && error.told !== "";
    terminal.writeError(`parallax evidence: ${isName ? error.told : error.message}\n`);
    return isName ? 2 : error.exitCode;
  }
}

async function gather(
  { route, out, version, ...address }: EvidenceOptions,
  terminal: Pick<Terminal, "write">,
  nowMs: number,
): Promise<void> {
  if (route === undefined) throw new CommandError(2, "say which: parallax evidence ROUTE");
  const places = out === undefined ? undefined : placesOf(out, route);
  const made = { at: new Date(nowMs).toISOString(), with: version };
  const evidence = await gatherEvidence({ ...address, route }, made);
  if (places === undefined) return terminal.write(jsonOf(evidence));
  if (places.json !== undefined) writeWhole(places.json, jsonOf(evidence));
  if (places.html !== undefined) writeWhole(places.html, renderEvidenceHtml(evidence));
  const files = [places.html, places.json].filter((file) => file !== undefined);
  terminal.write(`${files.map((file) => name(file)).join("\n")}\nseal ${evidence.seal}\n`);
}

const jsonOf = (evidence: Evidence) => `${JSON.stringify(evidence, undefined, 2)}\n`;

function placesOf(out: string, route: string): { readonly html?: string; readonly json?: string } {
  if (statSync(out, { throwIfNoEntry: false })?.isDirectory() === true) {
    const file = join(out, `evidence-${route.replaceAll(/[^\w.-]/g, "_")}`);
    return { html: `${file}.html`, json: `${file}.json` };
  }
  if (out.endsWith(".html")) return { html: out };
  if (out.endsWith(".json")) return { json: out };
  throw new CommandError(2, `--out ${out}: a file that ends in .html or .json, or a directory that is there`);
}

function verify(
  file: string,
  { route }: EvidenceOptions,
  terminal: Pick<Terminal, "write" | "writeError">,
): number {
  if (route !== undefined) throw new CommandError(2, "a route or --verify, not both");
  const verified = verifyEvidence(textOf(file));
  switch (verified.kind) {
    case "unreadable":
      throw new CommandError(3, `${file} ${verified.why}`);
    case "broken":
      terminal.writeError(
        `parallax evidence: ${file} is not what was written: ${verified.problems.map(sentence).join("; ")}\n`,
      );
      return 1;
    case "whole": {
      const { evidence } = verified;
      const { journal } = evidence.parts;
      terminal.write(
        `whole: route ${name(evidence.route)}, made ${instant(Date.parse(evidence.madeAt))} by ${name(evidence.madeBy)} with Parallax ${name(evidence.madeWith)}
journal: ${journal.entries.length} entries of the route; in all ${journal.head.sequence}, hash ${name(journal.head.hash)}
seal ${evidence.seal}
`,
      );
      return 0;
    }
    default:
      return assertNever(verified);
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new CommandError(3, `${file} cannot be read (${reason})`);
  }
}
