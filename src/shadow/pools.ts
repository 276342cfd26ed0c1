// The shadow side's own connections: a pool per purpose, kept for as long as its upstream's settings stay the same.
import type { UpstreamSettings } from "../core/snapshot.ts";
import type { UpstreamContext } from "../wire/upstream-connection.ts";
import { UpstreamPool } from "../wire/upstream-pool.ts";

interface Kept {
  readonly settingsText: string;
  readonly pool: UpstreamPool;
}

export class Pools<Purpose extends string> {
  readonly #context: UpstreamContext;
  readonly #kept = new Map<Purpose, Kept>();

  constructor(context: UpstreamContext) {
    this.#context = context;
  }

  get(purpose: Purpose): UpstreamPool | undefined {
    return this.#kept.get(purpose)?.pool;
  }

  /** Puts a pool to `settings` in place, or none. One that is replaced is closed: what is under way in it finishes. */
  set(purpose: Purpose, settings: UpstreamSettings | undefined): void {
    const before = this.#kept.get(purpose);
    const settingsText = JSON.stringify(settings);
    if (before?.settingsText === settingsText) return;
    if (settings === undefined) this.#kept.delete(purpose);
    else this.#kept.set(purpose, { settingsText, pool: new UpstreamPool(settings, this.#context) });
    before?.pool.close();
  }
}
