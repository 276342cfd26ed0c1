// Looks whether the address can be bound, before any thread does, and keeps it from a second Parallax: with
// SO_REUSEPORT that one would share the port in silence, and each would get a part of the clients.
import { createServer, type ListenOptions, type Server } from "node:net";
import { platform } from "node:process";

export type ListenProbe =
  | {
      readonly kind: "free";
      readonly port: number;
      /** Lets the address go, once nobody listens on it any more. */
      release(): void;
    }
  | { readonly kind: "refused"; readonly code: string };

function bind(options: ListenOptions): Promise<Server | string> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(options, () => resolve(server));
    server.unref();
  });
}

/** A name in the kernel's abstract namespace, which ends with the process: only Linux has one. */
function guardName(host: string, port: number): string {
  return `\0parallax-listen-${host}-${port}`;
}

/** Binds and lets go; where it can, holds the address against others of its kind. `port` 0 answers a free one. */
export async function probeListen(host: string, port: number): Promise<ListenProbe> {
  const probe = await bind({ host, port, exclusive: true });
  if (typeof probe === "string") return { kind: "refused", code: probe };
  const address = probe.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  // Taken while the port is still held: of two that start at once, one finds either the port or the name taken.
  const guard = platform === "linux" ? await bind({ path: guardName(host, bound) }) : undefined;
  await new Promise((resolve) => probe.close(resolve));
  if (typeof guard === "string") return { kind: "refused", code: guard };
  return { kind: "free", port: bound, release: () => guard?.close() };
}

/** Why nobody can listen there, and what to do, in one line. */
export function listenMessage(
  { host, port }: { readonly host: string; readonly port: number },
  code: string,
): string {
  const why = {
    EADDRINUSE: "the address is in use",
    EACCES: "no permission",
    EADDRNOTAVAIL: "no such address",
  }[code];
  return `cannot listen on ${host}:${port}: ${why ?? code}; choose another with --listen HOST:PORT`;
}
