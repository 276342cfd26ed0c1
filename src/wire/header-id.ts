// The header names that the codec itself must know, recognised by length and bytes: no string is made.
import { equalsIgnoringCase } from "./bytes.ts";

const NAMES = [
  "", // 0: any other name
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "upgrade",
  "expect",
  "te",
  "trailer",
  "keep-alive",
  "proxy-connection",
  "http2-settings",
  "via",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "traceparent",
  "x-parallax-role",
  "x-parallax-served-by",
  "authorization",
  "cookie",
  "deprecation",
  "sunset",
  "user-agent",
] as const;

export const H_OTHER = 0;
export const H_HOST = 1;
export const H_CONNECTION = 2;
export const H_CONTENT_LENGTH = 3;
export const H_TRANSFER_ENCODING = 4;
export const H_UPGRADE = 5;
export const H_EXPECT = 6;
export const H_TE = 7;
export const H_TRAILER = 8;
export const H_KEEP_ALIVE = 9;
export const H_PROXY_CONNECTION = 10;
export const H_HTTP2_SETTINGS = 11;
export const H_VIA = 12;
export const H_FORWARDED = 13;
export const H_X_FORWARDED_FOR = 14;
export const H_X_FORWARDED_PROTO = 15;
export const H_X_FORWARDED_HOST = 16;
export const H_TRACEPARENT = 17;
export const H_X_PARALLAX_ROLE = 18;
export const H_X_PARALLAX_SERVED_BY = 19;
export const H_AUTHORIZATION = 20;
export const H_COOKIE = 21;
export const H_DEPRECATION = 22;
export const H_SUNSET = 23;
export const H_USER_AGENT = 24;

const LENGTH_MAX = Math.max(...NAMES.map((name) => name.length));
/** (length, first letter) → id of the first such name, then the next one with the same key. */
const FIRST = new Uint8Array((LENGTH_MAX + 1) * 32);
const NEXT = new Uint8Array(NAMES.length);
for (let id = NAMES.length - 1; id > 0; id--) {
  const name = NAMES[id] as string;
  const key = name.length * 32 + (name.charCodeAt(0) & 31);
  NEXT[id] = FIRST[key] as number;
  FIRST[key] = id;
}

/** The id of the header name in `start..end`; 0 when the codec does not care. */
export function headerId(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > LENGTH_MAX) return H_OTHER;
  let id = FIRST[length * 32 + ((bytes[start] as number) & 31)] as number;
  while (id !== H_OTHER && !equalsIgnoringCase(bytes, start, end, NAMES[id] as string))
    id = NEXT[id] as number;
  return id;
}

/** 1 for names that belong to one hop and are never passed on (RFC 9110 §7.6.1). */
export const IS_HOP_BY_HOP: Uint8Array = Uint8Array.from(NAMES, (name) =>
  [
    "connection",
    "transfer-encoding",
    "upgrade",
    "te",
    "keep-alive",
    "proxy-connection",
    "http2-settings",
  ].includes(name)
    ? 1
    : 0,
);
