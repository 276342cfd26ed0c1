// Puts values back where redaction took them out: from the environment, as the config says, and from --header.
// Invariant: what still holds a placeholder is named and not sent. Values are in no message.

import { bodyFormOf } from "../core/media-type.ts";
import type { RecordedExchange } from "../core/recording.ts";
import { compilePathPatterns, type PathMatcher } from "../diff/rules/path-pattern.ts";
import { mapJsonStrings } from "./json-strings.ts";

export type HeaderPair = readonly [name: string, value: string];
type StoredRequest = RecordedExchange["request"];

/** Whole values become `[redacted]`; parts of one may hold it, and a body that could not be searched says more. */
const PLACEHOLDER = /\[redacted[^\]]{0,100}\]|%5Bredacted%5D/i;
/** Nothing depends on where the client came from: a request is not left out for it. */
const LEFT_OUT_HEADERS: ReadonlySet<string> = new Set(["referer"]);

export const isRedacted = (text: string): boolean => PLACEHOLDER.test(text);

/** One entry of `replay.fill` with the value that its variable holds; undefined where that is not set. */
export interface Fill {
  readonly header?: string | undefined;
  readonly queryParameter?: string | undefined;
  readonly pointer?: string | undefined;
  readonly env: string;
  readonly value: string | undefined;
}

export type Filled =
  | {
      readonly kind: "filled";
      readonly target: string;
      readonly headers: readonly HeaderPair[];
      readonly body: Buffer;
    }
  | { readonly kind: "missing"; readonly why: string };

export class Filler {
  readonly #headers: ReadonlyMap<string, Fill>;
  readonly #parameters: ReadonlyMap<string, Fill>;
  readonly #pointers: readonly Fill[];
  readonly #matcher: PathMatcher | undefined;
  /** Set on every request; an empty value takes the header away. */
  readonly #given: readonly HeaderPair[];

  constructor(fills: readonly Fill[], given: readonly HeaderPair[] = []) {
    const byName = (key: "header" | "queryParameter") =>
      new Map(
        fills.flatMap((fill) => (fill[key] === undefined ? [] : [[fill[key].toLowerCase(), fill] as const])),
      );
    this.#headers = byName("header");
    this.#parameters = byName("queryParameter");
    this.#pointers = fills.filter(({ pointer }) => pointer !== undefined);
    this.#matcher =
      this.#pointers.length === 0
        ? undefined
        : compilePathPatterns(this.#pointers.map(({ pointer = "" }) => pointer));
    this.#given = given.map(([name, value]) => [name.toLowerCase(), value] as const);
  }

  fill(request: StoredRequest): Filled {
    const missing: string[] = [];
    const take = (what: string, fill: Fill | undefined): string | undefined => {
      if (fill?.value !== undefined) return fill.value;
      missing.push(
        fill === undefined
          ? `${what} is redacted: set replay.fill`
          : `${what} is redacted: ${fill.env} is not set`,
      );
      return undefined;
    };
    const headers = this.#fillHeaders(request.headers, take);
    const target = this.#fillTarget(request.target, take);
    const body = this.#fillBody(request, take);
    const [why] = missing;
    return why === undefined ? { kind: "filled", target, headers, body } : { kind: "missing", why };
  }

  #fillHeaders(headers: readonly HeaderPair[], take: Take): readonly HeaderPair[] {
    const given = new Set(this.#given.map(([name]) => name));
    const kept = headers.flatMap(([name, value]): readonly HeaderPair[] => {
      const lower = name.toLowerCase();
      if (given.has(lower)) return [];
      if (!isRedacted(value)) return [[lower, value]];
      if (LEFT_OUT_HEADERS.has(lower)) return [];
      const filled = take(lower, this.#headers.get(lower));
      return filled === undefined ? [] : [[lower, filled]];
    });
    return [...kept, ...this.#given.filter(([, value]) => value !== "")];
  }

  #fillTarget(target: string, take: Take): string {
    if (!isRedacted(target)) return target;
    const query = target.indexOf("?");
    const path = query < 0 ? target : target.slice(0, query);
    if (isRedacted(path)) take("the path", undefined);
    return query < 0 ? target : `${path}?${this.#fillPairs(target.slice(query + 1), take)}`;
  }

  /** `name=value&…`, of a query or of a form. A form's fields may be named by pointers, too. */
  #fillPairs(text: string, take: Take, matcher?: PathMatcher): string {
    return text.replace(/([^&;=]*)=([^&;]*)/g, (pair: string, rawName: string, value: string) => {
      if (!isRedacted(value)) return pair;
      const name = decoded(rawName);
      const byPointer = matcher === undefined ? -1 : matcher.step(matcher.start, name).accept;
      const fill = this.#parameters.get(name.toLowerCase()) ?? this.#pointers[byPointer];
      const filled = take(name, fill);
      return filled === undefined ? pair : `${rawName}=${encodeURIComponent(filled)}`;
    });
  }

  #fillBody({ headers, body, bodyEncoding }: StoredRequest, take: Take): Buffer {
    if (bodyEncoding === "base64" || !isRedacted(body)) return Buffer.from(body, bodyEncoding);
    const form = bodyFormOf(headers.find(([name]) => name.toLowerCase() === "content-type")?.[1]);
    if (form === "form") return Buffer.from(this.#fillPairs(body, take, this.#matcher));
    const filled = mapJsonStrings(body, (path, raw) => {
      if (!isRedacted(raw)) return undefined;
      const value = take(`body ${path === "" ? "(root)" : path}`, this.#fillAt(path));
      return value === undefined ? undefined : JSON.stringify(value);
    });
    // What is no JSON cannot be told apart from its secrets; a placeholder that was not met is in a key.
    if (filled === undefined || isRedacted(filled)) take("the body", undefined);
    return Buffer.from(filled ?? body);
  }

  #fillAt(path: string): Fill | undefined {
    const matcher = this.#matcher;
    if (matcher === undefined) return undefined;
    let state = matcher.start;
    for (const token of path.split("/").slice(1)) {
      if (state.accept >= 0 || state.isDead) break;
      state = matcher.step(state, token.replaceAll("~1", "/").replaceAll("~0", "~"));
    }
    return state.accept < 0 ? undefined : this.#pointers[state.accept];
  }
}

type Take = (what: string, fill: Fill | undefined) => string | undefined;

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return name; // not valid percent-encoding: no server could decode it either
  }
}
