// The peers that are Node.js packages, each in its own process on the same Node.js as Parallax.
import { fileURLToPath } from "node:url";
import { answersOk, freePort, start, untilReady } from "../processes.ts";
import { type ContestantStart, contestantOf } from "./contestant.ts";

function nodePeer(name: string, server: string, legacyUrl: string): ContestantStart {
  return {
    name,
    leftOut: undefined,
    start: async () => {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const file = fileURLToPath(new URL(server, import.meta.url));
      const started = start("proxy", process.execPath, [file, legacyUrl, String(port)]);
      await untilReady(started, 10_000, () => answersOk(url));
      return contestantOf(name, url, started);
    },
  };
}

/** http-proxy with a keep-alive agent: what its users run. */
export function httpProxy(legacyUrl: string): ContestantStart {
  return nodePeer("http-proxy", "./http-proxy-server.ts", legacyUrl);
}

/** @fastify/reply-from with an undici pool. */
export function replyFrom(legacyUrl: string): ContestantStart {
  return nodePeer("@fastify/reply-from", "./reply-from-server.ts", legacyUrl);
}
