// How many requests of the last ten seconds may be rescued, for one route on one serving thread.
// Seconds are slots of a ring, so that it costs the same however many requests there are. Time is an argument.
import type { RescueSettings } from "../core/snapshot.ts";

const WINDOW_SECONDS = 10;

export class RescueBudget {
  readonly #sentBySecond = new Uint32Array(WINDOW_SECONDS);
  readonly #rescuedBySecond = new Uint32Array(WINDOW_SECONDS);
  #sent = 0;
  #rescued = 0;
  /** The newest second that has a slot. */
  #second = 0;

  /** A request goes to the candidate. */
  addSent(nowMs: number): void {
    const slot = this.#slotAt(nowMs);
    this.#sentBySecond[slot] = (this.#sentBySecond[slot] as number) + 1;
    this.#sent++;
  }

  /** One more is rescued. False when it is more than the settings allow. */
  addRescued(nowMs: number, { budgetPercent, budgetMin }: RescueSettings): boolean {
    const slot = this.#slotAt(nowMs);
    this.#rescuedBySecond[slot] = (this.#rescuedBySecond[slot] as number) + 1;
    this.#rescued++;
    return this.#rescued <= Math.max(budgetMin, (this.#sent * budgetPercent) / 100);
  }

  /** For people: `12 of 40 requests`. */
  get text(): string {
    return `${this.#rescued} of ${this.#sent} requests`;
  }

  #slotAt(nowMs: number): number {
    const second = Math.floor(nowMs / 1000);
    if (second - this.#second >= WINDOW_SECONDS) this.#forgetAll();
    else for (let old = this.#second + 1; old <= second; old++) this.#forget(old % WINDOW_SECONDS);
    this.#second = Math.max(this.#second, second);
    return this.#second % WINDOW_SECONDS;
  }

  #forget(slot: number): void {
    this.#sent -= this.#sentBySecond[slot] as number;
    this.#rescued -= this.#rescuedBySecond[slot] as number;
    this.#sentBySecond[slot] = 0;
    this.#rescuedBySecond[slot] = 0;
  }

  #forgetAll(): void {
    this.#sentBySecond.fill(0);
    this.#rescuedBySecond.fill(0);
    this.#sent = 0;
    this.#rescued = 0;
  }
}
