// `GET /api/export`: all that is stored and passes the filters, as lines of JSON. Pages are read as they are asked
// for, so that an export of any size holds one page in memory, and never the control thread for longer than that.
import { setImmediate } from "node:timers/promises";
import type { Sample } from "../core/batch.ts";
import { matchesEndpoint } from "../store/endpoint-pattern.ts";
import type { StoreFault, StoreRead } from "../store/store.ts";
import { curlLine } from "./curl.ts";
import type { AdminDependencies } from "./dependencies.ts";
import type { ExportQuery } from "./query-schemas.ts";
import { endpointAnswer, signatureAnswer } from "./rows.ts";
import { EXPORT_SCHEMA_VERSION, type ExportKind, type ExportLine } from "./schemas.ts";

/** Of endpoints, signatures or rules: some 100 KB, read in a few milliseconds of the control thread. */
const PAGE_ROWS = 100;
/** Each may have the store's whole sampleBytesMax, 4 MiB. */
const PAGE_EXCHANGES = 4;

interface ExportInput {
  readonly dependencies: Pick<AdminDependencies, "store" | "rules" | "stages">;
  readonly query: ExportQuery;
  /** Where curl lines go. */
  readonly curlBase: string;
}

/** The store failed in the middle: what was sent is not whole, and the answer must not look as if it were. */
export class ExportFailure extends Error {
  readonly fault: StoreFault;

  constructor(fault: StoreFault) {
    super(`the store cannot be read: ${fault.code}`);
    this.name = "ExportFailure";
    this.fault = fault;
  }
}

function mustRead<T>(read: StoreRead<T>): T {
  if (read.kind === "failed") throw new ExportFailure(read);
  return read.value;
}

type Page = readonly ExportLine[];

async function* endpointPages({ dependencies, query }: ExportInput): AsyncGenerator<Page> {
  const { endpoint, route, sinceMs } = query;
  for (let after: { endpoint: string; route: string } | undefined; ; ) {
    const walk = { endpoint, route, sinceMs, after, limit: PAGE_ROWS };
    const rows = mustRead(await dependencies.store.walkEndpoints(walk));
    const stages = dependencies.stages();
    yield rows.map((row) => ({
      kind: "endpoint",
      endpoint: { ...endpointAnswer(row), stage: stages.get(row.route) ?? null },
    }));
    after = rows.at(-1);
    if (rows.length < PAGE_ROWS || after === undefined) return;
  }
}

/** `ids` gets those of all signatures that were read; at most the store's signaturesMax. */
async function* signaturePages(
  { dependencies, query: { kind: _, ...filter } }: ExportInput,
  ids: Set<string>,
): AsyncGenerator<Page> {
  for (let after: string | undefined; ; ) {
    const rows = mustRead(await dependencies.store.walkSignatures({ ...filter, after, limit: PAGE_ROWS }));
    for (const { id } of rows) ids.add(id);
    yield rows.map((row) => ({ kind: "signature", signature: signatureAnswer(row) }));
    after = rows.at(-1)?.id;
    if (rows.length < PAGE_ROWS || after === undefined) return;
  }
}

/** Chosen by what only signatures have. */
function isBySignature({ tier, states, owner }: ExportQuery): boolean {
  return tier !== undefined || states !== undefined || owner !== undefined;
}

/** One with signatures goes with any of them: its endpoint may be called otherwise by now. */
function isExchangeWanted(sample: Sample, query: ExportQuery, ids: ReadonlySet<string>): boolean {
  const { endpoint, route } = query;
  if (route !== undefined && sample.route !== route) return false;
  if (endpoint === undefined && !isBySignature(query)) return true;
  if (sample.signatureIds.length > 0) return sample.signatureIds.some((id) => ids.has(id));
  return !isBySignature(query) && (endpoint === undefined || matchesEndpoint(endpoint, sample.endpoint));
}

/** Newest first. All are read: a filter in the store would hold the control thread until it found a page of them. */
async function* exchangePages(
  { dependencies, query, curlBase }: ExportInput,
  ids: ReadonlySet<string>,
): AsyncGenerator<Page> {
  const { sinceMs = Number.NEGATIVE_INFINITY } = query;
  for (let before: Sample | undefined; ; ) {
    const samples = mustRead(await dependencies.store.samples({ before, limit: PAGE_EXCHANGES }));
    yield samples
      .filter((sample) => sample.atMs >= sinceMs && isExchangeWanted(sample, query, ids))
      .map((sample) => ({
        kind: "exchange",
        exchange: { ...sample, curl: curlLine(sample.request, curlBase) },
      }));
    before = samples.at(-1);
    if (samples.length < PAGE_EXCHANGES || before === undefined || before.atMs < sinceMs) return;
  }
}

/** Of the config, so that endpoint, tier and time do not choose among them. */
async function* rulePages({ dependencies, query: { route } }: ExportInput): AsyncGenerator<Page> {
  const rules = mustRead(await dependencies.rules());
  const wanted = rules.filter((rule) => route === undefined || rule.routes.includes(route));
  for (let at = 0; at < wanted.length; at += PAGE_ROWS)
    yield wanted.slice(at, at + PAGE_ROWS).map((rule) => ({ kind: "rule", rule }));
}

async function* pagesOf(input: ExportInput): AsyncGenerator<Page> {
  const { kind } = input.query;
  const isWanted = (name: ExportKind) => kind === undefined || kind === name;
  if (isWanted("endpoint")) yield* endpointPages(input);
  const ids = new Set<string>();
  const signatures = signaturePages(input, ids);
  if (isWanted("signature")) yield* signatures;
  if (isWanted("exchange")) {
    // Where they are not asked for they still say which exchanges are.
    if (kind === "exchange" && (input.query.endpoint !== undefined || isBySignature(input.query)))
      for await (const _ of signatures) await setImmediate();
    yield* exchangePages(input, ids);
  }
  if (isWanted("rule")) yield* rulePages(input);
}

/** Pieces of the export, each of whole lines and maybe empty. Throws an ExportFailure when the store cannot be read. */
export async function* exportText(input: ExportInput): AsyncGenerator<string> {
  for await (const page of pagesOf(input)) {
    yield page
      .map((line) => `${JSON.stringify({ schemaVersion: EXPORT_SCHEMA_VERSION, ...line })}\n`)
      .join("");
    // A client that takes all at once would else hold the control thread from the first page to the last.
    await setImmediate();
  }
}
