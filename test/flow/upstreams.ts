// Upstreams on loopback, well-behaved and not. Each closes with all of its connections.
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";

export interface Upstream {
  readonly url: string;
  readonly port: number;
  /** Connections accepted so far. */
  connections(): number;
  stop(): Promise<void>;
}

/** A well-behaved server. Its answers have no date: the same request gets the same bytes. */
export function startHttp(listener: RequestListener): Promise<Upstream> {
  const server = createHttpServer((incoming, answer) => {
    answer.sendDate = false;
    listener(incoming, answer);
  });
  server.keepAliveTimeout = 60_000;
  return listen(server);
}

/** A server that says what `onConnection` writes. */
export function startRaw(onConnection: (socket: Socket) => void): Promise<Upstream> {
  return listen(createServer({ noDelay: true }, onConnection));
}

function listen(server: Server | ReturnType<typeof createServer>): Promise<Upstream> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        url: `http://127.0.0.1:${port}`,
        port,
        connections: () => connections,
        stop: () =>
          new Promise((done) => {
            server.close(() => done());
            for (const socket of sockets) socket.destroy();
          }),
      });
    });
  });
}

/** A port of loopback on which nobody listens. */
export async function closedPort(): Promise<number> {
  const { port, stop } = await startRaw((socket) => socket.destroy());
  await stop();
  return port;
}

/** The legacy of most tests: answers by path alone, whatever the method and the headers. */
export const answerByPath: RequestListener = (incoming, answer) => {
  const { pathname } = new URL(incoming.url ?? "/", "http://localhost");
  incoming.resume();
  incoming.on("end", () => {
    if (pathname === "/empty") answer.writeHead(204).end();
    else if (pathname === "/missing") answer.writeHead(404, { "content-type": "text/plain" }).end("no\n");
    else if (pathname === "/large") {
      answer.writeHead(200, { "content-type": "application/octet-stream", "content-length": 300_000 });
      answer.end(incoming.method === "HEAD" ? undefined : Buffer.alloc(300_000, "abcdefg\n"));
    } else if (pathname === "/chunked") {
      answer.writeHead(200, { "content-type": "text/plain" });
      answer.write("first ");
      answer.end("second\n");
    } else {
      answer.writeHead(200, { "content-type": "application/json" });
      answer.end(`{"path":${JSON.stringify(pathname)},"n":1}`);
    }
  });
};
