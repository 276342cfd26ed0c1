// Secrets out of multipart bodies (RFC 7578): what a part holds whose name is hidden. It is no form to the judge, and
// the login of a mobile app all the same.
import { REDACTED } from "./redact-pairs.ts";

const BOUNDARY = /;[ \t]*boundary=(?:"([^"]+)"|([^\s;"]+))/i;
const NAME = /^content-disposition:[^\r\n]*[;\s]name\*?=[ \t]*(?:"((?:[^"\\\r\n]|\\.)*)"|([^\s;"]+))/im;
const HEAD_END = /\r?\n\r?\n/;

/** `text` is latin1 of the body. Without a boundary in `contentType` no server could part it: then it stays. */
export function redactMultipart(
  text: string,
  contentType: string,
  isHidden: (name: string) => boolean,
): string {
  const [, quoted, bare] = BOUNDARY.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) return text;
  return text
    .split(`--${boundary}`)
    .map((part) => redactPart(part, isHidden))
    .join(`--${boundary}`);
}

function redactPart(part: string, isHidden: (name: string) => boolean): string {
  const end = HEAD_END.exec(part);
  if (end === null) return part;
  const head = part.slice(0, end.index);
  const [, quoted, bare] = NAME.exec(head) ?? [];
  const name = quoted ?? bare;
  return name !== undefined && isHidden(name) ? `${head}${end[0]}${REDACTED}\r\n` : part;
}
