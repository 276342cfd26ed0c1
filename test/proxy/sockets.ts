// Raw loopback sockets for both sides of the proxy: what is written is the test's, what arrives is recorded.
// Waiting is for what has arrived, never for time.
import { EventEmitter, once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** One end of a connection, and everything that came out of it, a character a byte. */
export class Peer extends EventEmitter {
  readonly socket: Socket;
  received = "";
  /** Its other side has said its last byte. */
  hasEnded = false;
  isClosed = false;
  /** The reset, where it ended with one. */
  error: string | undefined;
  /** What a request reader has used up. */
  used = 0;

  constructor(socket: Socket) {
    super();
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.received += bytes.toString("latin1");
      this.emit("change");
    });
    socket.on("end", () => {
      this.hasEnded = true;
      this.emit("change");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    socket.on("close", () => {
      this.isClosed = true;
      this.hasEnded = true;
      this.emit("change");
    });
  }

  send(text: string): this {
    this.socket.write(Buffer.from(text, "latin1"));
    return this;
  }

  async until(isDone: (peer: this) => boolean): Promise<this> {
    while (!isDone(this)) await once(this, "change");
    return this;
  }

  /** Resolves once `text` has arrived `times` times; rejects when the connection ends before. */
  async receive(text: string, times = 1): Promise<this> {
    const has = (): boolean => this.received.split(text).length > times;
    await this.until((peer) => has() || peer.hasEnded);
    if (!has())
      throw new Error(
        `the connection ended before ${JSON.stringify(text)}: ${JSON.stringify(this.received)}`,
      );
    return this;
  }

  /** Everything, once the other side has ended. */
  async toEnd(): Promise<string> {
    await this.until((peer) => peer.hasEnded);
    return this.received;
  }
}

export async function connectTo(port: number): Promise<Peer> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true, allowHalfOpen: true });
  const peer = new Peer(socket);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return peer;
}

/** Sends `text` on a new connection and answers everything that comes back until the end. */
export async function exchange(port: number, text: string): Promise<string> {
  const client = await connectTo(port);
  return client.send(text).toEnd();
}

/** A request as it reached the upstream; the proxy frames it, so that this simple reader can. */
export interface Received {
  readonly head: string;
  readonly body: string;
  readonly peer: Peer;
  /** 0 for the first connection. */
  readonly connection: number;
  /** 0 for the first request of all. */
  readonly ordinal: number;
}

export class RawUpstream extends EventEmitter {
  readonly server: Server;
  readonly peers: Peer[] = [];
  readonly requests: Received[] = [];
  port = 0;

  constructor(answer: (request: Received) => void) {
    super();
    this.server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      const peer = new Peer(socket);
      const connection = this.peers.push(peer) - 1;
      const read = (): void => {
        for (;;) {
          const found = readRequest(peer.received.slice(peer.used));
          if (found === undefined) break;
          peer.used += found.bytes;
          const { head, body } = found;
          const request = { head, body, peer, connection, ordinal: this.requests.length };
          this.requests.push(request);
          answer(request);
        }
        this.emit("change");
      };
      peer.on("change", read);
      socket.on("end", () => void socket.end());
    });
  }

  /** Every byte that reached it. */
  get received(): string {
    return this.peers.map((peer) => peer.received).join("");
  }

  async until(isDone: (upstream: this) => boolean): Promise<this> {
    while (!isDone(this)) await once(this, "change");
    return this;
  }

  async listen(): Promise<this> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  close(): void {
    this.server.close();
    for (const { socket } of this.peers) socket.destroy();
  }

  /** As a process that is killed: every connection is reset, and nobody listens any more. */
  die(): void {
    this.server.close();
    for (const { socket } of this.peers) socket.resetAndDestroy();
  }
}

function readRequest(text: string): { head: string; body: string; bytes: number } | undefined {
  const end = text.indexOf("\r\n\r\n") + 4;
  if (end === 3) return undefined;
  const head = text.slice(0, end);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (length !== null) {
    const bytes = end + Number(length[1]);
    return text.length < bytes ? undefined : { head, body: text.slice(end, bytes), bytes };
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return { head, body: "", bytes: end };
  const last = /(?:^|\r\n)0\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(text.slice(end));
  if (last === null) return undefined;
  const bytes = end + last.index + last[0].length;
  return { head, body: text.slice(end, bytes), bytes };
}

export async function startUpstream(answer: (request: Received) => void): Promise<RawUpstream> {
  const upstream = await new RawUpstream(answer).listen();
  onTestFinished(() => upstream.close());
  return upstream;
}

/** `HTTP/1.1 200 OK` with a length, a few header lines and `body`. */
export function ok(body: string, ...lines: string[]): string {
  return `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join("")}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** `GET /path` with Host and `lines`. */
export function get(path: string, ...lines: string[]): string {
  return `GET ${path} HTTP/1.1\r\nHost: a.example\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
}

/** The first line of what came back. */
export function statusLine(answer: string): string {
  return answer.slice(0, Math.max(0, answer.indexOf("\r\n")));
}
