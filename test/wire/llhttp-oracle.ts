// Node's own parser, llhttp with no leniency, as the oracle of the codec: what it reads in the same bytes.
// It is reached through node:_http_common, which has no published types: the shape below is what is used.
import { createRequire } from "node:module";

/** What a parser read of one message. */
export interface ReadMessage {
  /** The target of a request, the status of an answer. */
  readonly line: string;
  readonly headerLines: number;
  bodyBytes: number;
  trailerLines: number;
  isComplete: boolean;
}

/** What a parser read of a whole connection; `refusal` is its own word for why it stopped. */
export interface Reading {
  readonly messages: ReadMessage[];
  refusal: string | undefined;
}

interface LlhttpParser {
  [callback: number]: unknown;
  initialize(type: number, resource: object, headBytesMax: number, lenientFlags: number): void;
  execute(bytes: Buffer): number | (Error & { readonly code: string });
  finish(): undefined | (Error & { readonly code: string });
  free(): void;
}

interface LlhttpConstructor {
  new (): LlhttpParser;
  readonly REQUEST: number;
  readonly RESPONSE: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
  readonly kLenientNone: number;
}

const { HTTPParser, methods } = createRequire(import.meta.url)("node:_http_common") as {
  readonly HTTPParser: LlhttpConstructor;
  readonly methods: readonly string[];
};

/** Reads `bytes` as a connection's worth of requests or answers; `isHeadRequest`: answers have no body. */
export function readByLlhttp(
  kind: "requests" | "answers",
  bytes: Buffer,
  { isHeadRequest = false, hasEnded = false }: { isHeadRequest?: boolean; hasEnded?: boolean } = {},
): Reading {
  const parser = new HTTPParser();
  const type = kind === "requests" ? HTTPParser.REQUEST : HTTPParser.RESPONSE;
  parser.initialize(type, {}, 1024 * 1024, HTTPParser.kLenientNone);
  const reading: Reading = { messages: [], refusal: undefined };
  // Long heads come in parts: lines gather here until the head, or the trailer section, is complete.
  let lines = 0;
  let open: ReadMessage | undefined;
  let gatheredUrl = "";
  parser[HTTPParser.kOnHeaders] = (pairs: readonly string[], url: string) => {
    lines += pairs.length / 2;
    gatheredUrl += url;
  };
  parser[HTTPParser.kOnHeadersComplete] = (
    _major: number,
    _minor: number,
    pairs: readonly string[] | undefined,
    _method: number | undefined,
    url: string | undefined,
    status: number | undefined,
  ): number => {
    open = {
      line: kind === "requests" ? (url ?? gatheredUrl) : String(status),
      headerLines: lines + (pairs?.length ?? 0) / 2,
      bodyBytes: 0,
      trailerLines: 0,
      isComplete: false,
    };
    lines = 0;
    gatheredUrl = "";
    reading.messages.push(open);
    return isHeadRequest ? 1 : 0;
  };
  parser[HTTPParser.kOnBody] = (part: Buffer) => {
    if (open !== undefined) open.bodyBytes += part.length;
  };
  parser[HTTPParser.kOnMessageComplete] = () => {
    if (open === undefined) return;
    open.isComplete = true;
    open.trailerLines = lines;
    lines = 0;
    gatheredUrl = "";
    open = undefined;
  };
  let at = 0;
  while (at < bytes.length) {
    const read = parser.execute(bytes.subarray(at));
    if (typeof read !== "number") {
      reading.refusal = read.code;
      return reading;
    }
    // It stops behind an Upgrade; what follows is read as the next message, as the codec does without one.
    if (read === 0) break;
    at += read;
  }
  if (hasEnded) reading.refusal = parser.finish()?.code;
  parser.free();
  return reading;
}

/** The methods that llhttp knows: it refuses every other token, where the grammar and the codec do not. */
export const LLHTTP_METHODS: ReadonlySet<string> = new Set(methods);
