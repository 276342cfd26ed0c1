// Sockets towards an upstream, plain or TLS, that hand their bytes to one function.
import type { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ErrorCode } from "../core/errors.ts";
import type { UpstreamSettings, UpstreamTls } from "../core/snapshot.ts";

export interface SocketReader {
  onConnect(): void;
  /** `bytes[0..count]` are valid during the call. False stops reading until the socket's `resume`. */
  onBytes(bytes: Buffer, count: number): boolean;
}

/** Begins to connect. Plain sockets read into `readBuffer`, which all sockets of a thread share. */
export function connectUpstream(
  settings: UpstreamSettings,
  readBuffer: Buffer,
  reader: SocketReader,
): Socket {
  return settings.tls === undefined
    ? connectPlain(settings, readBuffer, reader)
    : connectSecure(settings, settings.tls, reader);
}

function connectPlain({ host, port }: UpstreamSettings, readBuffer: Buffer, reader: SocketReader): Socket {
  const socket = connect({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    // No allocation and no stream machinery per read.
    onread: { buffer: readBuffer, callback: (count) => reader.onBytes(readBuffer, count) },
  });
  socket.once("connect", () => reader.onConnect());
  return socket;
}

function connectSecure({ host, port }: UpstreamSettings, tls: UpstreamTls, reader: SocketReader): Socket {
  const socket = connectTls({
    host,
    port,
    servername: tls.servername,
    rejectUnauthorized: tls.verify,
    ALPNProtocols: ["http/1.1"],
    ...(tls.ca !== "" ? { ca: tls.ca } : {}),
  });
  socket.setNoDelay(true);
  socket.once("secureConnect", () => reader.onConnect());
  socket.on("data", (bytes: Buffer) => {
    if (!reader.onBytes(bytes, bytes.length)) socket.pause();
  });
  return socket;
}

/** What a failed connect means. Certificates and protocol errors have codes of many shapes. */
export function connectErrorCode(error: string): ErrorCode {
  if (error === "timeout" || error === "ETIMEDOUT") return "upstream-connect-timeout";
  if (error === "ENOTFOUND" || error === "EAI_AGAIN" || error === "EAI_FAIL") return "upstream-unresolved";
  if (/TLS|SSL|CERT|SIGNED|VERIFY|ISSUER|ALTNAME|UNABLE/.test(error)) return "upstream-tls";
  return "upstream-refused";
}
