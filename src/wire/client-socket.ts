// Accepted sockets that read into the thread's shared buffer, as upstream ones do: no allocation per read.
// node:net offers that (`onread`) to sockets that are made, not to accepted ones: the accepted one's handle
// moves to one that is made. A TLS socket is read by its events.
import type { Buffer } from "node:buffer";
import { Socket } from "node:net";

/** `bytes[0..count]` are valid during the call. */
export type ClientReader = (bytes: Buffer, count: number) => void;

interface HandleOwner {
  _handle: { readonly writeQueueSize?: number } | null;
}

/** Bytes that were written and are not yet with the kernel: it falls as the client takes them. */
export function unsentBytes(socket: Socket): number {
  return socket.writableLength + ((socket as unknown as HandleOwner)._handle?.writeQueueSize ?? 0);
}

/** Hands the socket's bytes to `reader`. `accepted` must be paused (`pauseOnConnect`) unless it is TLS. */
export function readClientSocket(
  accepted: Socket,
  readBuffer: Buffer | undefined,
  reader: ClientReader,
): Socket {
  const owner = accepted as unknown as HandleOwner;
  const handle = owner._handle;
  if (readBuffer === undefined || handle === null || handle === undefined) {
    accepted.on("data", (bytes: Buffer) => reader(bytes, bytes.length));
    return accepted;
  }
  owner._handle = null;
  return new Socket({
    handle,
    allowHalfOpen: true,
    onread: {
      buffer: readBuffer,
      callback: (count: number) => {
        reader(readBuffer, count);
        return true;
      },
    },
  } as object);
}
