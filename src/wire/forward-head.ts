// The heads that leave: a request towards an upstream, an answer towards a client. End-to-end lines are
// copied byte for byte in their order; hop-by-hop ones stay here; framing is written by the codec alone.
import { equalsIgnoringCase, latin1 } from "./bytes.ts";
import type { HeadWriter } from "./head-writer.ts";
import {
  H_CONTENT_LENGTH,
  H_DEPRECATION,
  H_FORWARDED,
  H_HOST,
  H_SUNSET,
  H_UPGRADE,
  H_VIA,
  H_X_FORWARDED_FOR,
  H_X_FORWARDED_HOST,
  H_X_FORWARDED_PROTO,
  H_X_PARALLAX_SERVED_BY,
  IS_HOP_BY_HOP,
} from "./header-id.ts";
import { BODY_CHUNKED, type RequestHead } from "./request-head.ts";
import type { ResponseHead } from "./response-head.ts";
import { rewriteTarget, type TargetRewrite } from "./rewrite-target.ts";

export interface RequestForwarding {
  /** `preserve`, or the text the upstream gets. */
  readonly hostHeader: string;
  /** Host of last resort, for an HTTP/1.0 client without one. */
  readonly upstreamAuthority: string;
  /** This proxy's name in Via. */
  readonly viaPseudonym: string;
  /** A header that is this proxy's own, in lower case: taken out. */
  readonly droppedHeader: string;
}

export interface ClientFacts {
  readonly address: string;
  readonly isTls: boolean;
  /** Its X-Forwarded-* are believed and continued; otherwise they are replaced. */
  readonly isTrusted: boolean;
}

/** What a request's head is written from, beside the head that came. */
export interface RequestHeadParts {
  readonly forwarding: RequestForwarding;
  readonly client: ClientFacts;
  readonly rewrite: TargetRewrite | undefined;
}

/** Values of every line with `id`, joined as a list; empty without any. */
function joined(head: RequestHead, id: number): string {
  let list = "";
  for (let line = 0; line < head.lines.count; line++) {
    if (head.lines.id(line) !== id) continue;
    const value = latin1(head.bytes, head.lines.valueStart(line), head.lines.valueEnd(line));
    if (value !== "") list += (list === "" ? "" : ", ") + value;
  }
  return list;
}

/** True when the request already went through the proxy that calls itself `pseudonym`. */
export function hasPassedThrough(head: RequestHead, pseudonym: string): boolean {
  for (let line = 0; line < head.lines.count; line++) {
    if (head.lines.id(line) !== H_VIA) continue;
    const value = latin1(head.bytes, head.lines.valueStart(line), head.lines.valueEnd(line));
    if (value.includes(pseudonym)) return true;
  }
  return false;
}

/** Writes the request's head as the upstream gets it; `writer` holds it afterwards. */
export function writeRequestHead(
  writer: HeadWriter,
  head: RequestHead,
  { forwarding, client, rewrite }: RequestHeadParts,
): void {
  const { bytes, lines, connection } = head;
  writer.begin();
  if (rewrite !== undefined) {
    writer.copy(bytes, head.start, head.methodEnd);
    writer.text(` ${rewriteTarget(head.targetText(), rewrite)}`);
  } else if (head.pathPrefix === "" && !head.isAbsoluteForm) {
    writer.copy(bytes, head.start, head.targetEnd);
  } else {
    writer.copy(bytes, head.start, head.methodEnd);
    writer.text(` ${head.pathPrefix}`);
    writer.copy(bytes, head.targetStart, head.targetEnd);
  }
  writer.text(" HTTP/1.1\r\n");

  const isHostKept =
    forwarding.hostHeader === "preserve" && !head.isAbsoluteForm && head.hostEnd > head.hostStart;
  if (!isHostKept) {
    writer.text("host: ");
    if (forwarding.hostHeader !== "preserve") writer.text(forwarding.hostHeader);
    else if (head.hostEnd > head.hostStart) writer.copy(bytes, head.hostStart, head.hostEnd);
    else writer.text(forwarding.upstreamAuthority);
    writer.text("\r\n");
  }

  writer.copyLines(bytes, lines, (line) => {
    const id = lines.id(line);
    const isDropped =
      (id !== 0 &&
        (IS_HOP_BY_HOP[id] === 1 ||
          (id === H_HOST && !isHostKept) ||
          (id >= H_X_FORWARDED_FOR && id <= H_X_FORWARDED_HOST) ||
          // What only a trusted proxy may say (RFC 7239) is not continued here, only kept or dropped.
          (id === H_FORWARDED && !client.isTrusted) ||
          id === H_VIA)) ||
      // What the codec itself knows has a meaning that dropping would change.
      (id === 0 && isNamed(head, line, forwarding.droppedHeader)) ||
      connection.nominates(bytes, lines.nameStart(line), lines.nameEnd(line));
    return !isDropped;
  });

  writeForwarded(writer, head, client);
  writer.text("via: ");
  const via = joined(head, H_VIA);
  if (via !== "") writer.text(`${via}, `);
  writer.text(head.isHttp10 ? "1.0 " : "1.1 ");
  writer.text(forwarding.viaPseudonym);
  if (head.bodyKind === BODY_CHUNKED) writer.text("\r\ntransfer-encoding: chunked");
  if (head.isUpgrade) writeUpgrade(writer, head);
  // A server that heeds RFC 9110 §6.5.1 sends trailers only to who asks for them.
  else if (head.takesTrailers) writer.text("\r\nconnection: te\r\nte: trailers");
  writer.text("\r\n\r\n");
}

