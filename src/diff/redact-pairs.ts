// Secrets out of targets and forms: values of parameters by name, and what is known by its looks, as a server reads
// it: percent-decoded.
import { decodeAscii, encodePiece } from "./percent.ts";
import type { SecretScan } from "./redact-secrets.ts";

export const REDACTED = "[redacted]";

/** What parts a target's or a form's pieces. */
const BORDERS = /([/?#&;=]+)/;
const ENCODED = /[%+]/;

/** A name as a server reads it: percent-decoded. What cannot be decoded is taken as it is. */
export function parameterName(raw: string): string {
  const spaced = raw.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    // Not valid percent-encoding: no server could decode it either.
    return spaced;
  }
}

/** `name=value&…` with the values of hidden names replaced. `;` separates for some servers, so it does here. */
export function redactPairs(text: string, isHidden: (name: string) => boolean): string {
  const redactPair = (pair: string): string => {
    const equals = pair.indexOf("=");
    return equals >= 0 && isHidden(parameterName(pair.slice(0, equals)))
      ? `${pair.slice(0, equals)}=${REDACTED}`
      : pair;
  };
  const redactRun = (run: string): string => run.split(";").map(redactPair).join(";");
  return text.split("&").map(redactRun).join("&");
}

/** What is known by its looks, out of each piece between `/`, `?`, `&`, `;` and `=`. */
export function redactPieces(text: string, secrets: SecretScan | undefined): string {
  if (secrets === undefined || !(ENCODED.test(text) || secrets.isSuspect(text))) return text;
  const redactPiece = (piece: string): string => {
    const plain = ENCODED.test(piece) ? decodeAscii(piece) : piece;
    const redacted = secrets.text(plain);
    return redacted === plain ? piece : encodePiece(redacted);
  };
  return text.split(BORDERS).map(redactPiece).join("");
}
