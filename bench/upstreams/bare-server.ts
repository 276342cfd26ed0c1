// node bare-server.ts PORT PORT: answers every request head with the same bytes, without parsing it.
// Requests must have no body. For machines without nginx.
import { createServer } from "node:net";
import { ANSWER_BODY } from "./body.ts";

const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(ANSWER_BODY)}\r\n\r\n${ANSWER_BODY}`,
);
const HEAD_END = Buffer.from("\r\n\r\n");

for (const port of process.argv.slice(2)) {
  createServer({ noDelay: true }, (socket) => {
    let rest: Buffer | undefined;
    socket.on("data", (chunk: Buffer) => {
      const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      let from = 0;
      for (;;) {
        const end = bytes.indexOf(HEAD_END, from);
        if (end === -1) break;
        socket.write(ANSWER);
        from = end + HEAD_END.length;
      }
      rest = from === bytes.length ? undefined : bytes.subarray(from);
    });
    socket.on("error", () => socket.destroy());
  }).listen(Number(port), "127.0.0.1");
}
process.on("disconnect", () => process.exit(0));
