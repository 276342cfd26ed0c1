// Secrets that are known by their looks, wherever they stand in a text: card numbers, e-mail addresses, bearer
// tokens, API keys. Invariant: one pass per detector, in time linear in the text, whatever the text is. When in doubt
// it hides. It must not decide what is compared.
import type { Detector } from "../core/snapshot.ts";
import { decodeAscii, encodePiece, LEVELS_MAX } from "./percent.ts";
import { redactCards } from "./redact-cards.ts";

/** What every placeholder begins with. */
export const REDACTED_MARK = "[redacted";

/** What stands for a secret of this kind: it tells the kind, and nothing of the value. */
export function placeholderOf(kind: Detector): string {
  return `${REDACTED_MARK} ${kind}]`;
}

/** An @, and how it is written where text is encoded once or twice. */
const AT_SIGN = /@|%(?:25){0,8}40|\\u0040|&#(?:0{0,8}64|x0{0,8}40);|&commat;/gi;
const DOMAIN_LABEL_LETTERS = /^[a-z\x80-\uffff]{2}/i;
/** `logo@2x.png` is a picture. */
const ASSET = /^[1-9]x\.(?:png|jpe?g|gif|svg|webp|css|js)$/i;

function isLetterOrDigit(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) || code >= 0x80;
}

/** What people and machines use before the @ (RFC 5322 §3.2.3, but for what ends a word in URLs and markup). */
function isLocalPart(code: number): boolean {
  return isLetterOrDigit(code) || "._%+-!#$*^~'".includes(String.fromCharCode(code));
}

/** Where the local part that ends at `end` begins, not before `floor`. */
function localStart(text: string, end: number, floor: number): number {
  let at = end;
  while (at > floor && isLocalPart(text.charCodeAt(at - 1))) at--;
  while (at < end && "'.*".includes(text[at] as string)) at++;
  return at;
}

/** The end of the domain that begins at `start`: two labels or more, of which the last one has letters; or -1. */
function domainEnd(text: string, start: number): number {
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (!isLetterOrDigit(code) && code !== 0x2d && code !== 0x2e) break;
  }
  while (end > start && (text[end - 1] === "." || text[end - 1] === "-")) end--;
  const domain = text.slice(start, end);
  if (ASSET.test(domain)) return -1;
  for (let dot = domain.lastIndexOf("."); dot > 0; dot = domain.lastIndexOf(".", dot - 1))
    if (DOMAIN_LABEL_LETTERS.test(domain.slice(dot + 1, dot + 3))) return end;
  return -1;
}

function redactEmails(text: string): string {
  let out = "";
  let copied = 0;
  let floor = 0;
  AT_SIGN.lastIndex = 0;
  for (let sign = AT_SIGN.exec(text); sign !== null; sign = AT_SIGN.exec(text)) {
    const after = sign.index + sign[0].length;
    const begin = localStart(text, sign.index, floor);
    const end = begin < sign.index ? domainEnd(text, after) : -1;
    floor = Math.max(after, end);
    AT_SIGN.lastIndex = floor;
    if (end < 0) continue;
    out += text.slice(copied, begin) + placeholderOf("email");
    copied = end;
  }
  return out + text.slice(copied);
}

const JWT_BEGIN = "eyJ";
/** `{"alg":1}` is longer. */
const JWT_HEAD_CHARS_MIN = 12;
/** An encrypted one (RFC 7516) has five. */
const JWT_PARTS_MAX = 5;

function isBase64Url(code: number): boolean {
  return code < 0x80 && (isLetterOrDigit(code) || code === 0x2d || code === 0x5f);
}

function base64UrlEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && isBase64Url(text.charCodeAt(at))) at++;
  return at;
}

/** The end of the token whose first part ends at `first`, a dot; or -1. */
function jwtEnd(text: string, first: number): number {
  let end = base64UrlEnd(text, first + 1);
  if (end === first + 1) return -1;
  if (text[end] !== "." && !text.startsWith(JWT_BEGIN, first + 1)) return -1;
  for (let parts = 2; parts < JWT_PARTS_MAX && text[end] === "."; parts++) end = base64UrlEnd(text, end + 1);
  return end;
}

