// What all connections of a serving thread share: the decision in force, pools, counters, the ring.
// A new snapshot replaces the routing whole; exchanges under way keep the one they began with.
import { BlockList, isIPv6 } from "node:net";
import { CaptureBudget } from "../core/capture.ts";
import type { Counters } from "../core/counters.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { KillCell } from "../core/kill-cell.ts";
import { OTHER } from "../core/other.ts";
import type { Snapshot, UpstreamSettings } from "../core/snapshot.ts";
import { isDecidedAlike, newDecision } from "../rollout/decide/decide.ts";
import { TokenReader } from "../rollout/decide/token-reader.ts";
import type { RefusalReason, RefusalSign } from "../seam/refusal.ts";
import type { RingProducer } from "../seam/ring.ts";
import type { Deadlines } from "../wire/deadlines.ts";
import { type RequestForwarding, type RequestHeadParts, writeRequestHead } from "../wire/forward-head.ts";
import { HeadWriter } from "../wire/head-writer.ts";
import { RequestHead } from "../wire/request-head.ts";
import { ResponseHead } from "../wire/response-head.ts";
import type { UpstreamContext } from "../wire/upstream-connection.ts";
import { UpstreamPool } from "../wire/upstream-pool.ts";
import { CallerBook } from "./callers.ts";
import { HeadView } from "./request-view.ts";
import { type RouteServing, routeServingFrom } from "./route-serving.ts";
import { RouteTable } from "./route-table.ts";
import type { Trip } from "./tripwire.ts";

/** One read from a client or an upstream; also what a slow client may cost beyond its socket's buffers. */
const READ_BUFFER_BYTES = 64 * 1024;

/** Index into SERVED_BY. */
const BY_PARALLAX = 2;

/** One of the two that may serve. */
export interface ServingUpstream {
  readonly pool: UpstreamPool;
  readonly forwarding: RequestForwarding;
}

/** Everything that follows from one snapshot. */
export interface Routing {
  readonly snapshot: Snapshot;
  readonly routes: RouteTable<RouteServing>;
  /** By the route's name: routes past the limit share a slot. */
  readonly byName: ReadonlyMap<string, RouteServing>;
  /** The route of what no other one matches. */
  readonly other: RouteServing;
  readonly legacy: ServingUpstream;
  readonly candidate: ServingUpstream | undefined;
  readonly trustedProxies: BlockList;
}

/** Tells control of a failure that an operator should see; rate-limited by code. */
export type FailureReporter = (code: ErrorCode, detail: string) => void;

export class ServingContext {
  readonly counters: Counters;
  readonly ring: RingProducer | undefined;
  readonly #refusal: RefusalSign | undefined;
  readonly #kill: KillCell;
  readonly deadlines: Deadlines;
  readonly writer = new HeadWriter();
  readonly requestHead: RequestHead;
  /** Of an answer that an adapter wrote anew. */
  readonly adaptedHead: ResponseHead;
  /** For reads from clients; upstreams have their own, since an answer may begin inside a client's read. */
  readonly readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  readonly captureBudget: CaptureBudget;
  readonly callers = new CallerBook();
  readonly reportFailure: FailureReporter;
  readonly #onTripped: (trip: Trip) => void;
  #tokens: TokenReader;
  /** Of the request that is being decided. */
  readonly decision = newDecision();
  readonly view: HeadView;
  readonly #upstreamContext: UpstreamContext;
  routing: Routing;
  isDraining = false;
  sequence = 0;

