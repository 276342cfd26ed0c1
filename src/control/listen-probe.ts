// Looks whether the address can be bound, before any thread does: with SO_REUSEPORT a second Parallax would
// share the port of the first in silence, and each would get half of the traffic.
import { createServer } from "node:net";

export type ListenProbe =
  | { readonly kind: "free"; readonly port: number }
  | { readonly kind: "refused"; readonly code: string };

/** Binds and lets go. `port` 0 answers a free one. */
export function probeListen(host: string, port: number): Promise<ListenProbe> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      resolve({ kind: "refused", code: error.code ?? error.message }),
    );
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === "object" && address !== null ? address.port : port;
      server.close(() => resolve({ kind: "free", port: bound }));
    });
  });
}
