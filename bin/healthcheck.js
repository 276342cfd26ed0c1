// Is the Parallax of this container alive? Asks /healthz of its admin listener: exit 0 yes, 1 no.
// For HEALTHCHECK and exec probes, where the image has no curl. Reads PARALLAX_ADMIN, not the config file.
import { get } from "node:http";

const TIMEOUT_MS = 2000;
const admin = process.env.PARALLAX_ADMIN || "127.0.0.1:9090";
// A listener on every address is reached on loopback.
const address = admin.replace(/^0\.0\.0\.0:/, "127.0.0.1:").replace(/^\[::\]:/, "[::1]:");

/** @param {string} why */
function fail(why) {
  process.stderr.write(`parallax: not healthy: http://${address}/healthz: ${why}\n`);
  process.exit(1);
}

if (!URL.canParse(`http://${address}/healthz`)) fail("PARALLAX_ADMIN is not HOST:PORT");
const request = get(`http://${address}/healthz`, { timeout: TIMEOUT_MS }, (response) => {
  if (response.statusCode !== 200) fail(`status ${response.statusCode}`);
  process.exit(0);
});
request.on("timeout", () => fail(`no answer within ${TIMEOUT_MS} ms`));
request.on("error", (error) => fail(error.message));
