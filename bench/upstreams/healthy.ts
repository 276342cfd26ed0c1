// The legacy and the candidate of the bench: one process on two ports, fast enough not to be measured.
// nginx answering from its configuration where it is installed, else a bare server.
import { fileURLToPath } from "node:url";
import { isNginxInstalled, startNginx } from "../nginx.ts";
import { answersOk, freePort, type Started, start, untilReady } from "../processes.ts";
import { ANSWER_BODY } from "./body.ts";

export interface Upstreams {
  readonly legacyUrl: string;
  readonly candidateUrl: string;
  readonly kind: "nginx" | "bare node:net server";
  readonly started: Started;
}

export async function startUpstreams(): Promise<Upstreams> {
  const ports = [await freePort(), await freePort()] as const;
  const [legacyUrl, candidateUrl] = [`http://127.0.0.1:${ports[0]}`, `http://127.0.0.1:${ports[1]}`] as const;
  if (isNginxInstalled) {
    const http = `server {
    listen 127.0.0.1:${ports[0]};
    listen 127.0.0.1:${ports[1]};
    default_type application/json;
    location / { return 200 '${ANSWER_BODY}'; }
  }`;
    return { legacyUrl, candidateUrl, kind: "nginx", started: await startNginx("rest", http, candidateUrl) };
  }
  const file = fileURLToPath(new URL("./bare-server.ts", import.meta.url));
  const started = start("rest", process.execPath, [file, String(ports[0]), String(ports[1])]);
  await untilReady(started, 5_000, () => answersOk(candidateUrl));
  return { legacyUrl, candidateUrl, kind: "bare node:net server", started };
}
