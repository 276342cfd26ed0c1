// node reply-from-server.ts LEGACY_URL PORT
import replyFrom from "@fastify/reply-from";
import fastify from "fastify";

const [base, port] = process.argv.slice(2);
const app = fastify();
await app.register(replyFrom, { base: base as string, undici: { connections: 128, pipelining: 1 } });
app.all("/*", (request, reply) => reply.from(request.raw.url));
await app.listen({ host: "127.0.0.1", port: Number(port) });
process.on("disconnect", () => process.exit(0));
