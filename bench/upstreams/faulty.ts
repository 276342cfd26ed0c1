// Candidates that misbehave, each in its own way. `refusing` is a port where nobody listens.
import { fileURLToPath } from "node:url";
import { freePort, type Started, start, untilReady } from "../processes.ts";

export const FAULTS = ["hung", "slow", "refusing", "garbage"] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultyCandidate {
  readonly url: string;
  readonly started: Started | undefined;
}

export async function startFaulty(fault: Fault): Promise<FaultyCandidate> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  if (fault === "refusing") return { url, started: undefined };
  const file = fileURLToPath(new URL("./faulty-server.ts", import.meta.url));
  const started = start("rest", process.execPath, [file, fault, String(port)]);
  let isListening = false;
  started.process.once("message", () => {
    isListening = true;
  });
  await untilReady(started, 5_000, () => Promise.resolve(isListening));
  return { url, started };
}
