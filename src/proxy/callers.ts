// Who calls the legacy, counted on the serving thread (HOT). A known caller costs a hash over its unit's bucket and its
// user agent and a comparison: nothing is made. Times are those of the flush, so that no clock is read.
// Invariant: bounded per route and in all; past it requests are counted under *other*, never lost.
import { Buffer } from "node:buffer";
import {
  type CallerDelta,
  HIDDEN_UNIT,
  productsOf,
  UNIT_CHARACTERS_MAX,
  USER_AGENT_BYTES_MAX,
} from "../core/callers.ts";
import { OTHER } from "../core/other.ts";
import type { RequestValue, RouteSettings, Snapshot } from "../core/snapshot.ts";
import { H_USER_AGENT } from "../wire/header-id.ts";
import type { RequestHead } from "../wire/request-head.ts";

/** Of one route between two flushes; and those of the flush before, as long as they still call. */
export const CALLERS_PER_ROUTE_MAX = 1000;
/** Of all routes of a thread: about 5 MB. */
export const CALLERS_MAX = 10_000;

const EMPTY: Buffer = Buffer.alloc(0);

/** The unit that a decision went by, read once more for people: the route's decider is one. */
export interface UnitSource {
  grounds(): { readonly unit: { readonly kind: string; readonly id: string } | undefined };
}

interface Caller {
  readonly bucket: number;
  readonly agent: Buffer;
  readonly unitKind: string;
  readonly unit: string;
  readonly userAgent: string;
  requests: number;
  /** Another one with the same hash. */
  readonly next: Caller | undefined;
}

/** What a thread has counted for one route since the last flush. */
export class CallerTable {
  readonly #route: string;
  #byHash = new Map<number, Caller>();
  #other = 0;
  size = 0;

  constructor(route: string) {
    this.#route = route;
  }

  find(
    hash: number,
    bucket: number,
    head: { bytes: Buffer; start: number; end: number },
  ): Caller | undefined {
    let caller = this.#byHash.get(hash);
    while (caller !== undefined && !(caller.bucket === bucket && isAgent(caller.agent, head)))
      caller = caller.next;
    return caller;
  }

  add(hash: number, caller: Omit<Caller, "next" | "requests">): void {
    this.#byHash.set(hash, { ...caller, requests: 1, next: this.#byHash.get(hash) });
    this.size++;
  }

  addOther(): void {
    this.#other++;
  }

