// Secrets out of a JSON text: every value that a pattern accepts becomes "[redacted]", what is known by its looks in
// keys and strings a placeholder; all other bytes stay.
import { systemClock } from "../core/clock.ts";
import { Deadline } from "./deadline.ts";
import { ARRAY, NUMBER, OBJECT, STRIDE, STRING, Tape } from "./json/tape.ts";
import { tokenize } from "./json/tokenize.ts";
import { CARD_DIGITS_MAX, redactCards } from "./redact-cards.ts";
import { REDACTED } from "./redact-pairs.ts";
import { placeholderOf, type SecretScan } from "./redact-secrets.ts";
import type { PathMatcher, PathState } from "./rules/path-pattern.ts";
import { segmentText } from "./text.ts";

const REDACTED_JSON = Buffer.from(JSON.stringify(REDACTED));
const DEPTH_MAX = 10_000;
const TIME_MS_MAX = 250;

/** Reused, apart from the judge's: redaction is for samples alone. */
const tape = new Tape();

/** What to look for in a JSON text. */
export interface JsonSearch {
  /** Places, and the state at the text's own. */
  readonly places?: { readonly matcher: PathMatcher; readonly from: PathState } | undefined;
  readonly secrets?: SecretScan | undefined;
  /** The text stands under a key that names a card: a number in it may be one. */
  readonly isCardNamed?: boolean;
}

interface OpenContainer {
  readonly node: number;
  readonly end: number;
  readonly state: PathState | undefined;
  readonly isCardNamed: boolean;
  index: number;
}

/**
 * Bare numbers are ids far more often than cards, and one id of 16 digits in ten has a right check digit: only those
 * are looked at that stand at, or below, such a key. Strings always are.
 */
const CARD_NAME = /card|credit|debit|payment|account|acct|(?:^|[^a-z])(?:pan|cc)|(?:pan|cc)(?:$|[^a-z])/i;

export function isCardName(key: string): boolean {
  return CARD_NAME.test(key);
}

/** What stands for a key or a value of a string or a number; undefined where it stays. */
function hiddenScalar(
  node: number,
  { secrets, isCardNamed }: { readonly secrets: SecretScan; readonly isCardNamed: boolean },
): Buffer | undefined {
  const kind = tape.kind(node);
  const [start, end] = [tape.start(node), tape.end(node)];
  if (kind === STRING) {
    // As latin1 a byte is a character, and nothing that is looked for is beyond ASCII.
    const text = tape.hasFlag(node)
      ? segmentText(tape, node)
      : tape.bytes.toString("latin1", start + 1, end - 1);
    const redacted = secrets.text(text);
    if (redacted === text) return undefined;
    return tape.hasFlag(node)
      ? Buffer.from(JSON.stringify(redacted))
      : Buffer.from(`"${redacted}"`, "latin1");
  }
  // With a fraction of zeros it is still the number.
  if (kind !== NUMBER || !isCardNamed || !secrets.hasCards || end - start > 2 * CARD_DIGITS_MAX)
    return undefined;
  const digits = tape.bytes.toString("latin1", start, end);
  const placeholder = placeholderOf("card");
  return redactCards(digits, placeholder).startsWith(placeholder)
    ? Buffer.from(JSON.stringify(placeholder))
    : undefined;
}

function redactTape({ places, secrets, isCardNamed: isNamedAround = false }: JsonSearch): Uint8Array {
  const pieces: Uint8Array[] = [];
  const open: OpenContainer[] = [];
  let copied = 0;
  let node = 0;
  const replace = (by: Uint8Array, next: number): void => {
    pieces.push(tape.bytes.subarray(copied, tape.start(node)), by);
    copied = tape.end(node);
    node = next;
  };
  while (node < tape.length) {
    let top = open.at(-1);
    while (top !== undefined && node === top.end) {
      open.pop();
      top = open.at(-1);
    }
    let state = places?.from;
    let isCardNamed = isNamedAround;
    if (top !== undefined) {
      isCardNamed = top.isCardNamed;
      state = top.state;
      if (tape.kind(top.node) === OBJECT) {
        const key = segmentText(tape, node);
        isCardNamed ||= secrets?.hasCards === true && isCardName(key);
        if (places !== undefined && state !== undefined) state = places.matcher.step(state, key);
        const hidden = secrets && hiddenScalar(node, { secrets, isCardNamed });
        if (hidden === undefined) node += STRIDE;
        else replace(hidden, node + STRIDE);
      } else if (places !== undefined && state !== undefined) {
        state = places.matcher.step(state, String(top.index++));
      }
    }
    const isAccepted = state !== undefined && state.accept >= 0;
    const isOver = secrets === undefined && state?.isDead !== false;
    if (isAccepted) replace(REDACTED_JSON, tape.next(node));
    else if (tape.kind(node) < ARRAY) {
      const hidden = secrets && hiddenScalar(node, { secrets, isCardNamed });
      if (hidden === undefined) node = tape.next(node);
      else replace(hidden, tape.next(node));
    } else if (isOver) node = tape.next(node);
    else {
      open.push({ node, end: tape.next(node), state, isCardNamed, index: 0 });
      node += STRIDE;
    }
  }
  pieces.push(tape.bytes.subarray(copied));
  return Buffer.concat(pieces);
}

/**
 * The text without what `search` finds. Undefined where the text is not JSON or past a bound: then nothing that a
 * place may lead to can be shown.
 */
export function redactJson(text: Uint8Array, search: JsonSearch): Uint8Array | undefined {
  const bounds = { depthMax: DEPTH_MAX, deadline: new Deadline(systemClock, TIME_MS_MAX) };
  const redacted = tokenize(tape, text, bounds) === "ok" ? redactTape(search) : undefined;
  tape.release();
  return redacted;
}
