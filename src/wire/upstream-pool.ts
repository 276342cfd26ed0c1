// The connections towards one upstream: the most recently idle one first, a cap on how many, and a bounded
// queue of those that wait. Closed when its settings are replaced; exchanges under way finish.
import type { ErrorCode } from "../core/errors.ts";
import type { UpstreamSettings } from "../core/snapshot.ts";
import type { Deadlined } from "./deadlines.ts";
import { type ConnectionOwner, UpstreamConnection, type UpstreamContext } from "./upstream-connection.ts";

/** A request that must not be sent twice avoids connections idle for longer than this: they may be dying. */
const FRESH_IDLE_MS = 1_000;

/** Who waits for a connection. */
export interface ConnectionWaiter {
  onConnection(connection: UpstreamConnection): void;
  onNoConnection(code: ErrorCode, detail: string): void;
}

export class UpstreamPool implements ConnectionOwner, Deadlined {
  readonly settings: UpstreamSettings;
  readonly #context: UpstreamContext;
  readonly #idle: UpstreamConnection[] = [];
  readonly #all = new Set<UpstreamConnection>();
  /** Who waits, in order of arrival, and until when. */
  readonly #waiters = new Map<ConnectionWaiter, number>();
  /** When the first waiter has waited long enough. */
  deadlineAtMs = Number.POSITIVE_INFINITY;
  #connecting = 0;
  #isClosed = false;

  constructor(settings: UpstreamSettings, context: UpstreamContext) {
    this.settings = settings;
    this.#context = context;
    context.deadlines.add(this);
  }

  /**
   * Calls the waiter once, now when a connection is idle. `isReplayable` false asks for one that is surely
   * alive; `isFresh` for a new one.
   */
  acquire(
    waiter: ConnectionWaiter,
    wish: { readonly isReplayable: boolean; readonly isFresh: boolean },
  ): void {
    // Idle connections beside waiters are those that the waiters must not use: too old to be surely alive.
    if (!wish.isFresh) {
      const connection = this.#takeIdle(wish.isReplayable);
      if (connection !== undefined) {
        waiter.onConnection(connection);
        return;
      }
    }
    if (this.#isFull) {
      waiter.onNoConnection("upstream-busy", `${this.#waiters.size} requests wait`);
      return;
    }
    const dueAtMs = this.#context.deadlines.in(this.settings.connectTimeoutMs);
    this.#waiters.set(waiter, dueAtMs);
    if (this.#waiters.size === 1) this.deadlineAtMs = dueAtMs;
    this.#connectForWaiters();
  }

  /** Whom a connection is being made for, or can be made, does not count as one who waits. */
  get #isFull(): boolean {
    const { connectionsMax, queueMax } = this.settings;
    if (this.#all.size < connectionsMax) return false;
    return this.#waiters.size >= queueMax + this.#connecting + this.#idle.length;
  }

  /** The waiter no longer waits. */
  leave(waiter: ConnectionWaiter): void {
    this.#waiters.delete(waiter);
    this.#restWhenDone();
  }

  /** A closed pool keeps its time limits for as long as somebody waits. */
  #restWhenDone(): void {
    if (this.#isClosed && this.#waiters.size === 0) this.#context.deadlines.remove(this);
  }

  #takeIdle(isReplayable: boolean): UpstreamConnection | undefined {
    for (let connection = this.#idle.at(-1); connection !== undefined; connection = this.#idle.at(-1)) {
      if (connection.isIdle && !isReplayable && connection.freshUntilMs < this.#context.deadlines.in(0))
        break;
      this.#idle.pop();
      // One that is being closed leaves the list a moment later by itself.
      if (connection.isIdle) return connection;
    }
    return undefined;
  }

  #connectForWaiters(): void {
    while (this.#connecting < this.#waiters.size && this.#all.size < this.settings.connectionsMax) {
      this.#connecting++;
      this.#all.add(new UpstreamConnection(this, this.#context));
    }
    // At the cap, an idle connection that was too old for a careful request makes room for a new one.
    if (this.#connecting === 0 && this.#waiters.size > 0 && this.#idle.length > 0)
      this.#idle.shift()?.destroy();
  }

  #nextWaiter(): ConnectionWaiter | undefined {
    for (const waiter of this.#waiters.keys()) {
      this.leave(waiter);
      return waiter;
    }
    return undefined;
  }

  /** No connection became free for the first waiters in time. One that is being made has its own limit. */
  onDeadline(): void {
    const nowMs = this.#context.deadlines.in(0);
    for (const [waiter, dueAtMs] of this.#waiters) {
      if (dueAtMs > nowMs || this.#connecting > 0) {
        this.deadlineAtMs = Math.max(dueAtMs, nowMs);
        return;
      }
      this.leave(waiter);
      waiter.onNoConnection("upstream-queue-timeout", "");
    }
  }

  onConnected(connection: UpstreamConnection): void {
    this.#connecting--;
    this.onReusable(connection);
  }

  onConnectFailed(_connection: UpstreamConnection, code: ErrorCode, detail: string): void {
    this.#connecting--;
    this.#nextWaiter()?.onNoConnection(code, detail);
  }

  onReusable(connection: UpstreamConnection): void {
    // Who waited when the pool was closed is still served by it: it decided before the reload did.
    const waiter = this.#nextWaiter();
    if (waiter !== undefined) {
      waiter.onConnection(connection);
      return;
    }
    if (this.#isClosed) {
      connection.destroy();
      return;
    }
    connection.freshUntilMs = this.#context.deadlines.in(FRESH_IDLE_MS);
    connection.expireAt(this.#context.deadlines.in(this.settings.idleTimeoutMs));
    this.#idle.push(connection);
  }

  onClosed(connection: UpstreamConnection): void {
    this.#all.delete(connection);
    const index = this.#idle.lastIndexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    if (this.#waiters.size > 0) this.#connectForWaiters();
  }

  /** A tunnel is no longer a connection for requests: it makes room in the pool. */
  onTunnel(connection: UpstreamConnection): void {
    this.#all.delete(connection);
    if (this.#waiters.size > 0) this.#connectForWaiters();
  }

  /** Closes what is idle now and the rest as it becomes idle. Who holds or waits is still served; nobody new asks. */
  close(): void {
    this.#isClosed = true;
    this.#restWhenDone();
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }
}