  /** What was counted; who did not call is forgotten. */
  take(): CallerDelta[] {
    const route = this.#route;
    const deltas: CallerDelta[] = [];
    const kept = new Map<number, Caller>();
    this.size = 0;
    for (const [hash, first] of this.#byHash) {
      for (let caller: Caller | undefined = first; caller !== undefined; caller = caller.next) {
        const { unitKind, unit, userAgent, requests } = caller;
        if (requests === 0) continue;
        deltas.push({ route, unitKind, unit, userAgent, requests });
        kept.set(hash, { ...caller, requests: 0, next: kept.get(hash) });
        this.size++;
      }
    }
    this.#byHash = kept;
    if (this.#other > 0)
      deltas.push({ route, unitKind: OTHER, unit: OTHER, userAgent: OTHER, requests: this.#other });
    this.#other = 0;
    return deltas;
  }
}

/** All tables of a thread. They outlive a snapshot. */
export class CallerBook {
  readonly #tables = new Map<string, CallerTable>();
  #size = 0;

  tableOf(route: string): CallerTable {
    const known = this.#tables.get(route);
    if (known !== undefined) return known;
    const table = new CallerTable(route);
    this.#tables.set(route, table);
    return table;
  }

  hasRoomFor(table: CallerTable): boolean {
    if (table.size >= CALLERS_PER_ROUTE_MAX || this.#size >= CALLERS_MAX) return false;
    this.#size++;
    return true;
  }

  /** What all tables have counted since the last time. */
  take(): readonly CallerDelta[] {
    const deltas: CallerDelta[] = [];
    this.#size = 0;
    for (const table of this.#tables.values()) {
      for (const delta of table.take()) deltas.push(delta);
      this.#size += table.size;
    }
    return deltas;
  }

  /** The same, and begins anew: under another snapshot other routes may be counted, and other units hidden. */
  takeAll(): readonly CallerDelta[] {
    const deltas = this.take();
    this.#tables.clear();
    this.#size = 0;
    return deltas;
  }
}

/** One route's callers under one snapshot. */
export class RouteCallers {
  readonly #book: CallerBook;
  readonly #table: CallerTable;
  readonly #hiddenKinds: ReadonlySet<string>;
  /** Reused from request to request: where the user agent lies. */
  readonly #agent = { bytes: EMPTY, start: 0, end: 0 };

  constructor(route: RouteSettings, snapshot: Pick<Snapshot, "redact">, book: CallerBook) {
    this.#book = book;
    this.#table = book.tableOf(route.name);
    this.#hiddenKinds = new Set(
      route.rollout.units.filter(({ from }) => isHidden(from, snapshot)).map(({ kind }) => kind),
    );
  }

  /** `bucket` is the decision's unit; `source` is asked of callers that are new alone. */
  note(head: RequestHead, bucket: number, source: UnitSource): void {
    const agent = this.#pointAtAgent(head);
    let hash = bucket ^ 0x811c9dc5;
    for (let i = agent.start; i < agent.end; i++)
      hash = Math.imul(hash ^ (agent.bytes[i] as number), 0x01000193);
    const caller = this.#table.find(hash, bucket, agent);
    if (caller !== undefined) caller.requests++;
    else if (this.#book.hasRoomFor(this.#table)) this.#table.add(hash, this.#callerFrom(bucket, source));
    else this.#table.addOther();
  }

  #pointAtAgent({ bytes, lines }: RequestHead): { bytes: Buffer; start: number; end: number } {
    const agent = this.#agent;
    agent.bytes = bytes;
    agent.start = 0;
    agent.end = 0;
    for (let line = 0; line < lines.count; line++) {
      if (lines.id(line) !== H_USER_AGENT) continue;
      agent.start = lines.valueStart(line);
      agent.end = Math.min(lines.valueEnd(line), agent.start + USER_AGENT_BYTES_MAX);
      break;
    }
    return agent;
  }

  #callerFrom(bucket: number, source: UnitSource): Omit<Caller, "next" | "requests"> {
    const { bytes, start, end } = this.#agent;
    const agent = Buffer.from(bytes.subarray(start, end));
    const unit = bucket < 0 ? undefined : source.grounds().unit;
    const kind = unit?.kind ?? "";
    return {
      bucket,
      agent,
      unitKind: kind,
      unit: this.#hiddenKinds.has(kind) ? HIDDEN_UNIT : (unit?.id.slice(0, UNIT_CHARACTERS_MAX) ?? ""),
      userAgent: productsOf(agent.toString("latin1")),
    };
  }
}

function isAgent(
  agent: Buffer,
  { bytes, start, end }: { bytes: Buffer; start: number; end: number },
): boolean {
  if (agent.length !== end - start) return false;
  for (let i = 0; i < agent.length; i++) if (agent[i] !== bytes[start + i]) return false;
  return true;
}

/** It is never stored in clear wherever else it stands (docs/redaction.md). */
function isHidden(from: RequestValue, { redact }: Pick<Snapshot, "redact">): boolean {
  switch (from.kind) {
    case "cookie":
      return true;
    case "header":
      return redact.headers.includes(from.name);
    case "query":
      return redact.queryParameters.includes(from.name.toLowerCase());
    default:
      return false;
  }
}

/** Whose callers are counted: of a deprecated route, and of one that is being moved. */
export function callersFor(
  route: RouteSettings,
  snapshot: Pick<Snapshot, "redact">,
  book: CallerBook,
): RouteCallers | undefined {
  const isMoving = route.stage === "ramp" || route.stage === "live" || route.stage === "complete";
  if (route.deprecation === undefined && !isMoving) return undefined;
  return new RouteCallers(route, snapshot, book);
}
