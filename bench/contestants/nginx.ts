// nginx with one worker and a keep-alive upstream: as a plain proxy, and with its mirror module.
import { isNginxInstalled, startNginx } from "../nginx.ts";
import { freePort } from "../processes.ts";
import { type ContestantStart, contestantOf } from "./contestant.ts";

const hostOf = (url: string): string => new URL(url).host;
const leftOut = isNginxInstalled ? undefined : "nginx is not installed";
const PROXY = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;';

export function nginxProxy(legacyUrl: string): ContestantStart {
  const name = "nginx proxy_pass";
  return {
    name,
    leftOut,
    start: async () => {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const http = `upstream legacy { server ${hostOf(legacyUrl)}; keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location / { ${PROXY} proxy_pass http://legacy; }
  }`;
      return contestantOf(name, url, await startNginx("proxy", http, url));
    },
  };
}

export function nginxMirror(legacyUrl: string, candidateUrl: string): ContestantStart {
  const name = "nginx mirror";
  return {
    name,
    leftOut,
    start: async () => {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const http = `upstream legacy { server ${hostOf(legacyUrl)}; keepalive 128; keepalive_requests 100000000; }
  upstream candidate { server ${hostOf(candidateUrl)}; keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location / { mirror /mirror; mirror_request_body off; ${PROXY} proxy_pass http://legacy; }
    location = /mirror {
      internal;
      ${PROXY} proxy_set_header Content-Length ""; proxy_pass_request_body off;
      proxy_pass http://candidate$request_uri;
    }
  }`;
      return contestantOf(name, url, await startNginx("proxy", http, url));
    },
  };
}
