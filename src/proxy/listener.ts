// The listening socket of one serving thread. All threads listen on the same port (SO_REUSEPORT); the kernel
// spreads the connections.
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { ListenSettings } from "../core/messages.ts";
import { CAN_SHARE_PORT } from "../core/shared-port.ts";
import { ClientConnection } from "../wire/client-connection.ts";
import type { ClientContext } from "../wire/client-handler.ts";
import { errorAnswer } from "../wire/error-answer.ts";
import { Relay } from "./relay.ts";
import type { ServingContext } from "./serving-context.ts";

const BACKLOG = 1024;
/** TCP keep-alive: finds the dead ends of tunnels, which have no time limit of their own. */
const KEEP_ALIVE_MS = 60_000;

export class Listener {
  readonly #context: ServingContext;
  readonly #server: Server;
  readonly #connections = new Set<ClientConnection>();
  readonly #clientContext: ClientContext;
  readonly #isTls: boolean;
  #onEmpty: (() => void) | undefined;

  constructor(context: ServingContext, { tls }: ListenSettings) {
    this.#context = context;
    this.#isTls = tls !== undefined;
    this.#clientContext = {
      head: context.requestHead,
      readBuffer: context.readBuffer,
      deadlines: context.deadlines,
      timeouts: () => context.routing.snapshot.clientTimeouts,
      isDraining: () => context.isDraining,
      isNamed: () => context.routing.snapshot.servedByHeader,
    };
    const accept = (socket: Socket): void => this.#accept(socket);
    const options = {
      noDelay: true,
      allowHalfOpen: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    };
    this.#server =
      tls === undefined
        ? createServer({ ...options, pauseOnConnect: true }, accept)
        : createTlsServer(
            {
              ...options,
              cert: tls.cert,
              key: tls.key,
              ALPNProtocols: ["http/1.1"],
              handshakeTimeout: context.routing.snapshot.clientTimeouts.headMs,
            },
            accept,
          ).on("tlsClientError", (_error, socket) => socket.destroy());
  }

  /** Resolves with the port; rejects with the system's error. */
  listen({ host, port }: ListenSettings): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port, reusePort: CAN_SHARE_PORT, backlog: BACKLOG }, () => {
        // Later errors are of single accepts (EMFILE): the listener itself goes on.
        this.#server.off("error", reject);
        this.#server.on("error", (error: NodeJS.ErrnoException) =>
          this.#context.reportFailure("too-many-connections", error.code ?? error.message),
        );
        const address = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  #accept(socket: Socket): void {
    const { counters, routing } = this.#context;
    if (this.#connections.size >= routing.snapshot.limits.clientConnectionsMax) {
      socket.on("error", () => socket.destroy());
      const isNamed = routing.snapshot.servedByHeader;
      socket.end(errorAnswer("too-many-connections", { isLast: true, isHeadRequest: false, isNamed }));
      socket.destroySoon();
      this.#context.reportFailure("too-many-connections", "");
      return;
    }
    const address = plainAddress(socket.remoteAddress ?? "unknown");
    const connection: ClientConnection = new ClientConnection(socket, {
      facts: { address, isTls: this.#isTls, isTrusted: this.#context.isTrusted(address) },
      context: this.#clientContext,
      onClose: () => this.#onClose(connection),
    });
    connection.attach(new Relay(connection, this.#context));
    this.#connections.add(connection);
    counters.set("clientConnections", this.#connections.size);
    counters.add("clientConnectionsTotal", 1);
  }

  #onClose(connection: ClientConnection): void {
    this.#connections.delete(connection);
    this.#context.counters.set("clientConnections", this.#connections.size);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  /** Stops accepting, lets exchanges under way finish, and cuts what is left after the deadline. */
  drain(deadlineMs: number): Promise<void> {
    this.#context.isDraining = true;
    this.#server.close();
    for (const connection of this.#connections) connection.drain();
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        for (const connection of this.#connections) connection.destroy();
        resolve();
      }, deadlineMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** IPv4 addresses of a dual-stack socket come as `::ffff:1.2.3.4`. */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
}
