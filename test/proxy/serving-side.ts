// The serving side of Parallax in this process: real sockets on both sides, the ring read by the test in place of a
// shadow thread, the decision in the test's hand.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Config, loadConfig } from "../../src/config/load.ts";
import { buildSnapshot, RouteSlots } from "../../src/config/snapshot.ts";
import { Counters, ROUTE_EVENTS } from "../../src/core/counters.ts";
import { allocateKillCell, KillCell } from "../../src/core/kill-cell.ts";
import type { Snapshot, Stage } from "../../src/core/snapshot.ts";
import { Listener } from "../../src/proxy/listener.ts";
import { ServingContext } from "../../src/proxy/serving-context.ts";
import type { Trip } from "../../src/proxy/tripwire.ts";
import type { ExchangeRecord } from "../../src/seam/record.ts";
import { allocateRing, allocateWake, RingConsumer, RingProducer } from "../../src/seam/ring.ts";
import { Deadlines } from "../../src/wire/deadlines.ts";

export interface Decision {
  readonly stage: Stage;
  readonly since?: number;
  readonly isKilled?: boolean;
}

export interface ServingSide {
  readonly port: number;
  readonly context: ServingContext;
  readonly kill: KillCell;
  readonly trips: readonly Trip[];
  /** `code detail` of each failure. */
  readonly failures: readonly string[];
  /** Puts another decision in force for all routes. */
  decide(decision: Decision, config?: Config): void;
  /** Records that have crossed the seam since the last call. */
  records(): readonly ExchangeRecord[];
  /** Events that were counted, of all routes. */
  events(): Record<string, number>;
  /** How exchanges ended; throws when they do not add up. */
  books(): Record<string, number>;
}

export function configOf(settings: object): Config {
  const folder = mkdtempSync(join(tmpdir(), "parallax-serving-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "parallax.yaml");
  writeFileSync(file, JSON.stringify(settings));
  const loaded = loadConfig({ config: file, data: join(folder, "data") }, {});
  if (!loaded.ok) throw new Error(`the test's config is refused: ${JSON.stringify(loaded.problems)}`);
  return loaded.config;
}

/** `name` of the upstreams → a port of loopback. */
export function upstreamsAt(legacy: number, candidate: number, ofCandidate: object = {}): object {
  const url = (port: number) => `http://127.0.0.1:${port}`;
  return { legacy: { url: url(legacy) }, candidate: { url: url(candidate), ...ofCandidate } };
}

export function snapshotOf(
  config: Config,
  { stage, since = 1, isKilled = false }: Decision,
  { epoch, slots }: { readonly epoch: number; readonly slots: RouteSlots },
): Snapshot {
  const state = { epoch, slots, instanceId: "test", isKilled };
  const names = buildSnapshot(config, state).routes.map(({ name }) => name);
  const position = { stage, since, basisPoints: 10_000 };
  return buildSnapshot(config, { ...state, positions: new Map(names.map((name) => [name, position])) });
}

export async function startServing(settings: object, decision: Decision): Promise<ServingSide> {
  const config = configOf(settings);
  const slots = new RouteSlots();
  const counters = new Counters();
  const ring = allocateRing(4 * 1024 * 1024);
  const consumer = new RingConsumer(ring);
  const kill = new KillCell(allocateKillCell());
  const trips: Trip[] = [];
  const failures: string[] = [];
  let epoch = 1;
  const context = new ServingContext(snapshotOf(config, decision, { epoch, slots }), {
    counters,
    ring: new RingProducer(ring, allocateWake()),
    kill,
    deadlines: new Deadlines(),
    reportFailure: (code, detail) => failures.push(`${code} ${detail}`),
    onTripped: (trip) => trips.push(trip),
  });
  const listen = { host: "127.0.0.1", port: 0, tls: undefined };
  const listener = new Listener(context, listen);
  const port = await listener.listen(listen);
  onTestFinished(() => listener.drain(0));
  const ofAllRoutes = (read: (slot: number) => number): number =>
    slots.entries().reduce((sum, { slot }) => sum + read(slot), 0);
  return {
    port,
    context,
    kill,
    trips,
    failures,
    decide: (next, other = config) => context.apply(snapshotOf(other, next, { epoch: ++epoch, slots })),
    records: () => {
      const taken: ExchangeRecord[] = [];
      for (let record = consumer.read(); record !== undefined; record = consumer.read()) taken.push(record);
      return taken;
    },
    events: () =>
      nonZero(ROUTE_EVENTS.map((event) => [event, ofAllRoutes((slot) => counters.routeEvents(slot, event))])),
    books: () => {
      const skipped = new Map<string, number>();
      for (const { slot } of slots.entries())
        for (const [reason, count] of counters.outcomes(slot).skipped)
          skipped.set(reason, (skipped.get(reason) ?? 0) + count);
      const published = ofAllRoutes((slot) => counters.published(slot));
      const begun = ofAllRoutes((slot) => counters.exchanges(slot));
      const ended = published + [...skipped.values()].reduce((sum, count) => sum + count, 0);
      if (begun !== ended + counters.get("requestsInFlight"))
        throw new Error(`${begun} exchanges were begun, and ${ended} have ended`);
      return nonZero([["published", published], ...skipped]);
    },
  };
}

function nonZero(counts: readonly (readonly [string, number])[]): Record<string, number> {
  return Object.fromEntries(counts.filter(([, count]) => count !== 0));
}