function isNamed({ bytes, lines }: RequestHead, line: number, name: string): boolean {
  const start = lines.nameStart(line);
  const end = lines.nameEnd(line);
  return end - start === name.length && equalsIgnoringCase(bytes, start, end, name);
}

function writeForwarded(writer: HeadWriter, head: RequestHead, client: ClientFacts): void {
  const forwardedFor = client.isTrusted ? joined(head, H_X_FORWARDED_FOR) : "";
  writer.text("x-forwarded-for: ");
  if (forwardedFor !== "") writer.text(`${forwardedFor}, `);
  writer.text(client.address);
  const proto = client.isTrusted ? joined(head, H_X_FORWARDED_PROTO) : "";
  writer.text("\r\nx-forwarded-proto: ");
  writer.text(proto !== "" ? proto : client.isTls ? "https" : "http");
  const host = client.isTrusted ? joined(head, H_X_FORWARDED_HOST) : "";
  if (host !== "" || head.hostEnd > head.hostStart) {
    writer.text("\r\nx-forwarded-host: ");
    if (host !== "") writer.text(host);
    else writer.copy(head.bytes, head.hostStart, head.hostEnd);
  }
  writer.text("\r\n");
}

function writeUpgrade(writer: HeadWriter, head: RequestHead): void {
  writer.text("\r\nconnection: upgrade\r\nupgrade: ");
  for (let line = 0; line < head.lines.count; line++) {
    if (head.lines.id(line) !== H_UPGRADE) continue;
    writer.copy(head.bytes, head.lines.valueStart(line), head.lines.valueEnd(line));
  }
}

export interface ResponseForwarding {
  /** Lines that the proxy adds, each with CR LF: `x-parallax-served-by`, `connection`, framing. */
  readonly added: string;
  /** The body has no length any more: Content-Length goes too. */
  readonly isLengthDropped: boolean;
  readonly isUpgrade: boolean;
  /**
   * `added` says Deprecation, and perhaps Sunset: the upstream's own go, as two make neither valid (RFC 9745 §2,
   * RFC 8594 §3) and one of each side might not fit together. Its Link lines stay beside ours.
   */
  readonly isDeprecated?: boolean;
}

/** Writes the answer's head as the client gets it; `writer` holds it afterwards. */
export function writeResponseHead(
  writer: HeadWriter,
  head: ResponseHead,
  forwarding: ResponseForwarding,
): void {
  const { bytes, lines, connection } = head;
  writer.begin();
  writer.text("HTTP/1.1 ");
  writer.copy(bytes, head.start + 9, head.start + 12);
  writer.text(" ");
  writer.copy(bytes, head.reasonStart, head.reasonEnd);
  writer.text("\r\n");
  writer.copyLines(bytes, lines, (line) => {
    const id = lines.id(line);
    const isDropped =
      (id !== 0 &&
        (IS_HOP_BY_HOP[id] === 1 ||
          id === H_X_PARALLAX_SERVED_BY ||
          ((id === H_DEPRECATION || id === H_SUNSET) && forwarding.isDeprecated === true) ||
          (id === H_CONTENT_LENGTH && forwarding.isLengthDropped))) ||
      connection.nominates(bytes, lines.nameStart(line), lines.nameEnd(line));
    return !isDropped;
  });
  if (forwarding.isUpgrade) {
    writer.text("connection: upgrade\r\n");
    for (let line = 0; line < lines.count; line++) {
      if (lines.id(line) === H_UPGRADE) writer.copy(bytes, lines.nameStart(line), lines.lineEnd(line));
    }
  }
  writer.text(forwarding.added);
  writer.text("\r\n");
}