/** JSON Web Tokens: parts of base64url with dots between, of which the first one is an object. */
function redactJwts(text: string): string {
  let out = "";
  let copied = 0;
  for (let at = text.indexOf(JWT_BEGIN); at >= 0; ) {
    const first = base64UrlEnd(text, at);
    const isHead = text[first] === "." && first - at >= JWT_HEAD_CHARS_MIN;
    const end = isHead ? jwtEnd(text, first) : -1;
    if (end >= 0) {
      out += text.slice(copied, at) + placeholderOf("bearer");
      copied = end;
    }
    // The second part may be the first of a token. All of a run has the same end.
    at = text.indexOf(JWT_BEGIN, Math.max(first, end));
  }
  return out + text.slice(copied);
}

/** A form's beginning, of bounded length: what goes on from there is followed by hand, however long it is. */
const BEARER = /(bearer(?:\s|\+|%20|:|=){1,4}["']?)([a-z0-9._~+/=%-]{8,64})/gi;
/** Shorter ones without a digit are words: "bearer certificates". */
const BEARER_CHARS_MIN = 20;

/** Past the characters of a token (RFC 6750 §2.1), percent-encoded ones included. */
function tokenEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code >= 0x80 || !(isLetterOrDigit(code) || "._~+/=%-".includes(text[at] as string))) break;
    at++;
  }
  return at;
}

function redactBearers(text: string): string {
  let out = "";
  let copied = 0;
  BEARER.lastIndex = 0;
  for (let found = BEARER.exec(text); found !== null; found = BEARER.exec(text)) {
    const [whole, scheme = "", token = ""] = found;
    if (token.length < BEARER_CHARS_MIN && !/\d/.test(token)) continue;
    out += text.slice(copied, found.index) + scheme + placeholderOf("bearer");
    copied = tokenEnd(text, found.index + whole.length);
    BEARER.lastIndex = copied;
  }
  return redactJwts(out + text.slice(copied));
}

const PEM_BEGIN = "-----BEGIN";
const PEM_END = /-----END (?:[A-Z]{1,12} ){0,3}PRIVATE KEY-----/y;

/** Keys whose issuers gave them a form of their own, so that they are found where they should not be. */
const KEYS = new RegExp(
  [
    "(?:sk|rk|pk)_(?:live|test)_[0-9a-z]{10}", // Stripe
    "whsec_[0-9a-z+/=]{16}",
    "(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}", // AWS
    "gh[pousr]_[0-9a-z]{20}", // GitHub
    "github_pat_[0-9a-z_]{20}",
    "glpat-[0-9a-z_-]{20}", // GitLab
    "xox[a-z]-[0-9a-z-]{10}", // Slack
    "xapp-[0-9a-z-]{10}",
    "AIza[0-9a-z_-]{35}", // Google
    "(?<![0-9a-z])sk-[0-9a-z_-]{20}", // of language models
    "npm_[0-9a-z]{36}",
    "SG\\.[0-9a-z_-]{16,64}\\.[0-9a-z_-]{16}", // SendGrid
    `${PEM_BEGIN} (?:[A-Z]{1,12} ){0,3}PRIVATE KEY-----`,
  ].join("|"),
  "gi",
);

/** The end of the key whose form `form` ends at `start`. */
function keyEnd(text: string, { form, start }: { readonly form: string; readonly start: number }): number {
  let at = start;
  if (!form.startsWith(PEM_BEGIN)) {
    while (at < text.length && isBase64Url(text.charCodeAt(at))) at++;
    return at;
  }
  while (at < text.length && text[at] !== "-") at++;
  PEM_END.lastIndex = at;
  return PEM_END.test(text) ? PEM_END.lastIndex : at;
}

