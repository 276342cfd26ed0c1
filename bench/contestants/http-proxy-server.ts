// node http-proxy-server.ts LEGACY_URL PORT
import { Agent, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";

// http-proxy has no types: what is used of it.
interface HttpProxy {
  web(request: IncomingMessage, response: ServerResponse): void;
  on(event: "error", listener: (error: Error, request: unknown, response: ServerResponse) => void): void;
}
const { createProxyServer } = createRequire(import.meta.url)("http-proxy") as {
  createProxyServer(options: Readonly<Record<string, unknown>>): HttpProxy;
};

const [target, port] = process.argv.slice(2);
const proxy = createProxyServer({ target, agent: new Agent({ keepAlive: true, maxSockets: 128 }) });
proxy.on("error", (error, _request, response) => response.writeHead(502).end(error.message));
createServer((request, response) => proxy.web(request, response)).listen(Number(port), "127.0.0.1");
process.on("disconnect", () => process.exit(0));
