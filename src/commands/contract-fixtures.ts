// `parallax contract fixtures`: redacted examples of real traffic, a file per endpoint and status, from the samples
// that a running Parallax has stored. Writes nothing before everything was read, and nothing over what is there.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SignatureAnswer } from "../admin/schemas.ts";
import { readContractFile } from "../config/contract-files.ts";
import { type CompiledContract, compileContract } from "../contract/check-answer.ts";
import type { Sample } from "../core/batch.ts";
import { CommandError } from "../core/errors.ts";
import { makeDirectory } from "../core/make-directory.ts";
import { type AdminAddress, getJson } from "../report/admin-client.ts";
import { printable } from "../report/printable.ts";
import { type Fixture, fixtureNameOf, fixtureOf } from "./contract-fixture.ts";
import { type ReportOutput, STANDARD_OUTPUT } from "./report.ts";

/** Exchanges read, each a request of its own; of an endpoint and status the newest is kept. */
export const FIXTURE_EXCHANGES_MAX = 2000;
/** The API's own limit on a page. */
const PAGE_ROWS_MAX = 1000;
const PAGES_MAX = 20;
const TEXT_CHARACTERS_MAX = 200;

export interface ContractFixturesOptions extends AdminAddress {
  readonly out: string;
  readonly endpoint?: string | undefined;
  /** File of a contract that the answers are held against. */
  readonly contract?: string | undefined;
  /** Write over files that are there. */
  readonly isForced: boolean;
}

/** The exit code: 0 written, or nothing stored yet; 2 the contract or URL is none; 3 it could not do its work. */
export async function runContractFixtures(
  options: ContractFixturesOptions,
  output: ReportOutput = STANDARD_OUTPUT,
): Promise<number> {
  try {
    const contract = options.contract === undefined ? undefined : readContract(options.contract);
    const samples = await newestSamples(options);
    const files = samples.map((sample) => fileOf(fixtureOf(sample, contract)));
    writeFiles(files, options);
    output.write(files.map(({ line }) => `${line}\n`).join(""));
    output.write(files.length === 0 ? "no stored exchange; send traffic that differs\n" : "");
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    output.writeError(`parallax contract fixtures: ${error.message}\n`);
    return error.exitCode;
  }
}

function readContract(file: string): CompiledContract {
  const result = readContractFile(file, { isLive: true });
  if (result.ok) return compileContract(result.document);
  const [first] = result.problems;
  throw new CommandError(2, `${file}: ${first?.where}: ${first?.what}`);
}

/** The newest stored exchange of each endpoint and status, in the order of their names. */
async function newestSamples(options: ContractFixturesOptions): Promise<readonly Sample[]> {
  const newest = new Map<string, Sample>();
  for (const [id, endpoint] of await storedExchanges(options)) {
    const stored = await getJson<Sample>(options, `/api/exchanges/${encodeURIComponent(id)}`, {}).catch(
      (error: unknown) => {
        // An old sample can go while this reads: then there is a newer one.
        if (error instanceof CommandError && / answered 404 /.test(error.message)) return undefined;
        throw error;
      },
    );
    if (stored === undefined) continue;
    // Its endpoint may have been learnt to be another since.
    const sample = { ...stored, endpoint };
    const name = fixtureNameOf(sample.endpoint, sample.legacy.status);
    const known = newest.get(name);
    if (known === undefined || known.atMs < sample.atMs) newest.set(name, sample);
  }
  return [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sample]) => sample);
}

/** Id → endpoint, as it is called today. */
async function storedExchanges(options: ContractFixturesOptions): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (let page = 0; page < PAGES_MAX; page++) {
    const { total, differences } = await getJson<{
      readonly total: number;
      readonly differences: readonly SignatureAnswer[];
    }>(options, "/api/differences", {
      endpoint: options.endpoint,
      limit: PAGE_ROWS_MAX,
      offset: page * PAGE_ROWS_MAX,
    });
    for (const { exchangeIds, endpoint } of differences)
      for (const id of exchangeIds) if (found.size < FIXTURE_EXCHANGES_MAX) found.set(id, endpoint);
    if ((page + 1) * PAGE_ROWS_MAX >= total) break;
  }
  return found;
}

interface FixtureFile {
  readonly name: string;
  readonly text: string;
  /** What is printed of it. */
  readonly line: string;
}

function fileOf(fixture: Fixture): FixtureFile {
  const { endpoint, response, redacted, contract } = fixture;
  const name = fixtureNameOf(endpoint, response.status);
  const held = contract === undefined ? "" : ` · contract ${HELD[contract.satisfied]}`;
  const line = `${name}  ${endpoint} ${response.status} · ${redacted.length} redacted${held}`;
  return {
    name,
    text: `${JSON.stringify(fixture, undefined, 2)}\n`,
    line: printable(line, TEXT_CHARACTERS_MAX),
  };
}

const HELD = { yes: "satisfied", no: "broken", unknown: "not checked" } as const;

function writeFiles(files: readonly FixtureFile[], { out, isForced }: ContractFixturesOptions): void {
  try {
    const other = files.find(({ name, text }) => !isForced && isOther(join(out, name), text));
    if (other !== undefined)
      throw new CommandError(3, `${join(out, other.name)} is there; give --force, or another --out`);
    if (files.length > 0) makeDirectory(out, 0o755);
    for (const { name, text } of files) writeFileSync(join(out, name), text);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new CommandError(3, `cannot write to ${out} (${code}); name a directory that can be written`);
  }
}

function isOther(path: string, text: string): boolean {
  return existsSync(path) && readFileSync(path, "utf8") !== text;
}
