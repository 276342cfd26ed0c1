// The client's address: of the connection, or, where that is a trusted proxy's, what X-Forwarded-For says. Read at most
// once per request, and only where a network is asked about (HOT).
import { type AddressWords, readAddress } from "./address.ts";
import type { NetworkSet } from "./networks.ts";
import { COMMA, isField, SPACE, TAB } from "./request-bytes.ts";
import type { RequestView } from "./request-view.ts";

const OPENING = 0x5b;
const CLOSING = 0x5d;
const COLON = 0x3a;
/** The longest address there is, with a zone of fifteen characters. */
const TEXT_MAX = 64;

export class ClientAddress {
  readonly #trusted: NetworkSet;
  readonly #words: AddressWords = new Uint32Array(4);
  readonly #text = new Uint8Array(TEXT_MAX);
  #request: RequestView | undefined;
  #isRead = false;
  #isKnown = false;

  /** `trusted`: proxies whose X-Forwarded-For is believed. */
  constructor(trusted: NetworkSet) {
    this.#trusted = trusted;
  }

  begin(request: RequestView): void {
    this.#request = request;
    this.#isRead = false;
  }

  /** Its words until the next request; undefined where nothing says a valid one. */
  read(): AddressWords | undefined {
    if (!this.#isRead) {
      const request = this.#request as RequestView;
      this.#isKnown = this.#readPeer(request) && (!request.isPeerTrusted || this.#readForwarded(request));
      this.#isRead = true;
    }
    return this.#isKnown ? this.#words : undefined;
  }

  #readPeer({ peerAddress }: RequestView): boolean {
    const { length } = peerAddress;
    if (length > TEXT_MAX) return false;
    for (let i = 0; i < length; i++) this.#text[i] = peerAddress.charCodeAt(i);
    return readAddress(this.#text, 0, length, this.#words);
  }

  /**
   * From the last entry, which the trusted peer wrote, back to the first that is no trusted proxy's; all of them
   * trusted, the first of all. Without entries it is the peer that asks. One that is no address hides who it is.
   */
  #readForwarded({ bytes, lines }: RequestView): boolean {
    for (let line = lines.count - 1; line >= 0; line--) {
      if (!isField(bytes, lines.nameStart(line), lines.nameEnd(line), "x-forwarded-for")) continue;
      const start = lines.valueStart(line);
      let end = lines.valueEnd(line);
      while (end > start) {
        let at = end;
        while (at > start && bytes[at - 1] !== COMMA) at--;
        if (!isBlank(bytes, at, end)) {
          if (!this.#readEntry(bytes, at, end)) return false;
          if (!this.#trusted.has(this.#words)) return true;
        }
        end = at - 1;
      }
    }
    return true;
  }

  /** An address, with or without a port: `10.0.0.1`, `10.0.0.1:5000`, `fd00::1`, `[fd00::1]:5000`. */
  #readEntry(bytes: Uint8Array, from: number, to: number): boolean {
    let start = from;
    let end = to;
    while (start < end && (bytes[start] === SPACE || bytes[start] === TAB)) start++;
    while (end > start && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--;
    if (bytes[start] === OPENING) {
      start++;
      let closing = start;
      while (closing < end && bytes[closing] !== CLOSING) closing++;
      return closing < end && readAddress(bytes, start, closing, this.#words);
    }
    let colons = 0;
    let colonAt = end;
    for (let at = start; at < end; at++)
      if (bytes[at] === COLON) {
        colons++;
        colonAt = at;
      }
    // One colon alone: what is behind it is a port.
    return readAddress(bytes, start, colons === 1 ? colonAt : end, this.#words);
  }
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== SPACE && bytes[i] !== TAB) return false;
  return true;
}
