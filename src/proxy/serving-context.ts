// What all connections of a serving thread share: the decision in force, pools, counters, the ring.
// A new snapshot replaces the routing whole; exchanges under way keep the one they began with.
import { BlockList, isIPv6 } from "node:net";
import { CaptureBudget } from "../core/capture.ts";
import type { Counters } from "../core/counters.ts";
import type { ErrorCode } from "../core/errors.ts";
import { OTHER } from "../core/other.ts";
import type { RouteSettings, Snapshot, UpstreamSettings } from "../core/snapshot.ts";
import type { RefusalSign } from "../seam/refusal.ts";
import type { RingProducer } from "../seam/ring.ts";
import type { Deadlines } from "../wire/deadlines.ts";
import type { RequestForwarding } from "../wire/forward-head.ts";
import { HeadWriter } from "../wire/head-writer.ts";
import { RequestHead } from "../wire/request-head.ts";
import { ResponseHead } from "../wire/response-head.ts";
import type { UpstreamContext } from "../wire/upstream-connection.ts";
import { UpstreamPool } from "../wire/upstream-pool.ts";
import { RouteTable } from "./route-table.ts";

/** One read from a client or an upstream; also what a slow client may cost beyond its socket's buffers. */
const READ_BUFFER_BYTES = 64 * 1024;

/** Everything that follows from one snapshot. */
export interface Routing {
  readonly snapshot: Snapshot;
  readonly routes: RouteTable;
  /** The route of what no other one matches. */
  readonly other: RouteSettings;
  /** The header line that tells clients who served them; empty when it is turned off. */
  readonly servedBy: string;
  readonly legacy: UpstreamPool;
  readonly forwarding: RequestForwarding;
  readonly trustedProxies: BlockList;
}

/** Tells control of a failure that an operator should see; rate-limited by code. */
export type FailureReporter = (code: ErrorCode, detail: string) => void;

export class ServingContext {
  readonly counters: Counters;
  readonly ring: RingProducer | undefined;
  readonly refusal: RefusalSign | undefined;
  readonly deadlines: Deadlines;
  readonly writer = new HeadWriter();
  readonly requestHead: RequestHead;
  /** For reads from clients; upstreams have their own, since an answer may begin inside a client's read. */
  readonly readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  readonly captureBudget: CaptureBudget;
  readonly reportFailure: FailureReporter;
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
      readonly deadlines: Deadlines;
      readonly reportFailure: FailureReporter;
    },
  ) {
    this.counters = parts.counters;
    this.ring = parts.ring;
    this.refusal = parts.refusal;
    this.deadlines = parts.deadlines;
    this.reportFailure = parts.reportFailure;
    this.requestHead = new RequestHead(snapshot.limits);
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
    if (this.routing.legacy !== before.legacy) before.legacy.close();
  }

  #routingFrom(snapshot: Snapshot, before: Routing | undefined): Routing {
    const { legacy } = snapshot.upstreams;
    const isSameUpstream = before !== undefined && isSame(before.snapshot.upstreams.legacy, legacy);
    const trustedProxies = new BlockList();
    for (const network of snapshot.trustedProxies) {
      const [address = "", prefix] = network.split("/");
      const family = isIPv6(address) ? "ipv6" : "ipv4";
      trustedProxies.addSubnet(address, Number(prefix ?? (family === "ipv6" ? 128 : 32)), family);
    }
    const other = snapshot.routes.find((route) => route.name === OTHER) as RouteSettings;
    return {
      snapshot,
      routes: new RouteTable(
        snapshot.routes.filter((route) => route.name !== OTHER),
        other,
      ),
      other,
      servedBy: snapshot.servedByHeader ? "x-parallax-served-by: legacy\r\n" : "",
      legacy: isSameUpstream ? before.legacy : new UpstreamPool(legacy, this.#upstreamContext),
      forwarding: {
        hostHeader: legacy.hostHeader,
        upstreamAuthority: `${legacy.host}:${legacy.port}`,
        viaPseudonym: viaPseudonym(snapshot),
      },
      trustedProxies,
    };
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
