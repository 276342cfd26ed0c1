// Claims of the bearer token of a request. One reader for each serving thread, kept over snapshots as long as the
// settings are the same. Time is its clock's; whether a token is in time is asked again at each request.
import { Buffer } from "node:buffer";
import type { JwtSettings } from "../../core/snapshot.ts";
import { readTokenKey, type TokenKey } from "../../core/token-key.ts";
import { isField, SPACE, TAB } from "./request-bytes.ts";
import type { RequestView } from "./request-view.ts";
import type { Source } from "./source.ts";
import { claimText, readToken, type Token } from "./token.ts";
import { type KnownToken, TokenCache } from "./token-cache.ts";

/**
 * New tokens that a thread verifies within a second: with 100 µs for each, a tenth of its time. Whoever sends forged
 * ones by the thousand takes no more than that from those that it serves.
 */
export const TOKENS_VERIFIED_MAX = 1_000;
/** A longer token says nothing. */
export const TOKEN_BYTES_MAX = 8 * 1024;
const SCHEME = "bearer";
const EMPTY = Buffer.alloc(0);

function keysOf(settings: JwtSettings | undefined): TokenKey[] {
  return (settings?.keys ?? []).flatMap((jwk) => {
    const result = readTokenKey(jwk);
    return result.ok ? [result.key] : [];
  });
}

export class TokenReader {
  readonly settings: JwtSettings | undefined;
  readonly #nowMs: () => number;
  readonly #onUnread: () => void;
  readonly #keys: readonly TokenKey[];
  readonly #cache = new TokenCache();
  /** The second that `#verified` is of. */
  #second = 0;
  #verified = 0;

  /** `onUnread`: a token was not looked at, for want of time. */
  constructor(
    settings: JwtSettings | undefined,
    nowMs: () => number = Date.now,
    onUnread: () => void = () => undefined,
  ) {
    this.settings = settings;
    this.#nowMs = nowMs;
    this.#onUnread = onUnread;
    this.#keys = keysOf(settings);
  }

  /** The reader for `settings`: this one, with all that it knows, where they are still its own. */
  for(settings: JwtSettings | undefined): TokenReader {
    const isSame = JSON.stringify(settings) === JSON.stringify(this.settings);
    return isSame ? this : new TokenReader(settings, this.#nowMs, this.#onUnread);
  }

  /** Notes in `source` the claim it asks for. Two Authorization lines are ambiguous, and so is what was not read. */
  find(source: Source, { bytes, lines }: RequestView): void {
    if (this.settings === undefined) return;
    for (let line = 0; line < lines.count; line++) {
      if (!isField(bytes, lines.nameStart(line), lines.nameEnd(line), "authorization")) continue;
      const text = this.#claim(source.from.name, bytes, lines.valueStart(line), lines.valueEnd(line));
      if (text === undefined) source.setUnclear();
      else source.note(text, 0, text.length);
    }
  }

  #claim(name: string, bytes: Buffer, from: number, end: number): Buffer | undefined {
    let start = from;
    if (end - start <= SCHEME.length || !isField(bytes, start, start + SCHEME.length, SCHEME)) return EMPTY;
    start += SCHEME.length;
    if (bytes[start] !== SPACE) return EMPTY;
    while (bytes[start] === SPACE || bytes[start] === TAB) start++;
    if (start >= end || end - start > TOKEN_BYTES_MAX) return EMPTY;
    const known = this.#cache.get(bytes, start, end) ?? this.#read(bytes, start, end);
    if (known === undefined) return undefined;
    if (known.token === undefined || !this.#isInTime(known.token)) return EMPTY;
    return textOf(known, known.token, name);
  }

  /** Undefined: there is no time for it in this second, so that it is not remembered either. */
  #read(from: Buffer, start: number, end: number): KnownToken | undefined {
    if (!this.#hasTime()) {
      this.#onUnread();
      return undefined;
    }
    const { settings } = this;
    const bytes = Buffer.from(from.subarray(start, end));
    const token = settings === undefined ? undefined : readToken(bytes, { settings, keys: this.#keys });
    return this.#cache.remember(bytes, token);
  }

  #hasTime(): boolean {
    const second = Math.floor(this.#nowMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#verified = 0;
    }
    return ++this.#verified <= TOKENS_VERIFIED_MAX;
  }

  #isInTime({ fromSeconds, toSeconds }: Token): boolean {
    const nowSeconds = this.#nowMs() / 1000;
    return nowSeconds >= fromSeconds && nowSeconds < toSeconds;
  }
}

/** Bounded by the names that the config asks for. */
function textOf({ texts }: KnownToken, token: Token, name: string): Buffer {
  let text = texts.get(name);
  if (text === undefined) {
    text = Buffer.from(claimText(token, name) ?? "");
    texts.set(name, text);
  }
  return text;
}
