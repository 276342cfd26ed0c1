// node faulty-server.ts hung|slow|garbage PORT: a candidate that misbehaves on every request.
import { createServer, type Socket } from "node:net";
import { ANSWER_BODY } from "./body.ts";

const [fault, port] = process.argv.slice(2);
const SLOW_MS = 1_000;
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(ANSWER_BODY)}\r\n\r\n${ANSWER_BODY}`;
/** Not HTTP, and long enough to be read as the beginning of something. */
const GARBAGE = Buffer.alloc(4_096, "\u0000\u00ff!garbage\r");

function answer(socket: Socket): void {
  if (fault === "slow") setTimeout(() => socket.writable && socket.write(ANSWER), SLOW_MS);
  else if (fault === "garbage") socket.write(GARBAGE);
  // Hung: takes the request, and never says anything.
}

createServer({ noDelay: true }, (socket) => {
  socket.on("data", (chunk: Buffer) => {
    // One answer per request head; a head may be cut, its end comes once.
    for (let at = chunk.indexOf("\r\n\r\n"); at !== -1; at = chunk.indexOf("\r\n\r\n", at + 4))
      answer(socket);
  });
  socket.on("error", () => socket.destroy());
}).listen(Number(port), "127.0.0.1", () => process.send?.("listening"));
process.on("disconnect", () => process.exit(0));
