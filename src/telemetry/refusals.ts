// Requests that the admin listener refused, by why: what somebody who tries doors leaves behind.

export const REFUSALS = ["no-token", "wrong-token", "rate-limited", "role", "cross-site", "host"] as const;
export type Refusal = (typeof REFUSALS)[number];

export class Refusals {
  readonly #counts = new Map<Refusal, number>();

  add(reason: Refusal): void {
    this.#counts.set(reason, this.get(reason) + 1);
  }

  get(reason: Refusal): number {
    return this.#counts.get(reason) ?? 0;
  }
}