function redactKeys(text: string): string {
  let out = "";
  let copied = 0;
  KEYS.lastIndex = 0;
  for (let found = KEYS.exec(text); found !== null; found = KEYS.exec(text)) {
    const form = found[0];
    out += text.slice(copied, found.index) + placeholderOf("key");
    copied = keyEnd(text, { form, start: found.index + form.length });
    KEYS.lastIndex = copied;
  }
  return out + text.slice(copied);
}

const SCANS: Readonly<Record<Detector, (text: string) => string>> = {
  // Keys first: theirs are the narrowest forms. Cards last: what is left of digits.
  key: redactKeys,
  bearer: redactBearers,
  email: redactEmails,
  card: (text) => redactCards(text, placeholderOf("card")),
};
/** What a text without a secret of this kind seldom has: most texts cost this one look. */
const SIGNS: Readonly<Record<Detector, string>> = {
  key: "[srp]k[_-]|whsec_|(?:AK|AS|AR|AI)[DIO]A|gh[pousr]_|github_|glpat|xox|xapp|AIza|npm_|SG\\.|-----BEGIN",
  bearer: "bearer|eyJ",
  email: "@|%(?:25){0,8}40|&#|&commat",
  // Or the same in a URL: percent-encoded, once or more often.
  card: "\\d(?:(?:[ +-]|%(?:25){0,8}2[0bd])?\\d){12}",
};
const ESCAPED = /\\u00([2-7][0-9a-f])/gi;
const ESCAPE_SIGN = "\\\\u00[2-7]";
const QUOTE_OR_BACKSLASH = /["\\]/;

/** ASCII that JSON escapes, but for what would end a string in it. */
function withoutEscapes(text: string): string {
  return text.replace(ESCAPED, (whole: string, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return QUOTE_OR_BACKSLASH.test(character) ? whole : character;
  });
}

/** What parts the pieces of a URL, and URLs from the text around them. */
const URL_BORDERS = /([\s"'<>\\/?#&;=]+)/;

export class SecretScan {
  readonly #scans: readonly ((text: string) => string)[];
  readonly #sign: RegExp;
  readonly hasCards: boolean;

  constructor(kinds: readonly Detector[]) {
    const chosen = (Object.keys(SCANS) as Detector[]).filter((kind) => kinds.includes(kind));
    this.#scans = chosen.map((kind) => SCANS[kind]);
    this.#sign = new RegExp([...chosen.map((kind) => SIGNS[kind]), ESCAPE_SIGN].join("|"), "i");
    this.hasCards = chosen.includes("card");
  }

  /** Whether a look at `text` is worth while. What this denies, `text` leaves as it is. */
  isSuspect(text: string): boolean {
    return this.#sign.test(text);
  }

  /** `text` with a placeholder for each secret. Escapes are undone where a secret was behind them. */
  text(text: string): string {
    if (!this.isSuspect(text)) return text;
    const seen = this.#withoutEncoded(this.#scan(text));
    const plain = withoutEscapes(seen);
    if (plain === seen) return seen;
    const redacted = this.#scan(plain);
    return redacted === plain ? seen : redacted;
  }

  /** A text may hold URLs: each of their pieces is read as a server would. */
  #withoutEncoded(text: string): string {
    if (!text.includes("%")) return text;
    return text
      .split(URL_BORDERS)
      .map((piece) => (piece.includes("%") ? this.#encodedPiece(piece) : piece))
      .join("");
  }

  #encodedPiece(piece: string): string {
    let plain = piece;
    for (let level = 0; level < LEVELS_MAX; level++) {
      const decoded = decodeAscii(plain);
      if (decoded === plain) return piece;
      plain = decoded;
      const redacted = this.#scan(plain);
      if (redacted !== plain) return encodePiece(redacted);
    }
    return piece;
  }

  #scan(text: string): string {
    let redacted = text;
    for (const scan of this.#scans) redacted = scan(redacted);
    return redacted;
  }
}

/** Undefined where nothing is to be looked for. */
export function compileSecretScan(kinds: readonly Detector[]): SecretScan | undefined {
  return kinds.length === 0 ? undefined : new SecretScan(kinds);
}
