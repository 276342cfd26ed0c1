// `parallax adapt BODY`: what a route's adapter makes of one body, offline, with the engine that runs live.
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { Adapter } from "../adapt/adapter.ts";
import { loadConfig } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { buildSnapshot, RouteSlots } from "../config/snapshot.ts";
import { assertNever } from "../core/assert.ts";
import { CommandError } from "../core/errors.ts";

export interface AdaptOptions {
  /** A file's name; `-` is standard input. */
  readonly body: string;
  readonly config: string;
  readonly route: string;
  readonly direction: "request" | "response";
  readonly stdin?: NodeJS.ReadableStream | undefined;
  readonly write?: ((bytes: Uint8Array) => void) | undefined;
  readonly writeError?: ((text: string) => void) | undefined;
}

/** The exit code: 0 adapted or left as it was, 1 it cannot be adapted, 2 usage or config. */
export async function runAdapt(options: AdaptOptions): Promise<0 | 1 | 2> {
  const {
    write = (bytes) => process.stdout.write(bytes),
    writeError = (text) => process.stderr.write(text),
  } = options;
  const loaded = loadConfig({ config: options.config }, process.env);
  if (!loaded.ok) {
    for (const problem of loaded.problems) writeError(`parallax: ${formatProblem(problem)}\n`);
    return 2;
  }
  const state = { epoch: 1, instanceId: "", isKilled: false, slots: new RouteSlots() };
  const { routes } = buildSnapshot(loaded.config, state);
  const route = routes.find(({ name }) => name === options.route);
  if (route === undefined)
    throw new CommandError(
      2,
      `no route is called ${options.route}: ${routes.map(({ name }) => name).join(", ")}`,
    );
  if (route.adapters === undefined)
    throw new CommandError(2, `route ${route.name} has no adapters: give it some in ${options.config}`);
  const { request, answer } = new Adapter(route.adapters);
  const body = await readBody(options);
  const outcome = (options.direction === "request" ? request : answer).body.adapt(body);
  switch (outcome.kind) {
    case "failed":
      writeError(`parallax adapt: ${outcome.why}\n`);
      return 1;
    case "unchanged":
      write(body);
      return 0;
    case "adapted":
      write(outcome.body);
      return 0;
    default:
      return assertNever(outcome);
  }
}

async function readBody({ body, stdin = process.stdin }: AdaptOptions): Promise<Buffer> {
  try {
    return body === "-" ? await buffer(stdin) : await readFile(body);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new CommandError(2, `cannot read ${body}: ${code}`);
  }
}