  constructor(
    snapshot: Snapshot,
    parts: {
      readonly counters: Counters;
      readonly ring: RingProducer | undefined;
      readonly refusal?: RefusalSign | undefined;
      readonly kill: KillCell;
      readonly deadlines: Deadlines;
      readonly reportFailure: FailureReporter;
      readonly onTripped: (trip: Trip) => void;
    },
  ) {
    this.counters = parts.counters;
    this.ring = parts.ring;
    this.#refusal = parts.refusal;
    this.#kill = parts.kill;
    this.deadlines = parts.deadlines;
    this.reportFailure = parts.reportFailure;
    this.#onTripped = (trip) => {
      parts.counters.addRouteEvent(trip.slot, "tripped");
      this.#countTripped();
      parts.onTripped(trip);
    };
    this.requestHead = new RequestHead(snapshot.limits);
    this.#tokens = new TokenReader(snapshot.jwt, Date.now, () => parts.counters.add("tokensUnread", 1));
    this.adaptedHead = new ResponseHead(snapshot.limits);
    this.view = new HeadView(this.requestHead);
    this.captureBudget = new CaptureBudget(snapshot.limits.captureBytesMax);
    this.#upstreamContext = {
      deadlines: parts.deadlines,
      readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
      responseHead: new ResponseHead(snapshot.limits),
      onConnections: (change) => parts.counters.add("upstreamConnections", change),
    };
    this.routing = this.#routingFrom(snapshot, undefined);
  }

  /** Puts a new snapshot in force for the requests to come. Limits on heads stay as the thread began. */
  apply(snapshot: Snapshot): void {
    const before = this.routing;
    this.routing = this.#routingFrom(snapshot, before);
    const { legacy, candidate } = this.routing;
    if (legacy.pool !== before.legacy.pool) before.legacy.pool.close();
    if (candidate?.pool !== before.candidate?.pool) before.candidate?.pool.close();
    this.#countTripped();
  }

  /** The kill switch is on: by the decision, or by its cell, which may be ahead of it. */
  get isKilled(): boolean {
    return this.#kill.isSet || this.routing.snapshot.isKilled;
  }

  /** Why the shadow side would admit nothing of what the candidate serves, or does not serve, at the moment. */
  refusalReason(isByCandidate: boolean): RefusalReason | undefined {
    const reason = this.#refusal?.reason();
    // The breaker is about mirrors to the candidate; here the mirror would go to the legacy.
    return isByCandidate && reason === "breaker-open" ? undefined : reason;
  }

  /** A request was refused before it had a route. */
  countRefused(status: number): void {
    const { slot } = this.routing.other.route;
    this.counters.addExchange(slot);
    this.counters.addSkipped(slot, "refused");
    this.counters.addRequest(slot, BY_PARALLAX, status, 0);
  }

  #countTripped(): void {
    let count = 0;
    for (const { tripwire } of this.routing.byName.values()) if (tripwire.isTripped) count++;
    this.counters.set("routesTripped", count);
  }

  /** One whose settings have not changed keeps its pool. */
  #upstreamFrom(
    settings: UpstreamSettings,
    snapshot: Snapshot,
    before: ServingUpstream | undefined,
  ): ServingUpstream {
    const isSameUpstream = before !== undefined && isSame(before.pool.settings, settings);
    return {
      pool: isSameUpstream ? before.pool : new UpstreamPool(settings, this.#upstreamContext),
      forwarding: {
        hostHeader: settings.hostHeader,
        upstreamAuthority: `${settings.host}:${settings.port}`,
        viaPseudonym: viaPseudonym(snapshot),
        droppedHeader: snapshot.override.header,
      },
    };
  }

  #routingFrom(snapshot: Snapshot, before: Routing | undefined): Routing {
    const { legacy, candidate } = snapshot.upstreams;
    const trustedProxies = new BlockList();
    for (const network of snapshot.trustedProxies) {
      const [address = "", prefix] = network.split("/");
      const family = isIPv6(address) ? "ipv6" : "ipv4";
      trustedProxies.addSubnet(address, Number(prefix ?? (family === "ipv6" ? 128 : 32)), family);
    }
    const tokens = this.#tokens.for(snapshot.jwt);
    this.#tokens = tokens;
    const isAlike = before !== undefined && isDecidedAlike(before.snapshot, snapshot);
    const byName = new Map(
      snapshot.routes.map((route) => {
        const parts = {
          before: before?.byName.get(route.name),
          isDecidedAlike: isAlike,
          tokens,
          onTripped: this.#onTripped,
          callers: this.callers,
        };
        return [route.name, routeServingFrom(route, snapshot, parts)] as const;
      }),
    );
    const other = byName.get(OTHER) as RouteServing;
    return {
      snapshot,
      routes: new RouteTable(
        [...byName.values()].filter((serving) => serving !== other),
        other,
      ),
      byName,
      other,
      legacy: this.#upstreamFrom(legacy, snapshot, before?.legacy),
      candidate:
        candidate === undefined ? undefined : this.#upstreamFrom(candidate, snapshot, before?.candidate),
      trustedProxies,
    };
  }

  /** The head of a request as an upstream gets it. */
  headFor(head: RequestHead, parts: RequestHeadParts): Buffer {
    writeRequestHead(this.writer, head, parts);
    return this.writer.take(0);
  }

  isTrusted(address: string): boolean {
    const { trustedProxies, snapshot } = this.routing;
    if (snapshot.trustedProxies.length === 0) return false;
    return trustedProxies.check(address, isIPv6(address) ? "ipv6" : "ipv4");
  }
}

/** How this process calls itself in Via: what the hop guard looks for. */
export function viaPseudonym(snapshot: Snapshot): string {
  return `parallax-${snapshot.instanceId}`;
}

function isSame(a: UpstreamSettings, b: UpstreamSettings): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
