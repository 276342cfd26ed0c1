// The paths of places in document order. What a place shares with the one before is made once.

import { escapeToken } from "../pointer.ts";
import { nameOf } from "../text.ts";
import type { ScalarPlaces } from "./compare-bytes-places.ts";
import { type JsonText, scanString } from "./scan.ts";
import { ERASED_INDEX } from "./walk-path.ts";

/** The name of the key that begins at `start`, which was read before and is valid. */
function nameAt(text: JsonText, start: number): string {
  const scanned = scanString(text, start);
  return nameOf(text.bytes, start, scanned >>> 1, (scanned & 1) === 1);
}

export class PlacePaths {
  readonly #found: ScalarPlaces;
  readonly #legacy: JsonText;
  /** By level: the path of the first `level` tokens, and the same with indices erased. */
  readonly #paths: string[] = [""];
  readonly #erasedPaths: string[] = [""];
  /** By level: whether an index is among those tokens. */
  readonly #haveIndices: boolean[] = [false];
  /** Names and indices, unescaped, of the place moved to. */
  readonly tokens: string[] = [];
  #place = -1;

  constructor(found: ScalarPlaces, legacy: JsonText) {
    this.#found = found;
    this.#legacy = legacy;
  }

  /** Goes on to a later place; answers how many of its tokens it shares with the last one. */
  moveTo(place: number): number {
    const found = this.#found;
    const depth = found.depth(place);
    const shared = this.#place < 0 ? 0 : found.sharedSteps(this.#place, place);
    this.#place = place;
    this.tokens.length = depth;
    for (let level = shared; level < depth; level++) {
      const step = found.step(place, level);
      const token = step < 0 ? String(-1 - step) : nameAt(this.#legacy, step);
      const segment = step < 0 ? token : escapeToken(token);
      const hasIndex = step < 0 || (this.#haveIndices[level] as boolean);
      const path = `${this.#paths[level]}/${segment}`;
      this.tokens[level] = token;
      this.#haveIndices[level + 1] = hasIndex;
      this.#paths[level + 1] = path;
      this.#erasedPaths[level + 1] = hasIndex
        ? `${this.#erasedPaths[level]}/${step < 0 ? ERASED_INDEX : segment}`
        : path;
    }
    return shared;
  }

  /** Whether `erasedPath` is not `path`. */
  get hasIndex(): boolean {
    return this.#haveIndices[this.tokens.length] as boolean;
  }

  get path(): string {
    return this.#paths[this.tokens.length] as string;
  }

  get erasedPath(): string {
    return this.#erasedPaths[this.tokens.length] as string;
  }
}
