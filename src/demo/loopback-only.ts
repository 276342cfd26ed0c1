// Loaded into each json-server before itself (node --import): keeps it on 127.0.0.1, tells the parent the
// port, and ends it with the parent. Must not change anything else: the servers are tested as they are.
// Why: json-server 1.0.0-beta.3 ignores --host and listens on every interface.
import { Server } from "node:net";

const listen = Server.prototype.listen;

Server.prototype.listen = function listenOnLoopback(this: Server, ...args: readonly unknown[]): Server {
  this.once("listening", () => {
    const address = this.address();
    if (address !== null && typeof address === "object") process.send?.({ port: address.port });
  });
  const done = args.find((arg) => typeof arg === "function") as (() => void) | undefined;
  // Port 0: the system picks a free one, so that two demos at once do not meet.
  return listen.call(this, { host: "127.0.0.1", port: 0 }, done);
};

// The channel closes with the parent, however that ended: no server is left behind.
process.on("disconnect", () => process.exit(0));
