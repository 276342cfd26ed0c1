// What must not be stored or shown, taken out of everything a sample holds. Comparison comes first, so that a
// difference in a secret is seen without the secret. When in doubt it hides: a body that cannot be searched for
// configured pointers is dropped whole. It must not decide what is compared.

import { type BodyForm, bodyFormOf, charsetOf } from "../core/media-type.ts";
import type { Rule } from "../core/rule.ts";
import type { RedactSettings } from "../core/snapshot.ts";
import type { Difference, Hidden, Judgement } from "../core/verdict.ts";
import { toUtf8 } from "./decode.ts";
import { formatPointer, parsePointer } from "./pointer.ts";
import { isCardName, redactJson } from "./redact-json.ts";
import { redactMultipart } from "./redact-multipart.ts";
import { parameterName, REDACTED, redactPairs, redactPieces } from "./redact-pairs.ts";
import { withRenamed } from "./redact-renamed.ts";
import { compileSecretScan, type SecretScan } from "./redact-secrets.ts";
import { compilePathPatterns, type PathMatcher, type PathState } from "./rules/path-pattern.ts";
import { withoutCutSecret } from "./text.ts";

export { REDACTED } from "./redact-pairs.ts";
export { REDACTED_MARK } from "./redact-secrets.ts";

/** Headers whose values are targets: query parameters in them are redacted as in the request's own. */
const TARGET_HEADERS: ReadonlySet<string> = new Set(["location", "content-location", "referer"]);
/** A parameter in a header that may hold several targets, in brackets, in quotes or bare. */
const LISTED_PARAMETER = /([?&;#])([^?&;#=<>"',\s]+)=([^&;#<>"',\s]*)/g;
const DROPPED_BODY = Buffer.from("[redacted: not searchable for the configured pointers]");

type Pair = readonly [name: string, value: string];

export interface Redaction {
  /** Header pairs, configured ones with their values replaced. */
  headers(pairs: readonly Pair[]): readonly Pair[];
  /** A request target (or a URL) with the values of configured query parameters replaced, and what detectors find. */
  target(target: string): string;
  /** Text of no known form, without what detectors find. */
  text(text: string): string;
  /** A decoded body of this Content-Type, whole. */
  body(bytes: Uint8Array, contentType: string | undefined): Uint8Array;
  /** The same difference, without secrets in its values; `form` is how the bodies were compared. */
  difference(difference: Difference, form?: BodyForm): Difference;
  /**
   * The same judgement: no path leads into a redacted value, and what rules hid shows no secret. To be called before
   * signatures are made; `form` is how the bodies were compared.
   */
  judgement(judgement: Judgement, form: BodyForm): Judgement;
}

class CompiledRedaction implements Redaction {
  readonly #headers: ReadonlySet<string>;
  readonly #parameters: ReadonlySet<string>;
  readonly #matcher: PathMatcher | undefined;
  readonly #secrets: SecretScan | undefined;

  constructor(settings: RedactSettings, rules: readonly Rule[]) {
    const pointers = withRenamed(settings.pointers, rules);
    this.#headers = new Set(settings.headers.map((name) => name.toLowerCase()));
    this.#parameters = new Set(settings.queryParameters.map((name) => name.toLowerCase()));
    this.#matcher = pointers.length > 0 ? compilePathPatterns(pointers) : undefined;
    this.#secrets = compileSecretScan(settings.detectors);
  }

  text(text: string): string {
    return this.#secrets?.text(text) ?? text;
  }

  headers(pairs: readonly Pair[]): readonly Pair[] {
    return pairs.map(([name, value]) => [name, this.#headerValue(name.toLowerCase(), value)] as const);
  }

  #headerValue(name: string, value: string): string {
    if (this.#headers.has(name)) return REDACTED;
    if (TARGET_HEADERS.has(name)) return this.target(value);
    // Link and Refresh, and whatever a proxy or a service calls its own: x-original-url, x-next-page.
    const listed = value.replace(LISTED_PARAMETER, (pair: string, mark: string, parameter: string) =>
      this.#isParameter(parameterName(parameter)) ? `${mark}${parameter}=${REDACTED}` : pair,
    );
    return this.text(listed);
  }

  target(target: string): string {
    const start = target.search(/[?#]/);
    const named =
      start < 0 || this.#parameters.size === 0
        ? target
        : target.slice(0, start) + this.#namedValues(target.slice(start));
    return redactPieces(named, this.#secrets);
  }

  /** A query; and a fragment, in which a Location hands over tokens (OAuth's implicit grant). */
  #namedValues(text: string): string {
    const [query = "", ...fragments] = text.split("#");
    const pairs = (part: string): string => redactPairs(part, this.#isParameter);
    const isQuery = query.startsWith("?");
    return [
      isQuery ? `?${pairs(query.slice(1))}` : query,
      ...fragments.map((fragment) => fragment.split("?").map(pairs).join("?")),
    ].join("#");
  }

  /**
   * `token`, and as servers that nest read it: `token[]`, `user[token]`, `user.token`; `?token` where a client wrote
   * `??`. White space around a name is nothing to some servers, and what is after a zero is cut by others.
   */
  readonly #isParameter = (name: string): boolean => {
    const bare = (name.toLowerCase().split("\0", 1)[0] ?? "").replace(/^[?\s]+/, "").trimEnd();
    return (
      this.#parameters.has(bare) ||
      bare.split(/[[\].]+/).some((segment) => this.#parameters.has(segment.trim()))
    );
  };

  /** JSON by pointers; a form by parameter names, and by pointers as if it were one flat object; all by looks. */
  body(body: Uint8Array, contentType: string | undefined): Uint8Array {
    if (body.length === 0) return body;
    const matcher = this.#matcher;
    const form = bodyFormOf(contentType);
    if (form === "form") {
      const isHidden = (name: string): boolean =>
        this.#isParameter(name) || (matcher !== undefined && isFieldHidden(matcher, name));
      const pairs = redactPairs(latin1Of(body), isHidden);
      return Buffer.from(redactPieces(pairs, this.#secrets), "latin1");
    }
    const secrets = this.#secrets;
    // In another charset nothing would be found: 7-bit text lies in UTF-16 with a zero in each second byte.
    const bytes =
      secrets === undefined || form === "other"
        ? body
        : (toUtf8(body, charsetOf(contentType), form !== "json") ?? body);
    if (matcher === undefined && form === "not-compared" && contentType !== undefined) {
      const parts = redactMultipart(latin1Of(bytes), contentType, this.#isParameter);
      return Buffer.from(secrets?.text(parts) ?? parts, "latin1");
    }
    if (matcher !== undefined) {
      const places = { matcher, from: matcher.start };
      return (form === "not-compared" ? undefined : redactJson(bytes, { places, secrets })) ?? DROPPED_BODY;
    }
    return secrets === undefined ? bytes : withoutSecrets(bytes, secrets, form);
  }

  difference(difference: Difference, form: BodyForm = "json"): Difference {
    const redacted = this.#differenceByName(difference, form);
    const secrets = this.#secrets;
    if (secrets === undefined || redacted.part === "status") return redacted;
    const isJson = redacted.part === "body" && (form === "json" || form === "unsaid" || isRecords(form));
    const isCardNamed = (parsePointer(redacted.path) ?? []).some(isCardName);
    return mapValues(redacted, (value) => {
      if (redacted.part === "body" && form === "form") return redactPieces(value, secrets);
      const kept = withoutCutSecret(value);
      if (!isJson || kept !== value) return secrets.text(kept);
      if (!secrets.isSuspect(value)) return value;
      return searchedJson(Buffer.from(value), {
        secrets,
        isCardNamed,
        isWhole: redacted.path === "",
      }).toString();
    });
  }

  /** Without what is configured by its name or its place. */
  #differenceByName(difference: Difference, form: BodyForm): Difference {
    switch (difference.part) {
      case "status":
        return difference;
      case "header":
        // Below a header's name: `set-cookie/sid/path`. A name has no slash (RFC 9110 §5.6.2).
        return mapValues(difference, (value) =>
          this.#headerValue(difference.path.split("/", 1)[0] ?? "", value),
        );
      case "body":
        return this.#bodyDifference(difference, form);
    }
  }

  /** A field of a form is hidden by its name; a whole form pair by pair. */
  #fieldDifference(difference: Difference): Difference {
    const isHidden = (name: string): boolean =>
      this.#isParameter(name) || (this.#matcher !== undefined && isFieldHidden(this.#matcher, name));
    const name = parsePointer(difference.path)?.[0];
    return mapValues(difference, (value) => {
      if (name === undefined) return redactPairs(value, isHidden);
      return isHidden(name) ? REDACTED : value;
    });
  }

  judgement(judgement: Judgement, form: BodyForm): Judgement {
    const { verdict, hidden } = judgement;
    const shown =
      hidden === undefined ? undefined : { hidden: hidden.map((place) => this.#hidden(place, form)) };
    if (verdict.kind !== "mismatch") return shown === undefined ? judgement : { ...judgement, ...shown };
    const differences = this.#places(verdict.differences, form);
    return { ...judgement, ...shown, verdict: { ...verdict, differences } };
  }

  /** No path leads into a redacted value, and none has a key that is a secret. */
  #places(differences: readonly Difference[], form: BodyForm): readonly Difference[] {
    const matcher = this.#matcher;
    const secrets = this.#secrets;
    const outside = matcher === undefined ? differences : hidePlaces(differences, matcher, form);
    return secrets === undefined
      ? outside
      : outside.map((difference) => withoutSecretKeys(difference, secrets));
  }

  /** What a rule hid is redacted as the difference that it would have been: place and values. */
  #hidden({ ruleIndex, part, path, legacy, candidate }: Hidden, form: BodyForm): Hidden {
    // A whole body may be a form.
    const kind = path === "" ? "unparseable" : "changed";
    const found: Difference = { part, path, kind, legacy, candidate };
    const [placed = found] = this.#places([found], form);
    const redacted = this.difference(placed, form);
    return { ruleIndex, part, path: redacted.path, legacy: redacted.legacy, candidate: redacted.candidate };
  }

  #bodyDifference(difference: Difference, form: BodyForm): Difference {
    const matcher = this.#matcher;
    if (form === "form") return this.#fieldDifference(difference);
    // As with whole bodies: what pointers cannot search is not shown. A record is searched as a body of its own, too.
    if (matcher !== undefined && (form === "lines" || form === "other"))
      return mapValues(difference, () => REDACTED);
    if (matcher !== undefined && isRecords(form)) {
      const below = this.#bodyDifference({ ...difference, path: cutRecord(difference.path) }, "json");
      return { ...this.#bodyDifference({ ...below, path: difference.path }, "json"), path: difference.path };
    }
    if (matcher === undefined) {
      // What is not JSON may be a form.
      return difference.kind === "unparseable"
        ? mapValues(difference, (value) => redactPairs(value, this.#isParameter))
        : difference;
    }
    const { state, isHidden } = walk(difference.path, matcher);
    if (isHidden) return mapValues(difference, () => REDACTED);
    if (state.isDead) return difference;
    return mapValues(difference, (value) => redactBelow(value, { matcher, from: state }));
  }
}

function latin1Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** What begins a text that has its strings in quotes. A whole body that is one number stands under no name: it may be a card. */
const QUOTED_BEGIN = /^[\s\xef\xbb\xbf]*[[{"]/;

/** As JSON where it is; else as text, byte by byte, whatever its encoding. */
function searchedJson(
  bytes: Uint8Array,
  search: { readonly secrets: SecretScan; readonly isCardNamed?: boolean; readonly isWhole: boolean },
): Buffer {
  const text = latin1Of(bytes);
  const redacted = search.isWhole && !QUOTED_BEGIN.test(text) ? undefined : redactJson(bytes, search);
  return redacted === undefined
    ? Buffer.from(search.secrets.text(text), "latin1")
    : Buffer.from(redacted.buffer, redacted.byteOffset, redacted.byteLength);
}

const LINE_FEED = 0x0a;
const RECORD_SEPARATOR = 0x1e;

/** A body without what is known by its looks; records one by one. */
function withoutSecrets(bytes: Uint8Array, secrets: SecretScan, form: BodyForm): Uint8Array {
  // A number under a card's name is no less suspect than other digits.
  if (!secrets.isSuspect(latin1Of(bytes))) return bytes;
  if (!isRecords(form)) return searchedJson(bytes, { secrets, isWhole: true });
  const border = form === "ndjson" ? LINE_FEED : RECORD_SEPARATOR;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const next = bytes.indexOf(border, at);
    const end = next < 0 ? bytes.length : next;
    if (end > at) pieces.push(searchedJson(bytes.subarray(at, end), { secrets, isWhole: true }));
    if (next >= 0) pieces.push(bytes.subarray(end, end + 1));
    at = end + 1;
  }
  return Buffer.concat(pieces);
}

/** A key that is a secret, out of the paths of a difference. */
function withoutSecretKeys(difference: Difference, secrets: SecretScan): Difference {
  const { part, path, erasedPath } = difference;
  if (!secrets.isSuspect(path)) return difference;
  const shown = (pointer: string): string => {
    const tokens = part === "body" ? parsePointer(pointer) : undefined;
    return tokens === undefined
      ? secrets.text(pointer)
      : formatPointer(tokens.map((key) => secrets.text(key)));
  };
  return {
    ...difference,
    path: shown(path),
    ...(erasedPath === undefined ? undefined : { erasedPath: shown(erasedPath) }),
  };
}

function isRecords(form: BodyForm): boolean {
  return form === "ndjson" || form === "json-seq";
}

/** A path without its record's number. */
function cutRecord(path: string): string {
  const slash = path.indexOf("/", 1);
  return slash < 0 ? "" : path.slice(slash);
}

/** Where a path leads: the state at its end, or at the segment where a pattern accepts, `depth` segments down. */
function walk(path: string, matcher: PathMatcher) {
  let state = matcher.start;
  let depth = 0;
  const tokens = parsePointer(path);
  for (const token of tokens ?? []) {
    if (state.accept >= 0 || state.isDead) break;
    state = matcher.step(state, token);
    depth++;
  }
  // The path is the judge's own and always a pointer; if it were not, everything would be hidden.
  return { state, depth, isHidden: tokens === undefined || state.accept >= 0 };
}

/** How many segments of a path lead to a redacted value at it or around it; undefined where none is. */
function depthOfSecret(path: string, matcher: PathMatcher, form: BodyForm): number | undefined {
  const whole = walk(path, matcher);
  if (whole.isHidden) return whole.depth;
  if (!isRecords(form) || path === "") return undefined;
  const below = walk(cutRecord(path), matcher);
  return below.isHidden ? below.depth + 1 : undefined;
}

/** The first `depth` segments of a pointer. */
function cutPointer(pointer: string, depth: number): string {
  return pointer
    .split("/")
    .slice(0, depth + 1)
    .join("/");
}

/**
 * A key inside a redacted value is as secret as the value: all that differs in there becomes one difference of
 * the value itself, which both sides have.
 */
function hidePlaces(
  differences: readonly Difference[],
  matcher: PathMatcher,
  form: BodyForm,
): readonly Difference[] {
  const hidden = new Set<string>();
  return differences.flatMap((difference) => {
    const { part, path, erasedPath } = difference;
    if (part !== "body") return [difference];
    const depth = depthOfSecret(path, matcher, form);
    const shown = depth === undefined ? path : cutPointer(path, depth);
    if (depth === undefined || shown === path) return [difference];
    if (hidden.has(shown)) return [];
    hidden.add(shown);
    const erased = erasedPath === undefined ? shown : cutPointer(erasedPath, depth);
    return [
      {
        part,
        path: shown,
        kind: "changed",
        legacy: REDACTED,
        candidate: REDACTED,
        ...(erased === shown ? undefined : { erasedPath: erased }),
      } as const,
    ];
  });
}

/** A form's field as a member, `user[password]` and `user.password` as nested ones. */
function isFieldHidden(matcher: PathMatcher, name: string): boolean {
  if (matcher.start.accept >= 0 || matcher.step(matcher.start, name).accept >= 0) return true;
  let state = matcher.start;
  for (const segment of name.split(/[[\].]+/)) {
    if (segment === "") continue;
    state = matcher.step(state, segment);
    if (state.accept >= 0) return true;
  }
  return false;
}

/** A secret may lie inside the value: text that was cut, or is not JSON, is hidden whole. */
function redactBelow(value: string, places: { matcher: PathMatcher; from: PathState }): string {
  const redacted = redactJson(Buffer.from(value), { places });
  return redacted === undefined ? REDACTED : Buffer.from(redacted).toString();
}

function mapValues(difference: Difference, map: (value: string) => string): Difference {
  const { legacy, candidate } = difference;
  return {
    ...difference,
    legacy: legacy === undefined ? undefined : map(legacy),
    candidate: candidate === undefined ? undefined : map(candidate),
  };
}

/**
 * Compiles the settings, once. `rules` are those that the bodies are compared under: what one renames is a secret
 * under both names. Throws on a pointer that is none: redaction that half works is worse.
 */
export function compileRedaction(settings: RedactSettings, rules: readonly Rule[] = []): Redaction {
  return new CompiledRedaction(settings, rules);
}
