// Whether several sockets of one process may listen on the same port (SO_REUSEPORT with load balancing).
import { platform } from "node:process";

/** Where Node.js offers `reusePort`; on macOS and Windows one thread listens. */
const PLATFORMS: readonly string[] = ["linux", "freebsd", "sunos", "aix"];

export const CAN_SHARE_PORT: boolean = PLATFORMS.includes(platform);
