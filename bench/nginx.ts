// Starts an nginx of the bench's own: its configuration and every file in a temporary folder.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  answersOk,
  type Core,
  isInstalled,
  makeFolder,
  type Started,
  start,
  untilReady,
} from "./processes.ts";

export const isNginxInstalled = isInstalled("nginx");

const READY_MS_MAX = 5_000;

/** `http` goes into the http block; `readyUrl` answers 200 once it serves. */
export async function startNginx(core: Core, http: string, readyUrl: string): Promise<Started> {
  const folder = makeFolder("nginx");
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off;
worker_processes 1;
pid ${folder}/pid;
error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_timeout 1h;
  keepalive_requests 100000000;
  ${paths.map((path) => `${path}_temp_path ${folder}/temp;`).join("\n  ")}
  ${http}
}
`,
  );
  const started = start(core, "nginx", [
    "-p",
    folder,
    "-c",
    join(folder, "nginx.conf"),
    "-e",
    join(folder, "error.log"),
  ]);
  await untilReady(started, READY_MS_MAX, () => answersOk(readyUrl));
  return started;
}
