// Which compare of JSON bodies goes first on a route: by bytes in step, or by trees. What is learnt changes costs,
// never a verdict.

/** What a compare by bytes that was in vain adds to the score, and what one that was not takes away. */
const IN_VAIN = 2;
/** From here on the compare of tapes goes first. */
const SCORE_TAPES = 4;
const SCORE_MAX = 8;
/** Then every so many bodies the bytes are tried again: the route may have changed. */
const TRY_AGAIN_EVERY = 32;

/** Learns per route whether the two bodies mostly have one structure: then the compare by bytes goes first. */
export class FirstTry {
  #score = 0;
  #turn = 0;

  isBytes(): boolean {
    if (this.#score < SCORE_TAPES) return true;
    this.#turn = (this.#turn + 1) % TRY_AGAIN_EVERY;
    return this.#turn === 0;
  }

  /** What a compare by bytes came to. One that was not in vain brings the bytes back to the front. */
  learn(wasInVain: boolean): void {
    if (wasInVain) this.#score = Math.min(SCORE_MAX, this.#score + IN_VAIN);
    else this.#score = this.#score >= SCORE_TAPES ? SCORE_TAPES - 1 : Math.max(0, this.#score - 1);
  }
}
